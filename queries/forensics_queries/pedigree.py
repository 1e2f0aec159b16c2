"""The whole lineage of some versions as one commit sees it: what ``diff`` compares.

Plain reach holds every run that ever made the same bytes. Here a version has the makers that stand at the commit: on
record in its ancestry, with inputs that it holds, and of these the newest.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from forensics.case import Case
from forensics.case.codes import PARENT, edge_codes, edge_kind, edge_strength
from forensics.digest import EMPTY
from forensics.graph import reach
from forensics.model import EdgeKind, NodeKind
from forensics.taint import Lineage, Order
from forensics.taint.level import CERTAIN
from forensics_queries.state import History, held_at
from forensics_queries.statement import rows

__all__ = ["Fact", "Pedigree", "Pedigrees", "View"]

#: What a version was made by or taken from, and what a run read.
_SUPPLY = frozenset(
    {
        EdgeKind.GENERATED,
        EdgeKind.PART,
        EdgeKind.MEMBER,
        EdgeKind.IMPORTED,
        EdgeKind.DECLARED,
        EdgeKind.USED,
        EdgeKind.CHECKED_OUT,
    }
)
_LONGEST = 64
_PIN = re.compile(r"@[0-9a-f]{40,64}(?![0-9a-f])")
#: Of these one may be as good as another, so that the commit has to decide.
_EITHER = (EdgeKind.GENERATED, EdgeKind.PART)


@dataclass(frozen=True, slots=True)
class View:
    """What is asked about.

    Attributes:
        roots: ids of versions.
        commits: the commits at which they are meant; none where nothing names one.
    """

    roots: tuple[int, ...]
    commits: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A version, for comparing it.

    Attributes:
        source: id of its source, 0 for what lies outside all.
        is_store: that source gives each state of a thing a row, and often an address, of its own.
        artifact, path, content, label: as in the case; ``content`` is None where the bytes are not known.
        digest: ``algorithm:value``; empty where the bytes are not known.
        nfiles: number of files of a directory whose listing is known, else None.
        in_parts: it is a directory.
    """

    source: int
    is_store: bool
    artifact: int
    path: str
    content: int | None
    label: str
    digest: str
    nfiles: int | None
    in_parts: bool

    @property
    def is_command(self) -> bool:
        """Whether it is the text of a command."""
        return self.path.startswith("$ ")

    @property
    def value(self) -> str:
        """The value of a parameter, the text of a command; else empty."""
        if self.is_command:
            return self.path.removeprefix("$ ")
        return self.label if self.digest.startswith("param:") else ""


@dataclass(slots=True)
class Pedigree:
    """The lineage of some roots.

    Attributes:
        view: what was asked about.
        depth: number of steps from each node to the nearest root.
        toward: the next node on that path.
        causes: what each node was made by, taken from or read, and by which kind of edge.
        consumers: the same from the other end.
        slots: the place in the lineage that each node takes: equal ones are compared with each other.
    """

    view: View
    depth: dict[int, int] = field(default_factory=dict)
    toward: dict[int, int] = field(default_factory=dict)
    causes: dict[int, tuple[tuple[int, EdgeKind], ...]] = field(default_factory=dict)
    consumers: dict[int, list[tuple[int, EdgeKind]]] = field(default_factory=dict)
    slots: dict[int, str] = field(default_factory=dict)

    def is_pointer(self, node: int, facts: Mapping[int, Fact]) -> bool:
        """Whether a node is but the address, without bytes of its own, by which something in the case was taken."""
        fact = facts.get(node)
        return fact is not None and not fact.source and fact.content is None and bool(self.causes.get(node))

    def path(self, node: int) -> list[int]:
        """The nodes from one of them to its nearest root."""
        found = [node]
        while found[-1] in self.toward:
            found.append(self.toward[found[-1]])
        return found


