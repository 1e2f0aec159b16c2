"""An incident as one small graph: its sources, what they affect, one hop up, and what to go back to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from forensics.answer import Step, Thing
from forensics.case import Case
from forensics.model import ArtifactKind, EdgeKind, NodeKind, Strength
from forensics.taint import Level, Lineage
from forensics_queries.blame import Blamed
from forensics_queries.blast_radius import Affected, judged
from forensics_queries.rollback import Target
from forensics_queries.things import things

__all__ = ["Link", "Neighbourhood", "Node", "happened_to", "neighbourhood"]

#: So many versions are followed at most, the most urgent first; a picture of more could not be read.
MOST = 600

_UP = (EdgeKind.USED, EdgeKind.GENERATED, EdgeKind.IMPORTED, EdgeKind.PART, EdgeKind.DECLARED)
_TO_GO_BACK_TO = frozenset({"restore", "keep", "unproved"})
_DRAWN = frozenset({NodeKind.VERSION.value, NodeKind.EXECUTION.value})
_SETTINGS = frozenset({ArtifactKind.CODE.value, ArtifactKind.PARAMS.value})
_ORDER = tuple(Strength)


@dataclass(frozen=True, slots=True)
class Node:
    """One thing of the incident.

    Attributes:
        thing: what it is; versions and runs, and whatever is bad itself.
        verdict: ``affected``, ``unknown`` or ``clear``; empty where nobody asked.
        role: ``source`` for what is bad or suspect itself, ``target`` for what to go back to, else empty.
        live: the stages and environments in which it is live.
        releases: its releases.
    """

    thing: Thing
    verdict: str
    role: str = ""
    live: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """One influence between two nodes, by their ids; bytes between two versions are left out.

    Attributes:
        known: the strength of the weakest step that it stands for.
        words: what kind of influence it is; empty where the kinds of the nodes say it.
    """

    cause: int
    effect: int
    known: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The graph of an incident.

    Attributes:
        nodes: by their ids.
        links: by cause and effect.
        left_out: how many affected or unknown versions are not among the nodes.
        settings: how many clean versions of code and parameters are not among the nodes.
    """

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    left_out: int = 0
    settings: int = 0


def neighbourhood(
    case: Case,
    affected: Sequence[Affected],
    targets: Iterable[Target] = (),
    origins: Iterable[Blamed] = (),
    subjects: Sequence[str] = (),
    *,
    as_of: str | None = None,
) -> Neighbourhood:
    """Gathers what a picture of an incident shows.

    Args:
        case: the case.
        affected: the rows of ``blast_radius``, of the same subjects and moment; those at the end are left out first,
            and those that only observations speak against always.
        targets: what to go back to, of ``rollback``; those that keep or restore a version are shown.
        origins: the commits that brought what is bad itself.
        subjects: SUBJECTs that are taken as bad beside the standing marks.
        as_of: a revision or a time.

    Returns:
        Versions and runs that are not clear, what is bad itself and the commits that brought it, the clean data that
        all these used, and the targets with the runs that made them and their data.

    Raises:
        UsageError: there is nothing to start from, or a subject cannot be told.
    """
    judgement, start, when = judged(case, subjects, as_of, or_observed=True)
    affected = [row for row in affected if row.path]
    shown = affected[:MOST]
    links: dict[tuple[int, int], str] = {}
    core = {row.thing.id for row in shown}
    seeds, sources = {seed.node for seed in start.seeds}, set[int]()
    for row in shown:
        chain = _contract(row, links)
        core.update(chain)
        if row.path[0].thing.id in seeds:
            sources.add(chain[0])
    if len(shown) == len(affected):
        core.update(node for node in judgement.reached(NodeKind.EXECUTION) if when.stood(node))
    for origin in origins:
        if origin.thing.id in sources and origin.action == "introduced":
            core.add(origin.commit.id)
            _join(links, origin.commit.id, origin.thing.id, origin.known)
    chosen = {target.thing.id: target.releases for target in targets if target.outcome in _TO_GO_BACK_TO}
    makers = {maker for target in chosen for maker, _ in judgement.lineage.causes(target, *_UP)}
    upper: set[int] = set()
    for node in sorted({*core, *chosen, *makers}):
        for cause, strength in judgement.lineage.causes(node, *_UP):
            if cause in core or (when.stood(cause) and judgement.level(cause) is Level.CLEAR):
                upper.add(cause)
                _join(links, cause, node, strength.value)
    names = things(case, {*core, *chosen, *makers, *upper})
    rows = {row.thing.id: row for row in affected}
    plain = {
        node
        for node, thing in names.items()
        if node not in core and node not in chosen and (thing.kind not in _DRAWN or thing.artifact_kind in _SETTINGS)
    }
    nodes = tuple(
        Node(
            names[node],
            judgement.level(node).name.lower(),
            "source" if node in sources else "target" if node in chosen else "",
            rows[node].stages if node in rows else (),
            rows[node].releases if node in rows else chosen.get(node, ()),
        )
        for node in sorted(names.keys() - plain)
    )
    kept = {node.thing.id for node in nodes}
    found = tuple(
        Link(*pair, known) for pair, known in sorted(links.items()) if pair[0] != pair[1] and kept.issuperset(pair)
    )
    return Neighbourhood(nodes, found, len(affected) - len(shown), len(plain))


def happened_to(case: Case, graph: Neighbourhood) -> frozenset[int]:
    """The nodes whose times tell the story of an incident.

    What is not clear, what is bad itself and what to go back to; the commits at which these first stand on record; and
    their releases.
    """
    lineage = Lineage(case)
    told = [node.thing.id for node in graph.nodes if node.role or node.verdict != Level.CLEAR.name.lower()]
    commits = (commit for node in told for commit in lineage.places(node))
    releases = (release for node in told for release, _ in lineage.effects(node, EdgeKind.RELEASED))
    return frozenset((*told, *commits, *releases))


def _contract(row: Affected, links: dict[tuple[int, int], str]) -> list[int]:
    """The nodes of an explaining path without the bytes of versions on it, which to people are one with the version.

    Bytes stand for themselves where the path begins with those of a file that only directories hold.
    """
    kept: list[int] = []
    weakest: list[str] = []
    for step, after in zip(row.path, (*row.path[1:], None), strict=True):
        weakest += [step.strength] if step.strength else []
        if step.thing.kind == NodeKind.CONTENT.value and (kept or _is_of(step, after)):
            continue
        if kept:
            _join(links, kept[-1], step.thing.id, max(weakest, key=_rank, default=Strength.RECORDED.value))
        kept.append(step.thing.id)
        weakest = []
    return kept


def _is_of(bytes_: Step, after: Step | None) -> bool:
    """Whether a step leads from bytes to a version that has them."""
    return after is not None and after.edge == EdgeKind.CONTENT.value and after.thing.digest == bytes_.thing.digest


def _join(links: dict[tuple[int, int], str], cause: int, effect: int, known: str) -> None:
    """Keeps the best that is known of an influence."""
    before = links.get((cause, effect))
    if before is None or _rank(known) < _rank(before):
        links[cause, effect] = known


def _rank(known: str) -> int:
    return _ORDER.index(Strength(known))
