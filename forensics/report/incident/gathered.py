"""The questions that a report rests on, asked once, of one start."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from forensics.answer import Answer
from forensics.case import Case
from forensics.case.database import transaction
from forensics.case.journal import USES, Entry, entries
from forensics.errors import UsageError
from forensics.shapes import plain
from forensics_queries.blame import Blamed, blame
from forensics_queries.blast_radius import Affected, blast_radius
from forensics_queries.marks import Mark, list_marks
from forensics_queries.neighbourhood import Neighbourhood, happened_to, neighbourhood
from forensics_queries.observe import Observation, list_observations
from forensics_queries.releases import InUse, releases
from forensics_queries.rollback import Target, rollback
from forensics_queries.sources import Acquisition, sources
from forensics_queries.suspects import Suspect, suspects
from forensics_queries.techniques import Attribution, techniques
from forensics_queries.timeline import Occurrence, timeline
from forensics_queries.whereabouts import Look

__all__ = ["Gathered", "ask", "journal"]

#: For so many models at most a way back is looked for, the most urgent ones; more would take minutes and fill no need.
_WAYS_BACK = 100


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the questions answered.

    Attributes:
        suspects: None where nothing was observed that they could follow from.
        timeline: of the incident alone.
        head: the newest entry of the journal that added a fact, a mark or an observation; None where it has none.
        graph: of the incident, not folded.
        unasked: for how many affected or unknown models no way back was looked for.
    """

    marks: Answer[Mark]
    sources: Answer[Acquisition]
    affected: Answer[Affected]
    releases: Answer[InUse]
    observations: Answer[Observation]
    suspects: Answer[Suspect] | None
    origins: tuple[Answer[Blamed], ...]
    techniques: Answer[Attribution]
    targets: Answer[Target]
    timeline: Answer[Occurrence]
    head: Entry | None
    graph: Neighbourhood
    unasked: int = 0

    @property
    def started(self) -> bool:
        """Whether something is marked or supposed to be bad, from which verdicts follow."""
        return any(note.startswith("started from") for note in self.affected.notes)

    @property
    def answers(self) -> tuple[Answer[Any], ...]:
        """All answers, in the order in which they were asked."""
        found = (self.marks, self.observations, self.sources, self.affected, self.releases, self.suspects)
        asked = (*found, *self.origins, self.techniques, self.targets, self.timeline)
        return tuple(answer for answer in asked if answer is not None)


def ask(case: Case, subjects: Sequence[str] = (), *, look: Look | None = None, as_of: str | None = None) -> Gathered:
    """Asks all questions.

    Args:
        case: the case.
        subjects: SUBJECTs that are taken as bad beside the standing marks.
        look: finds bytes.
        as_of: a revision or a time.

    Raises:
        UsageError: there is nothing to start from, or a subject cannot be told.
    """
    affected = blast_radius(case, subjects, as_of=as_of, observed=True)
    marks = list_marks(case)
    accused = [f"mark:{mark.mark}" for mark in marks.rows if mark.standing and mark.state in {"bad", "suspect"}]
    origins = tuple(_origins(case, [*accused, *subjects], as_of))
    models = {(row.thing.source, row.thing.path): row.thing.subject for row in affected.rows if row.kind == "model"}
    urgent = tuple(models.values())[:_WAYS_BACK] if len(models) > _WAYS_BACK else ()
    targets = rollback(case, urgent, look=look, supposed=subjects, as_of=as_of)
    chain = [entry for entry in entries(case.connection) if entry.action not in USES]
    brought = [row for answer in origins for row in answer.rows]
    graph = neighbourhood(case, affected.rows, targets.rows, brought, subjects, as_of=as_of)
    return Gathered(
        marks=marks,
        sources=sources(case),
        affected=affected,
        releases=releases(case, supposed=subjects, as_of=as_of),
        observations=list_observations(case),
        suspects=_suspects(case, as_of),
        origins=origins,
        techniques=techniques(case),
        targets=targets,
        timeline=timeline(case, of=happened_to(case, graph)),
        head=chain[-1] if chain else None,
        graph=graph,
        unasked=len(models) - len(urgent) if urgent else 0,
    )


def _origins(case: Case, subjects: Iterable[str], as_of: str | None) -> "Iterable[Answer[Blamed]]":
    for subject in subjects:
        try:
            yield blame(case, subject, as_of=as_of)
        except UsageError:
            # A commit, an actor or a run has no bytes that somebody brought in: it is the origin itself.
            continue


def _suspects(case: Case, as_of: str | None) -> Answer[Suspect] | None:
    try:
        return suspects(case, as_of=as_of)
    except UsageError:
        # Nothing bad was observed, so that there is nothing to follow upstream.
        return None


def journal(case: Case, gathered: Gathered, *, argv: Iterable[str] = ()) -> None:
    """Writes each question that fed a report into the journal, with the digest of what it answered."""
    argv = list(argv)
    with transaction(case.connection):
        for answer in gathered.answers:
            said = json.dumps(plain(answer), sort_keys=True).encode()
            details = {
                "question": answer.question,
                "parameters": answer.parameters,
                "rows": len(answer.rows),
                "sha256": hashlib.sha256(said).hexdigest(),
            }
            case.journal("question", details, argv=argv)
