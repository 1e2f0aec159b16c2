"""The observations and marks that stand, resolved and combined: what localization starts from."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from forensics.case import Case
from forensics.case.ingest import now
from forensics.errors import UsageError
from forensics.localization.evidence import Evidence
from forensics.model import EdgeKind, NodeKind
from forensics.taint import Lineage
from forensics_queries.measurements import Series, series
from forensics_queries.moment import Moment
from forensics_queries.statement import rows
from forensics_queries.subject import resolve
from forensics_queries.tampered import Tampering, tampered
from forensics_queries.things import things

__all__ = ["Observed", "evidence", "is_observed"]

#: What an observation weighs against a contradicting one, where nobody says how reliable it is.
_USUAL = 0.9

#: Whether a version is bad, and the probability that this is right; None where nobody says, to be integrated out.
_Label = tuple[bool, float | None]
#: The families of a metric: versions with their values.
_Metric = tuple[tuple[tuple[int, float], ...], ...]


@dataclass(frozen=True, slots=True)
class Observed:
    """The observations that stand.

    Attributes:
        evidence: by node; a version of which nothing is known is in none of it. Marks of something bad or good count
            too (rule 12).
        count: how many observations stand, without the marks.
        series: of metrics, as measured.
        tampered: stored objects that held other bytes than the record says, by content.
        notes: sentences that a reader of the answer must know: contradictions, what counts for nothing.
    """

    evidence: Evidence
    count: int
    series: tuple[Series, ...]
    tampered: Mapping[int, tuple[Tampering, ...]]
    notes: tuple[str, ...]


def evidence(case: Case, when: Moment) -> Observed:
    """Gathers the observations that stood at a moment.

    Several observations of one version are combined by their odds, taken for independent; an author who repeats one
    counts once. Where they cancel out, the version has no label: unknown is never turned into good.

    Args:
        case: the case.
        when: the moment; what did not stand then is left out.
    """
    said: dict[int, dict[tuple[str, bool], float | None]] = defaultdict(dict)
    named: dict[int, list[str]] = defaultdict(list)
    stated, clean = set[int](), set[int]()
    found: dict[tuple[str, int], Series] = {}
    lower: set[str] = set()
    notes: list[str] = []
    standing = _standing(case, when)
    for number, kind, subject, state, metric, reliability, author in standing:
        try:
            if kind == "metric":
                found |= {(metric, one.artifact): one for one in series(case, metric, until=when.until)}
                lower |= {metric} if state == "lower" else set()
                continue
            meant = [node for node in resolve(case, subject).nodes if when.stood(node)]
        except UsageError as error:
            notes.append(f"observation {number} counts for nothing: {error.message}")
            continue
        if not meant:
            notes.append(f"observation {number} counts for nothing: what it is of did not stand as of {when.asked}")
            continue
        if kind != "label":
            (stated if kind == "content" else clean).update(meant)
            continue
        for node in (node for node in meant if when.lineage.is_version(node)):
            told = author, state == "bad"
            given = (said[node].get(told), reliability)
            said[node][told] = max((one for one in given if one is not None), default=None)
            named[node].append(f"observation {number}")
    for mark, is_bad, node in _marked(when):
        if when.lineage.is_version(node) and when.lineage.is_made(node):
            said[node][mark, is_bad] = None
            named[node].append(mark)
        else:
            (stated if is_bad else clean).add(node)
    labels = {}
    for node in sorted(said):
        label = _combined(said[node])
        if len({is_bad for _, is_bad in said[node]}) > 1:
            notes.append(_contradicted(case, node, named[node], label))
        if label is not None:
            labels[node] = label
    objects = tampered(when)
    seen = Evidence(
        bad=frozenset(node for node, (is_bad, _) in labels.items() if is_bad),
        good=frozenset(node for node, (is_bad, _) in labels.items() if not is_bad),
        reliability={node: certain for node, (_, certain) in labels.items() if certain is not None},
        clean=frozenset(clean - stated),
        stated=frozenset(stated),
        tampered=frozenset(objects.keys() - stated),
        series=_families(when, found.values(), lower),
    )
    return Observed(seen, len(standing), tuple(found.values()), objects, tuple(notes))


def _marked(when: Moment) -> Iterator[tuple[str, bool, int]]:
    """What marks say: the mark, whether it says bad rather than good, and a version, content or execution.

    A commit stands for the runs that it recorded and for what it brought in that no run made.
    """
    for mark, state, _, _ in rows(when.case, "standing.marks", at=when.at or now()):
        for node in resolve(when.case, f"mark:{mark}").nodes if state in {"bad", "good"} else ():
            carried = _carried(when.lineage, node, state == "bad")
            yield from ((f"mark {mark}", state == "bad", one) for one in carried if when.stood(one))


def _carried(lineage: Lineage, node: int, is_bad: bool) -> list[int]:
    kind = lineage.kind(node)
    if kind is NodeKind.RELEASE:
        return lineage.released(node)
    if kind not in {NodeKind.COMMIT, NodeKind.ACTOR}:
        return [node]
    brought = [
        one
        for commit in (lineage.places(node) if is_bad else ())
        for one, _ in lineage.effects(commit, EdgeKind.INTRODUCED, EdgeKind.RECORDED)
    ]
    return [one for one in brought if not (lineage.is_version(one) and lineage.is_made(one))]


def _families(when: Moment, found: Iterable[Series], lower: set[str]) -> tuple[_Metric, ...]:
    """By metric its families: versions that stood, with values of which lower ones are worse."""
    metrics: dict[str, list[tuple[tuple[int, float], ...]]] = defaultdict(list)
    for one in found:
        sign = -1 if one.metric in lower else 1
        measured = zip(one.versions, one.values, strict=True)
        metrics[one.metric].append(tuple((node, sign * value) for node, value in measured if when.stood(node)))
    return tuple(tuple(metrics[metric]) for metric in sorted(metrics))


def is_observed(when: Moment) -> bool:
    """Whether any observation stood at a moment."""
    return bool(_standing(when.case, when))


def _standing(case: Case, when: Moment) -> list[tuple[int, str, str, str, str, float | None, str]]:
    """Number, kind, subject, state, metric, reliability and author of each."""
    return [(*row[:6], row[7]) for row in rows(case, "observations.all", at=when.at or now()) if row[12]]


def _combined(said: dict[tuple[str, bool], float | None]) -> _Label | None:
    """One label of all that was said of a version, by author; None where it cancels out."""
    states = {is_bad for _, is_bad in said}
    if len(states) == 1 and all(reliability is None for reliability in said.values()):
        return states.pop(), None
    odds = 0.0
    for (_, is_bad), reliability in sorted(said.items()):
        certain = _USUAL if reliability is None else reliability
        odds += math.log(certain / (1 - certain)) * (1 if is_bad else -1)
    if math.isclose(odds, 0, abs_tol=1e-9):
        return None
    return odds > 0, 1 / (1 + math.exp(-abs(odds)))


def _contradicted(case: Case, node: int, named: list[str], label: _Label | None) -> str:
    shown = things(case, [node])[node].subject
    listed = ", ".join(named)
    outcome = "they cancel out, so it counts as unlabelled"
    if label is not None:
        outcome = f"together {'bad' if label[0] else 'good'} with a reliability of {label[1] or 0:.2f}"
    return (
        f"{listed} of {shown} contradict each other: {outcome}; withdraw the wrong one with: "
        "forensics observe withdraw N --why TEXT"
    )
