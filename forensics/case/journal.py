"""The journal of a case: append-only, each entry holding the digest of the one before."""

import getpass
import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from forensics import __version__
from forensics.secrets import without_secrets

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["append", "head"]

_FIRST = "0" * 64


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
        The entry's digest, sha256 over its canonical JSON.
    """
    seq, previous = head(connection)
    at = datetime.now(UTC).replace(tzinfo=None)
    entry = {
        "seq": seq + 1,
        "made_at": at.isoformat(timespec="microseconds"),
        "action": action,
        "argv": json.dumps([without_secrets(word) for word in argv]),
        "tool_version": __version__,
        "claimed_user": _user(),
        "details": json.dumps(details, sort_keys=True),
        "previous": previous,
    }
    digest = hashlib.sha256(json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    values = [entry["seq"], at, *(entry[key] for key in list(entry)[2:]), digest]
    connection.execute("INSERT INTO journal_entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    return digest


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
