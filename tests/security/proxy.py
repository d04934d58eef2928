"""The shipped proxy before a real server: deploy/haproxy.cfg itself, with addresses and a certificate of its own."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.conftest import free_port, missing
from tests.serving import Answer

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy" / "haproxy.cfg"
PROBLEM = "application/problem+json"
PATIENCE = 30
"""Seconds after which a proxy that says nothing hangs."""


class Proxy(NamedTuple):
    """A proxy that runs."""

    port: int
    unencrypted: int
    certificate: Path
    trusted: ssl.SSLContext
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def address(self) -> str:
        """Where it is for a client that trusts its certificate."""
        return f"https://127.0.0.1:{self.port}"

    def connect(self, source: str = "127.0.0.1", *, encrypted: bool = True) -> socket.socket:
        """A connection from an address of this machine: all of 127.0.0.0/8 are."""
        port = self.port if encrypted else self.unencrypted
        plain = socket.create_connection(("127.0.0.1", port), PATIENCE, (source, 0))
        return self.trusted.wrap_socket(plain, server_hostname="127.0.0.1") if encrypted else plain

    def sent(self, raw: bytes, source: str = "127.0.0.1", *, encrypted: bool = True) -> list[Answer]:
        """All that is answered to bytes, until the proxy closes."""
        with self.connect(source, encrypted=encrypted) as connection:
            connection.sendall(raw)
            return answers_in(received(connection))

    def asked(self, method: str, path: str, body: bytes = b"", source: str = "127.0.0.1", **headers: str) -> Answer:
        """The one answer to a well-formed request; a header's name is written with underscores."""
        named = {"Host": "talbuk.test", "Connection": "close"} | ({"Content-Length": str(len(body))} if body else {})
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in named.items())
        (answer,) = self.sent(head.encode() + b"\r\n" + body, source)
        return answer

    def logged(self) -> list[dict[str, Any]]:
        """What it has logged of requests: each line is JSON."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def reload(self) -> None:
        """Have it read its configuration again, as `systemctl reload` does."""
        self.process.send_signal(signal.SIGUSR2)


@contextmanager
def proxied(talbuk: str, folder: Path, **settings: str) -> Iterator[Proxy]:
    """The shipped proxy before a server at HOST:PORT, for as long as the context lasts; `settings` are its FRONT_*."""
    binary = haproxy()
    port, unencrypted = free_port(), free_port()
    certificate = made_certificate(folder)
    given = environment(talbuk, port, unencrypted, certificate) | settings
    log = folder / "haproxy.log"
    with log.open("wb") as said:
        command = [binary, "-W", "-f", str(CONFIGURATION)]
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, env=given, start_new_session=True)
    trusted = ssl.create_default_context(cafile=str(certificate))
    proxy = Proxy(port, unencrypted, certificate, trusted, process, log)
    try:
        _wait(proxy)
        yield proxy
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(PATIENCE)


def haproxy() -> str:
    """HAProxy's binary; a test is skipped without it, or without the rights that the shipped file gives up."""
    found = shutil.which("haproxy", path=os.defpath + ":/usr/sbin")
    if found is None:
        missing("haproxy")
    if os.geteuid() != 0:
        missing("root, for HAProxy to give up")
    assert found is not None
    return found


def environment(talbuk: str, port: int, unencrypted: int, certificate: Path) -> Mapping[str, str]:
    """What the shipped configuration takes from its environment."""
    return {
        "FRONT_HTTPS": f"127.0.0.1:{port}",
        "FRONT_HTTP": f"127.0.0.1:{unencrypted}",
        "FRONT_CERTIFICATE": str(certificate),
        "FRONT_TALBUK": talbuk,
    }


def made_certificate(folder: Path) -> Path:
    """A certificate of our own for 127.0.0.1, with its key in the same file, as HAProxy takes it."""
    key, certificate, both = folder / "key.pem", folder / "certificate.pem", folder / "talbuk.pem"
    if shutil.which("openssl") is None:
        missing("openssl")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    both.chmod(0o600)
    return both


def _wait(proxy: Proxy) -> None:
    """Until it listens, or fail with what it said."""
    for _ in range(200):
        if proxy.process.poll() is not None:
            raise AssertionError(proxy.log.read_text(encoding="utf-8"))
        try:
            proxy.connect().close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(proxy.log.read_text(encoding="utf-8"))


def until(look: Callable[[], list[Any]]) -> list[Any]:
    """What there is to be seen, as soon as the last of it is true of anything; within two seconds."""
    found: list[Any] = []
    for _ in range(100):
        found = look()
        if found and found[-1]:
            return found
        time.sleep(0.02)
    raise TimeoutError(found)


def received(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    found = b""
    try:
        while more := connection.recv(65_536):
            found += more
    except (ConnectionResetError, ssl.SSLEOFError):
        pass  # what came before counts
    return found


def answers_in(data: bytes) -> list[Answer]:
    """Each answer in a stream of them; nothing may be left over."""
    found = []
    while data:
        head, separator, data = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        assert separator, head
        assert first.startswith(("HTTP/1.1 ", "HTTP/1.0 ")), first
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        body, data = data[:length], data[length:]
        assert len(body) == length
        found.append(Answer(int(first.split()[1]), headers, body))
    return found