class Pedigrees:
    """Makes pedigrees of one case.

    Args:
        case: the case.
        views: all that will be asked about.

    Attributes:
        lineage, order, history: the graph and its commits.
        facts: every version that may be met.
        settings: named values of runs, where a store has them.
    """

    def __init__(self, case: Case, views: Iterable[View]) -> None:
        self.lineage = Lineage(case)
        self.order = Order(self.lineage)
        self.history = History.load(case)
        self._case = case
        self._twins: dict[int, list[int]] = {}
        met = self._meet({root for view in views for root in view.roots})
        self.facts = {node: Fact(*rest) for node, *rest in rows(case, "pedigree.facts", ids=met)}
        self._events = {(run, node): path for run, node, path in rows(case, "pedigree.events", ids=met)}
        self.settings: dict[int, dict[str, str]] = {}
        for run, name, value in rows(case, "pedigree.settings", ids=met):
            self.settings.setdefault(run, {})[name] = value
        self._homes = dict(rows(case, "pedigree.homes"))
        self._held: dict[int, dict[int, set[int]]] = {}
        self._asked: dict[View, tuple[int, ...]] = {}

    def of(self, view: View) -> Pedigree:
        """The lineage of some roots, breadth first; whatever the ids, the same for the same history."""
        found = Pedigree(view)
        for root in view.roots:
            found.depth[root] = 0
            found.slots[root] = self._slot(root, "")
        level = sorted(view.roots, key=lambda node: (found.slots[node], node))
        while level:
            met: list[int] = []
            for node in level:
                found.causes[node] = tuple(self._causes(view, node))
                for cause, kind in found.causes[node]:
                    found.consumers.setdefault(cause, []).append((node, kind))
                    if cause not in found.depth:
                        found.depth[cause] = found.depth[node] + 1
                        found.toward[cause] = node
                        found.slots[cause] = self._slot(cause, found.slots[node], node)
                        met.append(cause)
            level = sorted(met, key=lambda node: (found.slots[node], node))
        return found

    def commits(self, view: View, node: int) -> tuple[int, ...]:
        """The commits at which a node counts: those asked for in their own source, else where the node stands."""
        own = self.lineage.places(node)
        homes = {self._homes.get(commit) for commit in own}
        return tuple(commit for commit in self.asked(view) if self._homes.get(commit) in homes or not homes) or own

    def asked(self, view: View) -> tuple[int, ...]:
        """The commits that a view is of; where it names none, those at which its roots first stand."""
        if view not in self._asked:
            places = {place for root in view.roots for place in self.lineage.places(root)}
            self._asked[view] = view.commits or tuple(sorted(places))
        return self._asked[view]

    def newest(self, places: Iterable[int], commits: Collection[int]) -> list[int]:
        """Of some commits, those in the ancestry of others, or all if there are none; without what came before them.

        Args:
            places: ids of commits.
            commits: in whose ancestry they have to be; they count all where there are none.
        """
        rank = self.history.rank
        near = {place for place in places if not commits or self.order.within((place,), commits)}
        kept: list[int] = []
        for place in sorted(near, key=lambda commit: (-rank.get(commit, -1), commit)):
            if not self.order.within((place,), kept):
                kept.append(place)
        return kept

    def _meet(self, seeds: set[int]) -> list[int]:
        """All nodes that any commit may see upstream. Bytes join sources where a version has no maker on record."""
        graph = self.lineage.graph
        while True:
            found = reach(graph, sorted(seeds), backward=True, follow=edge_codes(_SUPPLY))
            nodes = sorted(found)
            twins = rows(self._case, "pedigree.twins", ids=nodes, empty=sorted(EMPTY))
            new = {twin for _, twin in twins} - set(nodes)
            if not new:
                for version, twin in twins:
                    self._twins.setdefault(version, []).append(twin)
                return nodes
            seeds |= new

    def _causes(self, view: View, node: int) -> list[tuple[int, EdgeKind]]:
        by_kind: dict[EdgeKind, list[int]] = {}
        supposed: list[int] = []
        targets, codes = self.lineage.graph.reverse.neighbours(node)
        for target, code in zip(targets, codes, strict=True):
            kind = edge_kind(code) if code < PARENT else None
            if kind is EdgeKind.IMPORTED and edge_strength(code) not in CERTAIN:
                supposed.append(target)
            elif kind in _SUPPLY and kind is not None:
                by_kind.setdefault(kind, []).append(target)
        for kind in _EITHER:
            if kind in by_kind:
                by_kind[kind] = self._standing(view, node, by_kind[kind])
        # Where something may have been taken from counts for what nothing on record made.
        by_kind = {kind: nodes for kind, nodes in by_kind.items() if nodes}
        if not by_kind and supposed:
            by_kind[EdgeKind.IMPORTED] = supposed
        if not by_kind and node in self._twins:
            by_kind[EdgeKind.CONTENT] = self._twins[node]
        return [(cause, kind) for kind in sorted(by_kind) for cause in sorted(set(by_kind[kind]))]

    def _standing(self, view: View, version: int, makers: list[int]) -> list[int]:
        """Of those that may have made a version, the ones that stand at the commit; none where it stood without."""
        commits = self.commits(view, version)
        if not commits:
            return makers
        places = {maker: self.lineage.places(maker) for maker in makers}
        near = [maker for maker in makers if not places[maker] or self.order.within(places[maker], commits)]
        introduced = [commit for commit, _ in self.lineage.causes(version, EdgeKind.INTRODUCED)]
        if not near and not self.order.within(introduced, commits):
            near = makers
        if len(near) > 1:
            near = [maker for maker in near if all(self._holds(commit, maker) for commit in commits)] or near
        if len(near) > 1:
            newest = set(self.newest((place for maker in near for place in places[maker]), commits))
            near = [maker for maker in near if not newest.isdisjoint(places[maker])] or near
        return near

    def _holds(self, commit: int, maker: int) -> bool:
        """Whether a commit holds what a run read, or the directory itself, as far as commits hold such things."""
        if commit not in self._held:
            artifacts = sorted({fact.artifact for fact in self.facts.values()})
            self._held[commit] = {}
            for (artifact, _), version in held_at(self._case, commit, artifacts, history=self.history).items():
                self._held[commit].setdefault(artifact, set()).add(version)
        held = self._held[commit]
        is_run = self.lineage.kind(maker) is NodeKind.EXECUTION
        needed = [node for node, _ in self.lineage.causes(maker, EdgeKind.USED)] if is_run else [maker]
        known = [node for node in needed if node in self.facts and self.facts[node].artifact in held]
        return all(node in held[self.facts[node].artifact] for node in known)

    def _slot(self, node: int, slot: str, consumer: int = -1) -> str:
        fact = self.facts.get(node)
        if fact is None:
            return _within(slot, ">")
        if fact.is_store:
            return _within(slot, f"<{self._events.get((consumer, node), '')}")
        # An address that names a revision is another artifact at each.
        return f"{fact.artifact}" if fact.source else _PIN.sub("@", fact.path)


def _within(slot: str, step: str) -> str:
    """A place one step further up; where the way is long, a digest of it, so that it stays short."""
    slot += step
    return (
        slot if len(slot) <= _LONGEST else blake2b(slot.encode(errors="backslashreplace"), digest_size=16).hexdigest()
    )
