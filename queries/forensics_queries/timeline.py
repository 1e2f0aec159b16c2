"""``timeline``: all that has a time, in one order, with whose clock says so."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from forensics.answer import Answer, Thing
from forensics.case import Case
from forensics.errors import UsageError
from forensics_queries.coverage import coverage
from forensics_queries.statement import rows
from forensics_queries.things import things

__all__ = ["CLOCKS", "Occurrence", "timeline"]

#: Whose clock a time is of: ``claimed`` by whoever wrote the source, or ``recorded`` by the machine of this case.
CLOCKS = ("claimed", "recorded")

_SECOND = 1_000_000
#: A forged time may be any number; what no format can hold is taken for the farthest that they can.
_FARTHEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that happened, or is said to have.

    Attributes:
        happened_time: seconds since 1970 in UTC.
        microseconds: the same in full, microseconds since 1970.
        clock: ``claimed``, or ``recorded``.
        kind: ``commit``, as its author dates it; ``commit-written``, where the committer dates it otherwise;
            ``execution``, ``execution-updated``, ``registration``, ``release``, ``stage-move``, ``deployment``,
            ``deployment-end``, ``acquisition``, ``mark``, ``mark-expiry``, ``mark-withdrawal``, ``observation`` or
            ``observation-withdrawal``.
        what: in words, as far as the source has them.
        thing: what it happened to, where that is one node of the graph.
        actor: who is claimed to have done it.
        source: name of the source that says so; empty for what was stated in this case.
        document: the tag, the row, the file and the line.
        document_commit: id of the commit that it is of.
    """

    happened_time: int
    microseconds: int
    clock: str
    kind: str
    what: str
    thing: Thing | None
    actor: str
    source: str
    document: str
    document_commit: str


def timeline(
    case: Case, *, since: str | None = None, until: str | None = None, of: Collection[int] | None = None
) -> Answer[Occurrence]:
    """Lists commits, runs, registrations, releases, stage moves, deployments, readings, marks and observations.

    Args:
        case: the case.
        since: ISO 8601, UTC where it names no zone; what is earlier is left out.
        until: the same; what is then or later is left out.
        of: nodes; what happened to others is left out, and what happened to none in particular stays.

    Returns:
        By time, and then in a fixed order. Claimed times order nothing but this list: ancestry says what came before.

    Raises:
        UsageError: no time.
    """
    first, last = _microseconds(since), _microseconds(until)
    found = []
    for value, unit, claimed, kind, node, source, actor, what, document, commit in rows(case, "timeline.all"):
        if of is not None and node is not None and node not in of:
            continue
        at = max(-_FARTHEST, min(value * unit, _FARTHEST))
        if (first is None or at >= first) and (last is None or at < last):
            found.append((at, claimed, kind, node, source, actor, what, document, commit))
    shown = things(case, {row[3] for row in found if row[3] is not None})
    answers = tuple(
        Occurrence(
            happened_time=at // _SECOND,
            microseconds=at,
            clock=CLOCKS[0] if claimed else CLOCKS[1],
            kind=kind,
            what=what,
            thing=shown.get(node),
            actor=actor,
            source=source,
            document=document,
            document_commit=commit,
        )
        for at, claimed, kind, node, source, actor, what, document, commit in found
    )
    notes = ("times are claims of whoever wrote the source, but for those recorded by the machine of this case",)
    parameters = {"since": since or "", "until": until or ""}
    return Answer("timeline", parameters, answers, coverage(case), notes)


def _microseconds(text: str | None) -> int | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return int(at.timestamp()) * _SECOND + at.microsecond
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{text} is not a time", hint="write it like 2026-03-01T08:00:00Z") from error
