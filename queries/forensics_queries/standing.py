"""Rule 12, marks: what stands now, or stood at a time, as seeds of taint and places where it stops."""

from collections.abc import Iterable
from dataclasses import dataclass

from forensics.case import Case
from forensics.case.ingest import now
from forensics.model import NodeKind
from forensics.taint import Judgement, Level, Lineage, Seed, judge
from forensics_queries.moment import Moment
from forensics_queries.statement import rows
from forensics_queries.subject import resolve

__all__ = ["Accused", "accused", "judge_once"]

_LEVELS = {"bad": Level.AFFECTED, "suspect": Level.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Accused:
    """What a question of blame starts from.

    Attributes:
        seeds: what is bad or suspect, from standing marks and from the question itself.
        cleared: versions and contents at which taint stops.
        labels: the marks and subjects that are bad or suspect, in words.
        stops: the marks that clear something, in words.
    """

    seeds: tuple[Seed, ...]
    cleared: frozenset[int]
    labels: tuple[str, ...]
    stops: tuple[str, ...]


def judge_once(when: Moment, seeds: tuple[Seed, ...], cleared: frozenset[int] = frozenset()) -> Judgement:
    """The verdicts that seeds imply at a moment, judged once however many questions ask."""
    return when.case.keep(
        ("judgement", when.until, when.commit, seeds, cleared),
        lambda: judge(when.case, seeds, cleared=cleared, as_of=when.commit, lineage=when.lineage),
    )


def accused(case: Case, subjects: Iterable[str], when: Moment) -> Accused:
    """Standing marks and subjects taken as bad.

    Args:
        case: the case.
        subjects: SUBJECTs that the question takes as bad beside the marks.
        when: the moment at which marks must have stood.

    Raises:
        UsageError: a subject means nothing, or several things.
    """
    seeds: dict[int, Seed] = {}
    cleared: set[int] = set()
    labels: list[str] = []
    stops: list[str] = []
    for mark, state, subject, reason in rows(case, "standing.marks", at=when.at or now()):
        nodes = _reach(when.lineage, resolve(case, f"mark:{mark}").nodes)
        label = f"mark {mark}: {state} {subject} ({reason}){_absence(when, nodes)}"
        if state == "cleared":
            cleared.update(nodes)
            stops.append(label)
        elif state in _LEVELS:
            _add(seeds, nodes, _LEVELS[state], f"mark {mark}")
            labels.append(label)
    for text in subjects:
        nodes = _reach(when.lineage, resolve(case, text).nodes)
        _add(seeds, nodes, Level.AFFECTED, text)
        labels.append(f"{text}, taken as bad by this question{_absence(when, nodes)}")
    return Accused(tuple(seeds[node] for node in sorted(seeds)), frozenset(cleared), tuple(labels), tuple(stops))


def _absence(when: Moment, nodes: Iterable[int]) -> str:
    """Says where nothing of a subject stood then, so that a short answer is not read as an all-clear.

    It is judged all the same: a gap that stood then may admit it.
    """
    return "" if any(map(when.stood, nodes)) else f", of which nothing stood as of {when.asked}"


def _reach(lineage: Lineage, nodes: Iterable[int]) -> list[int]:
    """A bad release is the versions that it released."""
    found: list[int] = []
    for node in nodes:
        if lineage.kind(node) is NodeKind.RELEASE:
            found += lineage.released(node)
        found.append(node)
    return found


def _add(seeds: dict[int, Seed], nodes: Iterable[int], level: Level, label: str) -> None:
    for node in nodes:
        if node not in seeds or seeds[node].level < level:
            seeds[node] = Seed(node, level, label)
