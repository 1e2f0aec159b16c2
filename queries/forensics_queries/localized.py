"""What was observed, and where that leads: what ``suspects`` and ``next-test`` start from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forensics.case import Case
from forensics.errors import UsageError
from forensics.localization import Evidence, Located, Repair, completeness, locate, repairs, with_repairs
from forensics_queries.moment import Moment
from forensics_queries.observations import evidence
from forensics_queries.observed import observed
from forensics_queries.slots import slots
from forensics_queries.statement import rows
from forensics_queries.tampered import Tampering, read_since
from forensics_queries.things import things

if TYPE_CHECKING:
    from forensics.graph import Graph

__all__ = ["Asked", "Localized", "NoSymptomError", "localized", "percent", "said"]


class NoSymptomError(UsageError):
    """Nothing was observed to misbehave, so that there is nothing to explain."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How the question is to be answered.

    Attributes:
        bad, good: SUBJECTs that the question labels beside the observations that stand; they come before those.
        reliable: labels are known to be right.
        inferred: also walk imports and declared bases that are not known for certain.
        repair: supply inputs that runs most likely had, by slot continuity.
    """

    bad: Sequence[str] = ()
    good: Sequence[str] = ()
    reliable: bool = False
    inferred: bool = False
    repair: bool = False


@dataclass(frozen=True, slots=True)
class Localized:
    """Where an incident stands.

    Attributes:
        when: the moment that was asked of.
        located: the sources.
        repaired: inputs that were supplied.
        tampered: stored objects that held other bytes than the record says, by content.
        notes: what a reader of the answer must know.
    """

    when: Moment
    located: Located
    repaired: tuple[Repair, ...]
    tampered: Mapping[int, tuple[Tampering, ...]]
    notes: tuple[str, ...]


def localized(case: Case, when: Moment, asked: Asked) -> Localized:
    """Weighs what was observed.

    Args:
        case: the case.
        when: the moment that is asked of.
        asked: how the question is to be answered.

    Raises:
        NoSymptomError: nothing, or nothing bad, was observed.
        UsageError: a label is of no version, or contradicts another.
    """
    standing = evidence(case, when)
    labels = _labels(case, when, asked)
    known = standing.evidence
    told = {node for node, (is_bad, _) in labels.items() if node in (known.good if is_bad else known.bad)}
    known = _with(known, labels)
    if not known.anchors:
        raise _no_symptom(known, when, standing.notes)
    known = replace(known, tampered=known.tampered & read_since(case, standing.tampered, known.anchors))
    notes = [*standing.notes]
    notes += [f"{labels[node][1]} is labelled otherwise by an observation: the question comes first" for node in told]
    graph = when.lineage.graph if not when.asked else _then(when)
    found: tuple[Repair, ...] = ()
    if asked.repair:
        runs, versions = slots(when)
        found = tuple(repairs(runs, versions))
        graph = with_repairs(graph, found)
        whole = completeness(runs, found)
        notes.append(
            f"lineage completeness {percent(whole)}: {said(len(found), 'input')} of runs inferred by slot continuity"
        )
    options = when.asked, asked.reliable, asked.inferred, asked.repair

    def found_by() -> Located:
        return locate(graph, known, reliable=asked.reliable, weak=asked.inferred)

    located = found_by() if any(options) else case.keep(("located", when.until, *known.told), found_by)
    notes += _unexplained(case, located, inferred=asked.inferred)
    notes += _gaps(case, when, located)
    return Localized(when, located, found, standing.tampered, (*notes, *when.notes))


def percent(p: float) -> str:
    """A probability for people: never 0 % or 100 % unless it is."""
    if p <= 0 or p >= 1:
        return "100 %" if p >= 1 else "0 %"
    return "< 1 %" if p < 0.005 else "> 99 %" if p > 0.995 else f"{p:.0%}".replace("%", " %")


def said(count: int, what: str) -> str:
    """``1 model``, ``2 models``."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _labels(case: Case, when: Moment, asked: Asked) -> dict[int, tuple[bool, str]]:
    """The labels of the question: a version, whether it is bad, and its subject."""
    found: dict[int, tuple[bool, str]] = {}
    for texts, is_bad in ((asked.bad, True), (asked.good, False)):
        for text in texts:
            kind, nodes = observed(case, text, "bad" if is_bad else "good")
            if kind != "label":
                raise UsageError(
                    f"{text} is no version of a model, so it is no symptom",
                    hint=f"where it is known to be bad: forensics mark add bad {text}",
                )
            if not when.stood(nodes[0]):
                raise UsageError(f"{text} did not stand as of {when.asked}", hint="ask without --as-of")
            before = found.get(nodes[0])
            if before is not None and before[0] != is_bad:
                raise UsageError(
                    f"{before[1]} and {text} are the same version, which cannot be bad and good",
                    hint="leave one of them out; two opinions of one version: forensics observe --reliability",
                )
            found[nodes[0]] = (is_bad, text)
    return found


