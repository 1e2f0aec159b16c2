"""What investigators state of subjects: who, why, on what evidence, until when. Never erased."""

import getpass
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from forensics.answer import Answer
from forensics.atlas import find_technique, version
from forensics.case import Case
from forensics.case.database import transaction
from forensics.errors import UsageError
from forensics_queries.coverage import coverage
from forensics_queries.statement import rows
from forensics_queries.subject import Subject, resolve

__all__ = ["STATES", "Mark", "add_mark", "list_marks", "marks_on", "user", "withdraw_mark"]

STATES = ("bad", "suspect", "good", "cleared")


@dataclass(frozen=True, slots=True)
class Mark:
    """One statement.

    Attributes:
        mark: its number: ``mark:3`` is a SUBJECT.
        state: one of ``STATES``.
        subject: pinned when it was made: revisions as commit ids, digests in full.
        technique: ids in MITRE ATLAS that were stated with the mark or confirmed since, and not rejected, by ``, ``.
        made_at, expires_at, withdrawn_at: by this machine's clock; None where it never expires or still stands.
        standing: neither expired nor withdrawn.
    """

    mark: int
    state: str
    subject: str
    reason: str
    author: str
    evidence: str
    technique: str
    made_at: int
    expires_at: int | None
    withdrawn_at: int | None
    withdrawn_by: str
    withdrawn_because: str
    standing: bool


def add_mark(
    case: Case,
    state: str,
    subject: str,
    *,
    reason: str,
    author: str = "",
    evidence: str = "",
    technique: str = "",
    expires: str | datetime | None = None,
    argv: Iterable[str] = (),
) -> Answer[Mark]:
    """Marks a subject, and writes it into the journal in the same transaction.

    What the subject means now is what is marked: ``data/x.csv@HEAD`` is kept as the commit that HEAD is, so that the
    mark does not move. A path without a revision stays a path, and later versions come under it.

    Args:
        case: the case, open for writing.
        state: ``bad``, ``suspect``, ``good`` or ``cleared``.
        subject: a SUBJECT.
        reason: why; not empty.
        author: who says so; the user of this machine where empty.
        evidence: what it rests on.
        technique: a MITRE ATLAS technique (``AML.T0020``), or empty; a retired id is kept as what it has become.
        expires: when the mark ends by itself: ISO 8601, UTC where it names no zone.
        argv: the command, for the journal.

    Returns:
        The new mark; several where the subject is known by several digests.

    Raises:
        UsageError: an unknown state or technique, no reason, an expiry that is past or no time, or an unclear subject.
    """
    if state not in STATES:
        raise UsageError(f"no such state: {state}", hint=f"one of {', '.join(STATES)}")
    if not reason.strip():
        raise UsageError("a mark needs a reason", hint="say why with --reason")
    named = find_technique(technique) if technique else None
    now = _now()
    until = _expiry(expires, now)
    meant = resolve(case, subject)
    made = []
    with transaction(case.connection):
        for pinned in meant.pinned:
            number = rows(case, "marks.next")[0][0]
            given = {
                "state": state, "subject": pinned, "reason": reason, "author": author or user(),
                "evidence": evidence, "technique": named.id if named else "",
            }  # fmt: skip
            rows(case, "marks.add", id=number, made_at=now, expires_at=until, **given)
            ends = until.isoformat() if until else ""
            case.journal("mark", {"mark": number, **given, "typed": subject, "expires_at": ends}, argv=argv)
            made.append(number)
    found = tuple(mark for mark in _all(case) if mark.mark in made)
    notes = [_means(subject, meant)]
    if named and named.retired:
        notes.append(f"{named.retired} is retired in MITRE ATLAS {version()}; kept as {named.id} ({named.name})")
    return Answer("mark-add", {"state": state, "subject": subject}, found, coverage(case), tuple(notes))


def withdraw_mark(case: Case, mark: int, *, reason: str, author: str = "", argv: Iterable[str] = ()) -> Answer[Mark]:
    """Withdraws a mark; it stays on record.

    Args:
        case: the case, open for writing.
        mark: its number.
        reason: why; not empty.
        author: who says so; the user of this machine where empty.
        argv: the command, for the journal.

    Raises:
        UsageError: there is no such mark, it is withdrawn already, or no reason is given.
    """
    if not reason.strip():
        raise UsageError("a withdrawal needs a reason", hint="say why with --reason")
    found = {known.mark: known for known in _all(case)}.get(mark)
    if found is None:
        raise UsageError(f"there is no mark {mark}", hint="see them with: forensics mark list")
    if found.withdrawn_at is not None:
        said = f"by {found.withdrawn_by}: {found.withdrawn_because}"
        raise UsageError(f"mark {mark} is withdrawn already", hint=said)
    given = {"mark": mark, "reason": reason, "author": author or user()}
    with transaction(case.connection):
        rows(case, "marks.withdraw", made_at=_now(), **given)
        case.journal("withdrawal", given, argv=argv)
    after = tuple(known for known in _all(case) if known.mark == mark)
    return Answer("mark-withdraw", {"mark": str(mark)}, after, coverage(case))


def list_marks(case: Case) -> Answer[Mark]:
    """All marks, in the order in which they were made."""
    return Answer("mark-list", {}, _all(case), coverage(case))


def marks_on(case: Case, nodes: Iterable[int], *, at: datetime | None = None) -> list[tuple[Mark, int]]:
    """The marks, standing or not, whose subject is one of some nodes, as they were at a time; by mark, then node."""
    wanted = set(nodes)
    found = []
    for mark in _all(case, at):
        if at is not None and mark.made_at > at.replace(tzinfo=UTC).timestamp():
            continue
        try:
            meant = resolve(case, mark.subject)
        except UsageError:
            continue  # what it meant is told apart from something else by now
        found += [(mark, node) for node in sorted(wanted.intersection(meant.nodes))]
    return found


def _all(case: Case, at: datetime | None = None) -> tuple[Mark, ...]:
    return tuple(Mark(*row) for row in rows(case, "marks.all", at=at or _now()))


def _means(subject: str, meant: Subject) -> str:
    return f"{subject} means {meant.meaning}; kept as {', '.join(meant.pinned)}"


def _expiry(expires: str | datetime | None, now: datetime) -> datetime | None:
    if not expires:
        return None
    try:
        at = datetime.fromisoformat(expires) if isinstance(expires, str) else expires
    except ValueError as error:
        raise UsageError(f"{expires} is not a time", hint="write it like 2026-12-31T00:00:00Z") from error
    until = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).replace(tzinfo=None)
    if until <= now:
        raise UsageError(f"{expires} is past", hint="a mark that expires needs a time to come")
    return until


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def user() -> str:
    """The user of this machine, as the author of a statement."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
