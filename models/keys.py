"""Keys: who may write, and who may read where reading is closed.

A key is shown once, when it is made; what is kept is the SHA-256 of its secret. The secret is 32 random bytes, which
nobody guesses however fast the digest is: a slow one is for passwords that people choose.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from models.database import execute, insert_rows, writing
from models.documents import compact, decoded
from models.registry import RESOURCE
from models.tables import AccessKey
from models.vocabulary import nearest

SCOPES = ("read", "edit", "admin")
"""What a key may do; each may do what those before it may."""

FORM = re.compile(r"talbuk_(?P<id>[a-z0-9]{8})_(?P<secret>[A-Za-z0-9_-]{43})")
SECRET = re.compile(rb"(talbuk_[a-z0-9]{8}_)[A-Za-z0-9_-]+")
"""What of a token nobody but its holder is to see, wherever it stands; the rest is the key's id."""

ACTOR = re.compile("[a-z0-9-]{1,80}")
OUR_OWN = frozenset({"load", "erase", "migrate", "rebuild", "talbuk"})
"""Names that stand in the ledger for what the program itself does."""

NOTHING = hashlib.sha256(b"").hexdigest()


class KeyFault(ValueError):
    """A key that cannot be made; the message says what is wrong and what would be right."""


class Key(NamedTuple):
    """A key as it is kept: without its secret. Times are ISO 8601 in UTC."""

    id: str
    actor: str
    scope: str
    resources: tuple[str, ...] | None
    made: str
    expires: str | None
    revoked: str | None

    def may(self, scope: str, resource: str | None = None) -> bool:
        """Whether it may do what takes a key of a scope, to the records of a resource if one is named.

        A key for some resources reads all: records show each other, and who writes of one looks up the others.
        """
        if SCOPES.index(scope) > SCOPES.index(self.scope):
            return False
        return scope == "read" or resource is None or self.resources is None or resource in self.resources


COLUMNS = "id, actor, scope, resources, made, expires, revoked"


def make(actor: str, scope: str, resources: Sequence[str] = (), expires: str | None = None) -> tuple[Key, str]:
    """Make a key for somebody; returns it and the token, which nobody can be told again. Raises KeyFault."""
    _require_sound(actor, scope, resources)
    if expires is not None and expires <= _now():
        raise KeyFault(f"{expires} is past already: a key must expire later, or never")
    key = Key(_new_id(), actor, scope, tuple(dict.fromkeys(resources)) or None, _now(), expires, None)
    secret = secrets.token_urlsafe(32)
    kept = key._asdict() | {"digest": _digest(secret), "resources": _kept(key.resources)}
    with writing():
        insert_rows(AccessKey, [kept])
    return key, f"talbuk_{key.id}_{secret}"


def _require_sound(actor: str, scope: str, resources: Sequence[str]) -> None:
    if not ACTOR.fullmatch(actor):
        raise KeyFault(f"{actor!r} is no name for an editor: write 1 to 80 of a-z, 0-9 and -")
    if actor in OUR_OWN:
        raise KeyFault(f"{actor!r} is no name for an editor: the ledger has it for what talbuk does itself")
    _require_among("scope", scope, SCOPES)
    for resource in resources:
        _require_among("resource", resource, tuple(RESOURCE))
    if resources and scope == "read":
        raise KeyFault("resources are what a key may change, and one of the scope read changes none; leave them out")


def _require_among(kind: str, word: str, words: Sequence[str]) -> None:
    if word not in words:
        close = nearest(word, words)
        meant = f"; did you mean {close}?" if close else ""
        raise KeyFault(f"{word!r} is no {kind}: there are {', '.join(words)}{meant}")


def _new_id() -> str:
    return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(8))


def _kept(resources: Sequence[str] | None) -> str | None:
    return None if resources is None else compact(resources).decode()


def verified(token: str) -> Key | None:
    """The key that a token is; None for one that is malformed, unknown, expired or revoked. Takes as long for each."""
    found = FORM.fullmatch(token)
    row = execute(f"SELECT digest, {COLUMNS} FROM access_key WHERE id = ?", (found["id"] if found else "",)).fetchone()
    is_it = hmac.compare_digest(row[0] if row else NOTHING, _digest(found["secret"] if found else ""))
    if not (found and row and is_it):
        return None
    key = _key(row[1:])
    return None if key.revoked or (key.expires is not None and key.expires <= _now()) else key


def revoke(identifier: str) -> bool:
    """End a key at once; whether there was one that had not ended."""
    with writing():
        ended = execute("UPDATE access_key SET revoked = ? WHERE id = ? AND revoked IS NULL", (_now(), identifier))
    return bool(ended.rowcount)


def keys() -> list[Key]:
    """All keys that were ever made, in that order."""
    return [_key(row) for row in execute(f"SELECT {COLUMNS} FROM access_key ORDER BY made, id").fetchall()]


def _key(row: Sequence[Any]) -> Key:
    identifier, actor, scope, resources, made, expires, revoked = row
    return Key(
        identifier, actor, scope, None if resources is None else tuple(decoded(resources)), made, expires, revoked
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shown(key: Key) -> Mapping[str, str]:
    """What can be told of a key: column -> text."""
    state = f"revoked {key.revoked}" if key.revoked else f"until {key.expires}" if key.expires else "never expires"
    only = "all" if key.resources is None else ", ".join(key.resources)
    return {"id": key.id, "actor": key.actor, "scope": key.scope, "resources": only, "made": key.made, "state": state}
