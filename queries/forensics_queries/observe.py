"""What people observed: a version that misbehaves or is fine, bad bytes, an inspection, a metric. Never erased."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from forensics.answer import Answer
from forensics.case import Case
from forensics.case.database import transaction
from forensics.case.ingest import now
from forensics.errors import UsageError
from forensics_queries.coverage import coverage
from forensics_queries.marks import user
from forensics_queries.measurements import find_metric
from forensics_queries.observed import observed
from forensics_queries.statement import rows
from forensics_queries.subject import resolve
from forensics_queries.things import things

__all__ = [
    "STATES",
    "Observation",
    "list_observations",
    "observations_on",
    "observe",
    "observe_metrics",
    "withdraw_observation",
]

STATES = ("bad", "good", "clean")


@dataclass(frozen=True, slots=True)
class Observation:
    """One observation: a symptom, which says nothing of its cause.

    Attributes:
        observation: its number.
        kind: ``label``, a version behaves well or badly; ``content``, these bytes are bad; ``inspection``, somebody
            looked and found it clean; ``metric``, the series of a metric counts as evidence.
        state: ``bad``, ``good`` or ``clean``; for a metric ``higher`` or ``lower``, which is better.
        subject: pinned when it was made; empty for a metric, whose series grow with the case.
        metric: its name, else empty.
        reliability: the probability that it is right; None where nobody says.
        made_at, withdrawn_at: by this machine's clock.
        standing: not withdrawn.
    """

    observation: int
    kind: str
    subject: str
    state: str
    metric: str
    reliability: float | None
    reason: str
    author: str
    made_at: int
    withdrawn_at: int | None
    withdrawn_by: str
    withdrawn_because: str
    standing: bool


def observe(
    case: Case,
    subjects: Sequence[str],
    state: str,
    *,
    reason: str = "",
    author: str = "",
    reliability: float | None = None,
    argv: Iterable[str] = (),
) -> Answer[Observation]:
    """Records what was observed of subjects, and writes it into the journal in the same transaction.

    An observation is pinned: it stays with the version that the subject means now. It never seeds taint (rule 12).

    Args:
        case: the case, open for writing.
        subjects: SUBJECTs: one version of a model each; for ``bad`` also bytes; for ``clean`` any version, file or run.
        state: ``bad``, ``good`` or ``clean``.
        reason: what was seen.
        author: who says so; the user of this machine where empty.
        reliability: the probability that it is right, more than 0.5 and less than 1; None where nobody can say.
        argv: the command, for the journal.

    Returns:
        The new observations, and in words what is contradicted.

    Raises:
        UsageError: an unknown state or reliability, or a subject that is not one version; its ``candidates`` are.
    """
    if state not in STATES:
        raise UsageError(f"no such observation: {state}", hint=f"one of {', '.join(STATES)}, after the SUBJECT")
    if not subjects:
        raise UsageError("nothing was named", hint=f"name what was observed: forensics observe SUBJECT {state}")
    if reliability is not None and not 0.5 < reliability < 1:
        raise UsageError(
            f"a reliability of {reliability:g} says nothing",
            hint="it is the probability that the observation is right: more than 0.5 and less than 1",
        )
    found = [(text, *observed(case, text, state)) for text in subjects]
    shown = things(case, [node for _, _, nodes in found for node in nodes])
    said: dict[str, object] = {
        "state": state,
        "metric": "",
        "reliability": reliability,
        "reason": reason,
        "author": author or user(),
    }
    given: list[dict[str, object]] = [
        {"typed": text, "kind": kind, "subject": shown[node].subject, **said}
        for text, kind, nodes in found
        for node in nodes
    ]
    before = [one for one in _all(case) if one.standing]
    made = _add(case, given, argv)
    notes = [f"{entry['typed']} is kept as {entry['subject']}" for entry in given if entry["typed"] != entry["subject"]]
    notes += [note for one in made for note in _contradictions(one, before)]
    return Answer("observe", {"subjects": " ".join(subjects), "state": state}, made, coverage(case), tuple(notes))


def observe_metrics(
    case: Case,
    metrics: Sequence[str],
    *,
    better: str = "",
    reason: str = "",
    author: str = "",
    argv: Iterable[str] = (),
) -> Answer[Observation]:
    """Takes the series of metrics, as the case holds them and will hold them, for evidence.

    Args:
        case: the case, open for writing.
        metrics: names of metrics, ``auc`` or ``metrics/test.json:auc``.
        better: ``higher`` or ``lower``; told by the name where empty.
        reason: why they are to be trusted.
        author: who says so; the user of this machine where empty.
        argv: the command, for the journal.

    Raises:
        UsageError: an unknown metric, one of which no series can be made, or one of which it cannot be told which
            way is better.
    """
    given: list[dict[str, object]] = []
    notes: list[str] = []
    for text in metrics:
        metric, direction, series = find_metric(case, text, better)
        said = {"state": direction, "metric": metric, "reliability": None, "reason": reason, "author": author or user()}
        given.append({"typed": text, "kind": "metric", "subject": "", **said})
        notes += [f"{metric}: {one.words}" for one in series]
        notes.append(f"{direction} values of {metric} count as better")
    made = _add(case, given, argv)
    return Answer("observe", {"metrics": " ".join(metrics)}, made, coverage(case), tuple(notes))


def withdraw_observation(
    case: Case, observation: int, *, reason: str, author: str = "", argv: Iterable[str] = ()
) -> Answer[Observation]:
    """Withdraws an observation; it stays on record.

    Raises:
        UsageError: there is no such observation, it is withdrawn already, or no reason is given.
    """
    if not reason.strip():
        raise UsageError("a withdrawal needs a reason", hint="say why with --why")
    found = {known.observation: known for known in _all(case)}.get(observation)
    if found is None:
        raise UsageError(f"there is no observation {observation}", hint="see them with: forensics observe list")
    if found.withdrawn_at is not None:
        said = f"by {found.withdrawn_by}: {found.withdrawn_because}"
        raise UsageError(f"observation {observation} is withdrawn already", hint=said)
    given = {"observation": observation, "reason": reason, "author": author or user()}
    with transaction(case.connection):
        rows(case, "observations.withdraw", made_at=now(), **given)
        case.journal("observation-withdrawal", given, argv=argv)
    after = tuple(known for known in _all(case) if known.observation == observation)
    return Answer("observe", {"withdraw": str(observation)}, after, coverage(case))


def list_observations(case: Case) -> Answer[Observation]:
    """All observations, in the order in which they were made."""
    return Answer("observe", {}, _all(case), coverage(case))


def observations_on(case: Case, nodes: Iterable[int], *, at: datetime | None = None) -> list[tuple[Observation, int]]:
    """The observations, standing or not, of some nodes, as they were at a time; by number, then node."""
    wanted = set(nodes)
    found = []
    for one in _all(case, at):
        if not one.subject or (at is not None and one.made_at > at.replace(tzinfo=UTC).timestamp()):
            continue
        with suppress(UsageError):  # what it meant is told apart from something else by now
            found += [(one, node) for node in sorted(wanted.intersection(resolve(case, one.subject).nodes))]
    return found


def _all(case: Case, at: datetime | None = None) -> tuple[Observation, ...]:
    return tuple(Observation(*row) for row in rows(case, "observations.all", at=at or now()))


def _add(case: Case, given: list[dict[str, object]], argv: Iterable[str]) -> tuple[Observation, ...]:
    made: set[int] = set()
    at = now()
    with transaction(case.connection):
        for entry in given:
            number = rows(case, "observations.next")[0][0]
            kept = {name: value for name, value in entry.items() if name != "typed"}
            rows(case, "observations.add", id=number, made_at=at, **kept)
            case.journal("observation", {"observation": number, **entry}, argv=argv)
            made.add(number)
    return tuple(one for one in _all(case) if one.observation in made)


def _contradictions(new: Observation, before: Iterable[Observation]) -> list[str]:
    against = [one for one in before if one.subject == new.subject and one.state != new.state and new.subject]
    return [
        f"observation {one.observation} by {one.author} says the opposite of {new.subject} ({one.state}): both count, "
        f"each by its reliability; withdraw the wrong one with: forensics observe withdraw {one.observation} --why TEXT"
        for one in against
    ]
