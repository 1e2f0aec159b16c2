"""Making the bundle: the questions are asked by the standing marks, and the incident is taken out of the graph."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from forensics.answer import Answer, Thing
from forensics.case import Case
from forensics.case.journal import USES, Entry, entries
from forensics.case.tool import tool
from forensics.evidence.bundle import (
    AcquisitionRecord,
    Asked,
    Bundle,
    FindingRecord,
    GapCount,
    GapRecord,
    Head,
    Node,
    SourceRecord,
    Tool,
)
from forensics.evidence.incident import incident
from forensics.evidence.sql import rows
from forensics.model import NodeKind
from forensics.shapes import plain
from forensics_queries.blast_radius import Affected, blast_radius
from forensics_queries.coverage import coverage
from forensics_queries.marks import list_marks
from forensics_queries.moment import moment
from forensics_queries.observations import is_observed
from forensics_queries.observe import list_observations
from forensics_queries.rollback import Target, rollback
from forensics_queries.standing import accused
from forensics_queries.things import source_names, things
from forensics_queries.whereabouts import Look

__all__ = ["gather"]


@dataclass(frozen=True, slots=True)
class _Answers:
    """What the questions answered."""

    affected: tuple[Affected, ...] = ()
    targets: tuple[Target, ...] = ()
    asked: tuple[Asked, ...] = ()
    notes: tuple[str, ...] = ("no mark stands of anything bad or suspect, so nothing has a verdict",)


def gather(case: Case, *, look: Look | None = None) -> Bundle:
    """Gathers what a bag of a case states.

    Args:
        case: the case.
        look: finds bytes, for the rollback targets.
    """
    custody = kept(entries(case.connection))
    answers = _ask(case, look)
    nodes, links = incident(case, answers.affected, answers.targets)
    findings = rows(case, "findings")
    gaps = rows(case, "gaps", ids=[node.thing.id for node in nodes])
    shown = things(case, [row[0] for row in findings if row[0] is not None] + [row[0] for row in gaps])
    seen = coverage(case)
    names = source_names(case)
    return Bundle(
        case=case.identity,
        tool=Tool("lineage-forensics", tool()),
        journal=_head(custody),
        custody=custody,
        redacted=False,
        hidden=(),
        sources=tuple(
            SourceRecord(number, names[number], kind, form or "", tuple(fingerprints), read)
            for (number, kind, form, fingerprints), read in zip(rows(case, "sources"), seen.sources, strict=True)
        ),
        acquisitions=tuple(AcquisitionRecord(*row) for row in rows(case, "acquisitions")),
        marks=list_marks(case).rows,
        observations=list_observations(case).rows,
        affected=answers.affected,
        targets=answers.targets,
        findings=tuple(_finding(shown, *row) for row in findings),
        gaps=tuple(GapRecord(shown[row[0]], *row[1:]) for row in gaps if row[0] in shown),
        gap_counts=tuple(GapCount(*row) for row in rows(case, "gap_counts")),
        nodes=nodes,
        links=links,
        questions=answers.asked,
        not_read=seen.reasons,
        notes=(*answers.notes, *_weak(nodes)),
    )


def _weak(nodes: tuple[Node, ...]) -> Iterator[str]:
    """Says how many versions are known by digests alone of which somebody can make two files."""
    hashed = [node for node in nodes if node.thing.kind == NodeKind.VERSION and node.digests]
    weak = sum(not any(digest.startswith("sha256:") for digest in node.digests) for node in hashed)
    if weak:
        yield (
            f"{weak:,} of {len(hashed):,} versions are known by MD5 or SHA-1 alone, which name bytes and prove nothing "
            "against who can make two files of one digest"
        )


def kept(journal: list[Entry]) -> tuple[Entry, ...]:
    """The journal up to the last entry that added something to the case, so that asking again changes nothing."""
    last = max((place for place, entry in enumerate(journal, 1) if entry.action not in USES), default=0)
    return tuple(journal[:last])


def _head(custody: tuple[Entry, ...]) -> Head:
    if not custody:
        return Head(0, "0" * 64, None)
    at = datetime.fromisoformat(custody[-1].made_at).replace(tzinfo=UTC)
    return Head(custody[-1].seq, custody[-1].digest, int(at.timestamp()))


def _ask(case: Case, look: Look | None) -> _Answers:
    when = moment(case, None)
    marked, observed = bool(accused(case, (), when).seeds), is_observed(when)
    if not marked and not observed:
        return _Answers()
    targets = rollback(case, look=look)
    if not marked:
        return _Answers(targets=targets.rows, asked=(_asked(targets),), notes=(*_Answers().notes, *targets.notes))
    affected = blast_radius(case)
    notes = dict.fromkeys((*affected.notes, *targets.notes))
    return _Answers(affected.rows, targets.rows, (_asked(affected), _asked(targets)), tuple(notes))


def _asked(answer: Answer[Any]) -> Asked:
    text = json.dumps(plain(answer.rows), sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Asked(answer.question, dict(answer.parameters), len(answer.rows), digest, answer.short)


def _finding(shown: dict[int, Thing], node: int | None, *row: Any) -> FindingRecord:
    subject = shown[node].subject if node is not None and node in shown else ""
    return FindingRecord(*(*row, subject))
