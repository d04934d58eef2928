"""Slow clients, many at once: `python -m tests.security.attacks KIND HOST PORT` prints as JSON what became of them.

Each connection that is cut is opened again at once, from one of fifty addresses of this machine. It is a process of its
own, so that whoever measures beside it is not slowed by Python's lock.
"""

import argparse
import asyncio
import json
import socket
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from itertools import cycle
from typing import NamedTuple

ADDRESSES = tuple(f"127.0.0.{number}" for number in range(2, 52))
"""From where attacks come: each has a tenth of the connections that the proxy lets an address have."""

PAUSE = 1.0
"""Seconds between two signs of life."""

BUFFER = 4096
"""Bytes that a slow reader's system takes in for it."""


class Slow(NamedTuple):
    """One kind of slow client: what it sends at once, then byte by byte for ever; whether it reads what comes."""

    begins: bytes
    goes_on: bytes
    reads: bool = True


HOST = b"Host: talbuk.test\r\n"
POST = b"POST /v1/names HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
BIG = 200_000
LARGE_HEAD = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 7000) for number in range(6))
"""Headers that leave little of the proxy's room for a body."""

KINDS: dict[str, tuple[Slow, ...]] = {
    "slow-header": (Slow(b"GET /v1 HTTP/1.1\r\n" + HOST, b"X-A: b\r\n"),),
    "slow-body": (
        Slow(POST + b"Content-Length: 1000\r\n\r\n{", b" "),
        Slow(POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", b"1\r\n \r\n"),
        Slow(POST + LARGE_HEAD + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n" + b" " * 30_000, b" "),
        Slow(POST + f"Content-Length: {BIG}\r\n\r\n".encode() + b" " * (BIG // 2), b" "),
    ),
    "slow-read": (
        Slow(b"GET /openapi.json HTTP/1.1\r\n" + HOST + b"\r\n", b"", reads=False),
        Slow(b"GET /v1/claims?limit=99 HTTP/1.1\r\n" + HOST + b"\r\n", b"", reads=False),
        Slow(b"GET /v1/claims?limit=500 HTTP/1.1\r\n" + HOST + b"\r\n", b"", reads=False),
        Slow(b"GET /v1/claims?limit=all&format=ndjson HTTP/1.1\r\n" + HOST + b"\r\n", b"", reads=False),
    ),
    "slow-handshake": (Slow(b"", b""),),
}
KINDS["mixed"] = tuple(slow for kind in ("slow-header", "slow-body", "slow-read") for slow in KINDS[kind])


class Attack:
    """Slow clients of one server, and how each connection ended."""

    def __init__(self, host: str, port: int, trusted: ssl.SSLContext | None) -> None:
        self.where, self.trusted = (host, port), trusted
        self.ends: Counter[str] = Counter()

    async def go_on(self, slow: Slow, source: str) -> None:
        """Be slow, again and again, until cancelled."""
        while True:
            try:
                self.ends[await self.once(slow, source)] += 1
            except (OSError, EOFError) as error:
                self.ends[type(error).__name__] += 1
            await asyncio.sleep(0.1)

    async def once(self, slow: Slow, source: str) -> str:
        """One slow connection; the status that it was answered by, or how else it ended."""
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER if not slow.reads else 65_536)
        plain.setblocking(False)
        plain.bind((source, 0))
        await asyncio.get_running_loop().sock_connect(plain, self.where)
        trusted = self.trusted if slow.begins else None  # who begins with nothing never gets to a handshake
        reader, writer = await asyncio.open_connection(
            sock=plain, limit=BUFFER, ssl=trusted, server_hostname="127.0.0.1" if trusted else None
        )
        try:
            return await (self.trickle if slow.reads else self.sip)(slow, reader, writer)
        finally:
            writer.transport.abort()

    async def trickle(self, slow: Slow, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        """Send little by little, until there is an answer."""
        writer.write(slow.begins)
        answer = asyncio.ensure_future(reader.readline())
        while not (await asyncio.wait([answer], timeout=PAUSE))[0]:
            writer.write(slow.goes_on)
        return (await answer).decode("latin-1")[9:12] or "closed"

    async def sip(self, slow: Slow, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        """Ask for much, and take a few bytes of it at a time."""
        writer.write(slow.begins)
        if self.trusted:  # asyncio would take in a quarter of a megabyte ahead
            writer.transport.set_read_buffer_limits(BUFFER)  # type: ignore[attr-defined]
        while await reader.read(64):
            await asyncio.sleep(PAUSE)
        return "cut"


async def attack(kind: Sequence[Slow], attacker: Attack, connections: int, seconds: float) -> None:
    """So many slow connections at once, for so long."""
    sources = cycle(ADDRESSES)
    slow: Callable[[int], Awaitable[None]] = lambda number: attacker.go_on(kind[number % len(kind)], next(sources))  # noqa: E731
    tasks = [asyncio.ensure_future(slow(number)) for number in range(connections)]
    await asyncio.wait(tasks, timeout=seconds)
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if not isinstance(ended, asyncio.CancelledError):
            raise ended if isinstance(ended, BaseException) else AssertionError(ended)


def main() -> None:
    """Attack as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--trusted", help="the certificate of a server that is reached by TLS")
    parser.add_argument("--connections", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=10)
    given = parser.parse_args()
    trusted = ssl.create_default_context(cafile=given.trusted) if given.trusted else None
    attacker = Attack(given.host, given.port, trusted)
    asyncio.run(attack(KINDS[given.kind], attacker, given.connections, given.seconds))
    print(json.dumps(attacker.ends))


if __name__ == "__main__":
    main()
