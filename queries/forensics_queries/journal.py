"""What was done with a case: every acquisition, mark, observation, export, and question that fed a report."""

import json
import shlex
from dataclasses import dataclass

from forensics.answer import Answer
from forensics.case import Case
from forensics.case.journal import breaks, entries, head
from forensics_queries.coverage import coverage
from forensics_queries.statement import rows

__all__ = ["Recorded", "journal"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One entry of the journal.

    Attributes:
        seq: its number, from 1 on.
        made_at: by this machine's clock.
        action: ``acquisition``, ``mark``, ``withdrawal``, ``observation``, ``question``, ``report``, ``export``, …
        command: the command as it was given, passwords in addresses cut out; empty for the library.
        tool_version: of this program, with the commit that it was built from where that is known.
        claimed_user: the user as this machine reported it.
        details: what was done: digests of what was read or written among it.
        previous: digest of the entry before; zeros for the first.
        digest: sha256 over all the rest.
    """

    seq: int
    made_at: int
    action: str
    command: str
    tool_version: str
    claimed_user: str
    details: dict[str, object]
    previous: str
    digest: str


def journal(case: Case) -> Answer[Recorded]:
    """The journal, oldest first; the notes say its head, and the first entry that does not fit."""
    found = tuple(
        Recorded(seq, at, action, _command(argv), version, user, _object(details), previous, digest)
        for seq, at, action, argv, version, user, details, previous, digest in rows(case, "journal.entries")
    )
    seq, digest = head(case.connection)
    notes = [f"the journal ends with record {seq}, head {digest}"]
    broken = next(breaks(entries(case.connection)), None)
    if broken is not None:
        notes.append(f"THE JOURNAL WAS TAMPERED WITH: record {broken[0].seq} {broken[1]}")
    return Answer("journal", {}, found, coverage(case), tuple(notes))


def _command(argv: str) -> str:
    try:
        words = json.loads(argv)
    except (ValueError, RecursionError):
        return argv
    return shlex.join(map(str, words)) if isinstance(words, list) else argv


def _object(details: str) -> dict[str, object]:
    try:
        found = json.loads(details)
    except (ValueError, RecursionError):
        return {"": details}
    return found if isinstance(found, dict) else {"": found}
