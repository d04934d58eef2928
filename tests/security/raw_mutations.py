"""What is made of the corpus of malformed requests: one or two of them, cut, doubled, joined or changed."""

from tests.security.hostile import Choices, mangled
from tests.security.raw_requests import Answer, Unsound, corpus, told
from tests.security.throwaway import head

TOKENS = (
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\0", b" ", b"\t", b":", b",", b";", b"=", b"%", b"%00", b"%2e", b"..", b"/",
    b"?", b"#", b"\xff", b"\x7f", b"\x0b", b"Host: a\r\n", b"Content-Length: 0\r\n", b"Content-Length: 5\r\n",
    b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: x\r\n",
    b"Connection: close\r\n", b"Expect: 100-continue\r\n", b"Upgrade: h2c\r\n", b"X: y\r\n", b" folded\r\n",
    b"0\r\n\r\n", b"5\r\nhello\r\n", b"-1\r\n", b"ffffffff\r\n", b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"GET ",
    b"HEAD ", b"POST ", b"OPTIONS ", b"* ", b"http://a/", b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
    b"Range: bytes=0-\r\n", b"Accept: */*;q=0\r\n", b"Authorization: Bearer x\r\n", b"{}", b"[[[[",
)  # fmt: skip
"""What is put into a request's bytes."""

LONGEST = 20_000
"""Bytes of what is changed: a longer one would be the same at every turn, and slow."""


class Wire:
    """A server that is sent one request after another, and what came of it."""

    def __init__(self, server: str, token: str, url: str) -> None:
        self.server, self.token, self.url = server, token, url
        self.corpus = [raw for one in corpus() if len(raw := one.raw(token)) < LONGEST]
        self.sent = self.answered = self.refused = self.written = 0
        self.statuses: dict[int, int] = {}
        self.faults: dict[str, str] = {}
        self.head = head()

    def put(self, data: bytes) -> str | None:
        """Send what some bytes make of the corpus; what is wrong with what comes back."""
        self.sent += 1
        raw = self.made(Choices(data))
        try:
            found = told(self.server, raw)
            fault = self._looked_at(raw, found)
        except (Unsound, OSError, ValueError) as error:
            fault = f"{type(error).__name__}: {error}"
        if fault:
            self.faults.setdefault(fault[:120], repr(raw.replace(self.token.encode(), b"{token}")[:3000]))
        return fault

    def _looked_at(self, raw: bytes, found: list[Answer]) -> str | None:
        self.answered += bool(found)
        for answer in found:
            self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
        self.refused += all(answer.status >= 400 for answer in found)
        before, self.head = self.head, head()
        if self.head == before:
            return None
        self.written += 1
        is_taken = any(answer.status in {200, 201} for answer in found) and self.token.encode() in raw
        return None if is_taken else f"something was written, and the answers are {[one.status for one in found]}"

    def made(self, choices: Choices) -> bytes:
        """A request: one of the corpus, or the head of one and the tail of another, with parts changed."""
        raw = choices.one_of(self.corpus)
        if choices.one_in(3):
            other = choices.one_of(self.corpus)
            raw = raw[: int(len(raw) * choices.below(256) / 256)] + other[int(len(other) * choices.below(256) / 256) :]
        return mangled(choices, raw, TOKENS)[:LONGEST]