def _with(known: Evidence, labels: dict[int, tuple[bool, str]]) -> Evidence:
    bad = frozenset(node for node, (is_bad, _) in labels.items() if is_bad)
    good = labels.keys() - bad
    return replace(
        known,
        bad=(known.bad - good) | bad,
        good=(known.good - bad) | good,
        reliability={node: p for node, p in known.reliability.items() if node not in labels},
    )


def _no_symptom(known: Evidence, when: Moment, said_of_it: Sequence[str]) -> NoSymptomError:
    then = f" as of {when.asked}" if when.asked else ""
    aside = "".join(f"{note}; " for note in said_of_it)
    if known.good:
        return NoSymptomError(
            f"only good versions were observed{then}: without a symptom there is nothing to explain",
            hint=f"{aside}say which version misbehaves: forensics observe SUBJECT bad; or --bad SUBJECT",
        )
    if known.stated or known.clean:
        return NoSymptomError(
            f"no version was observed to misbehave{then}, so there is nothing left to explain",
            hint="what is known to be bad reaches: forensics blast-radius; a symptom: forensics observe SUBJECT bad",
        )
    if said_of_it:
        return NoSymptomError(f"nothing that was observed counts{then}", hint="; ".join(said_of_it))
    return NoSymptomError(
        f"nothing was observed{then}",
        hint="say which versions misbehave and which do not: forensics observe fraud@v1.4.0 bad; or --bad A --good B",
    )


def _then(when: Moment) -> "Graph":
    """The graph of what stood: edges to and from anything else left out."""
    import numpy as np

    from forensics.graph import build

    graph = when.lineage.graph
    stood = np.fromiter(map(when.stood, range(graph.nodes)), dtype=np.bool_, count=graph.nodes)
    pointers, effects, codes = graph.forward.arrays
    causes = np.repeat(np.arange(graph.nodes, dtype=np.int32), np.diff(pointers))
    kept = stood[causes] & stood[effects]
    return build(causes[kept], effects[kept], codes[kept], np.frombuffer(graph.kinds, dtype=np.uint8))


def _unexplained(case: Case, located: Located, *, inferred: bool) -> list[str]:
    """What misbehaves and no candidate leads to: the lineage does not reach the cause there."""
    explained = {node for group in located.groups for node in group.explained}
    known = located.evidence
    lost = sorted(known.bad - explained - _below_stated(located))
    shown = things(case, lost)
    more = "" if inferred else "; --inferred also follows imports and bases that are not known for certain"
    return [
        f"no origin of {shown[node].subject} is on record: the lineage does not reach its cause; see what is missing: "
        f"forensics trace {shown[node].subject}{more}"
        for node in lost
    ]


def _below_stated(located: Located) -> set[int]:
    if located.stated is None:
        return set()
    return {node for node, below in zip(located.evidence.observed, located.stated, strict=True) if below}


def _gaps(case: Case, when: Moment, located: Located) -> list[str]:
    """Where lineage is missing upstream of what was observed, so that the source may not be on record."""
    found = rows(case, "trace.gaps", ids=located.upstream, until=when.until)
    return [
        f"{said(count, 'place')} upstream where lineage is missing ({kind}: {detail}): the source may lie behind it"
        for kind, count, detail in found
    ]
