"""The journal of a case: append-only, each entry holding the digest of the one before."""

import getpass
import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING

from forensics.case.tool import tool
from forensics.secrets import without_secrets
from forensics.values import dataclass

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["USES", "Entry", "append", "breaks", "digest_of", "entries", "head"]

_FIRST = "0" * 64

#: Actions that use what a case holds and add no fact, mark or observation to it.
USES = frozenset({"question", "report", "export", "seal"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, as text throughout, so that its digest can be computed anew from what is shown.

    Attributes:
        seq: its number, from 1 on.
        made_at: by this machine's clock, UTC without a zone, with microseconds: ``2026-03-01T12:00:00.000000``.
        action: ``acquisition``, ``mark``, ``withdrawal``, ``question``, …
        argv: the command as a JSON list; passwords in addresses are cut out.
        tool_version: of this program, with the commit it was built from where that is known.
        claimed_user: the user as this machine reported it.
        details: a JSON object.
        previous: digest of the entry before; zeros for the first.
        digest: sha256 over the canonical JSON of all the rest.
    """

    seq: int
    made_at: str
    action: str
    argv: str
    tool_version: str
    claimed_user: str
    details: str
    previous: str
    digest: str


def digest_of(entry: Entry) -> str:
    """The digest that an entry must have: sha256 over the canonical JSON of its other fields."""
    fields = {
        "seq": entry.seq,
        "made_at": entry.made_at,
        "action": entry.action,
        "argv": entry.argv,
        "tool_version": entry.tool_version,
        "claimed_user": entry.claimed_user,
        "details": entry.details,
        "previous": entry.previous,
    }
    return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def breaks(chain: Iterable[Entry], unreadable: frozenset[int] = frozenset()) -> Iterator[tuple[Entry, str]]:
    """Walks a journal from its first entry.

    Args:
        chain: all entries, in the order in which they stand.
        unreadable: numbers of entries whose text was changed on purpose and told, so that only their links are checked.

    Yields:
        Each entry that does not fit, and why.
    """
    previous = _FIRST
    for place, entry in zip(count(1), chain):
        if entry.seq != place:
            yield entry, f"stands in place {place}, so that an entry is missing, doubled or moved"
        elif entry.previous != previous:
            yield entry, "does not follow the entry before it: one of the two was changed"
        elif entry.seq not in unreadable and entry.digest != digest_of(entry):
            yield entry, "was changed: its digest is that of another text"
        previous = entry.digest


def entries(connection: "DuckDBPyConnection") -> list[Entry]:
    """The whole journal, the first entry first."""
    found = connection.execute(
        "SELECT seq, made_at, action, argv, tool_version, claimed_user, details, previous, digest FROM journal_entry "
        "ORDER BY seq, rowid"
    ).fetchall()
    return [Entry(row[0], row[1].isoformat(timespec="microseconds"), *row[2:]) for row in found]


def head(connection: "DuckDBPyConnection") -> tuple[int, str]:
    """The number and the digest of the newest entry; 0 and zeros where there is none."""
    found = connection.execute("SELECT seq, digest FROM journal_entry ORDER BY seq DESC LIMIT 1").fetchone()
    return (int(found[0]), str(found[1])) if found else (0, _FIRST)


def append(connection: "DuckDBPyConnection", action: str, argv: list[str], details: dict[str, object]) -> str:
    """Adds an entry.

    Args:
        connection: a connection that may write, in the transaction of what is journalled.
        action: ``acquisition``, ``mark``, ``withdrawal``, ``question``, …
        argv: the command as it was given; passwords in addresses are cut out.
        details: JSON-able values; no secrets.

    Returns:
        The entry's digest.
    """
    seq, previous = head(connection)
    at = datetime.now(UTC).replace(tzinfo=None)
    words = json.dumps([without_secrets(word) for word in argv])
    said = json.dumps(details, sort_keys=True)
    made = at.isoformat(timespec="microseconds")
    entry = Entry(seq + 1, made, action, words, tool(), _user(), said, previous, "")
    digest = digest_of(entry)
    values = [entry.seq, at, action, words, entry.tool_version, entry.claimed_user, said, previous, digest]
    connection.execute("INSERT INTO journal_entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    return digest


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
