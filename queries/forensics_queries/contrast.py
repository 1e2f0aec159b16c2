"""What differs between two pedigrees: pairs of nodes that take one place, and whether the cause lies further up."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

from forensics.model import EdgeKind, NodeKind, Strength
from forensics_queries.parameters import Key, differing
from forensics_queries.pedigree import Pedigree, Pedigrees

__all__ = ["Contrast", "Pair"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two nodes that take the same place; None on the side that has nothing there.

    Attributes:
        change: ``added``, ``removed``, ``replaced``, ``other-producer`` or ``unknown``.
        follows: what it was made from differs as well.
        keys: where it is of two runs for their settings alone, which of these differ.
        reason: a word for what is odd about it: ``same-inputs``, ``other-algorithm``, ``no-digest``.
    """

    old: int | None
    new: int | None
    change: str
    follows: bool = False
    reason: str = ""
    keys: tuple[Key, ...] = ()

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """The nodes that are there, each with its side: 0 for the old one, 1 for the new one."""
        return ((side, node) for side, node in enumerate((self.old, self.new)) if node is not None)


class Contrast:
    """Compares two pedigrees, place by place.

    Args:
        pedigrees: where both came from.
        old, new: the two.

    Attributes:
        assumed: how many versions are known by digests of other algorithms on the two sides and were taken for the
            same bytes.
    """

    def __init__(self, pedigrees: Pedigrees, old: Pedigree, new: Pedigree) -> None:
        self.old, self.new = old, new
        self.assumed = 0
        self._facts = pedigrees.facts
        self._lineage = pedigrees.lineage
        self._settings = pedigrees.settings
        self._versions = self._matched(self._is_compared)
        self._runs = self._matched(lambda node: self._kind(node) is NodeKind.EXECUTION, keep=True)
        self._commits = self._matched(lambda node: self._kind(node) is NodeKind.COMMIT)
        self._partner: dict[int, int] = {}
        for before, after in self._runs:
            if before is not None and after is not None:
                self._partner |= {before: after, after: before}
        self._commands = list(dict.fromkeys(self._changed_commands()))
        compared = (*self._versions, *self._commits, *self._commands)
        shared = old.depth.keys() & new.depth.keys()
        self._differing = {node for pair in compared for node in pair if node is not None} - shared

    def pairs(self) -> Iterator[Pair]:
        """All that differs: versions, commands, checked-out commits, settings, and runs where no version says it."""
        for before, after in self._versions:
            yield self._of_versions(before, after)
        for before, after in (*self._commands, *self._commits):
            yield Pair(before, after, _change(before, after))
        for before, after in self._runs:
            if before is None or after is None:
                yield Pair(before, after, _change(before, after))
                continue
            keys = self._keys(before, after)
            if keys:
                yield Pair(before, after, "replaced", keys=keys)
            if before != after and self._made(self.old, before) & self._made(self.new, after):
                yield Pair(before, after, "other-producer", self._reads_otherwise(before))

    def _is_compared(self, node: int) -> bool:
        fact = self._facts.get(node)
        return fact is not None and not fact.is_command and not self._is_pointer(node)

    def _is_pointer(self, node: int) -> bool:
        return any(pedigree.is_pointer(node, self._facts) for pedigree in (self.old, self.new))

    def _kind(self, node: int) -> NodeKind:
        return self._lineage.kind(node)

    def _matched(self, wanted: Callable[[int], bool], *, keep: bool = False) -> list[tuple[int | None, int | None]]:
        """Nodes of one side only, nearest with nearest in each place.

        Args:
            wanted: which nodes.
            keep: nodes of both sides too, as pairs of themselves.
        """
        places: dict[str, tuple[list[int], list[int]]] = {}
        for side, pedigree in enumerate((self.old, self.new)):
            for node in filter(wanted, pedigree.depth):
                places.setdefault(pedigree.slots[node], ([], []))[side].append(node)
        found: list[tuple[int | None, int | None]] = []
        for slot in sorted(places):
            before, after = places[slot]
            both = set(before) & set(after)
            found += [(node, node) for node in sorted(both) if keep]
            # What is asked about is compared with each other, though one may be among the causes of the other.
            roots = [set(nodes) & set(side.view.roots) for nodes, side in ((before, self.old), (after, self.new))]
            asked = list(zip(sorted(roots[0] - roots[1]), sorted(roots[1] - roots[0]), strict=False))
            gone = self._nearest(self.old, set(before) - both - {node for node, _ in asked})
            come = self._nearest(self.new, set(after) - both - {node for _, node in asked})
            gone, come = self._without_equals(gone, come)
            found += [pair for pair in asked if self._without_equals([pair[0]], [pair[1]]) != ([], [])]
            found += zip_longest(gone, come)
        return found

    def _nearest(self, pedigree: Pedigree, nodes: Iterable[int]) -> list[int]:
        return sorted(nodes, key=lambda node: (pedigree.depth[node], node))

    def _without_equals(self, gone: list[int], come: list[int]) -> tuple[list[int], list[int]]:
        """Leaves out what has the same bytes on the other side, one for one."""
        waiting: dict[int, list[int]] = {}
        for node in reversed(come):
            fact = self._facts.get(node)
            if fact is not None and fact.content is not None:
                waiting.setdefault(fact.content, []).append(node)
        left, met = [], set[int]()
        for node in gone:
            fact = self._facts.get(node)
            known = {} if fact is None or fact.content is None else dict(self._lineage.equals(fact.content))
            if fact is not None and fact.content is not None:
                known = {fact.content: Strength.MATCHED, **known}
            twin = next((content for content in known if waiting.get(content)), None)
            if twin is None:
                left.append(node)
            else:
                met.add(waiting[twin].pop())
                self.assumed += known[twin] is Strength.ASSUMED
        return left, [node for node in come if node not in met]

    def _changed_commands(self) -> Iterator[tuple[int | None, int | None]]:
        for before, after in self._runs:
            if before is not None and after is not None and before != after:
                gone = self._commands_of(self.old, before)
                come = self._commands_of(self.new, after)
                yield from zip_longest(sorted(gone - come), sorted(come - gone))

    def _commands_of(self, pedigree: Pedigree, run: int) -> set[int]:
        read = (node for node, _ in pedigree.causes[run])
        return {node for node in read if node in self._facts and self._facts[node].is_command}

    def _made(self, pedigree: Pedigree, run: int) -> set[int]:
        """What a run made that both sides hold."""
        made = {node for node, _ in self._lineage.effects(run, EdgeKind.GENERATED)}
        return {node for node in made if (run, EdgeKind.GENERATED) in pedigree.causes.get(node, ())}

    def _of_versions(self, before: int | None, after: int | None) -> Pair:
        if before is None or after is None:
            return Pair(before, after, _change(before, after), self._follows(before) or self._follows(after))
        facts = self._facts[before], self._facts[after]
        # Where one of them was put there by hand, nothing upstream explains it.
        made = [bool(pedigree.causes[node]) for pedigree, node in ((self.old, before), (self.new, after))]
        follows = all(made) and (self._follows(before) or self._follows(after))
        algorithms = {fact.digest.partition(":")[0] for fact in facts}
        if "" in algorithms:
            return Pair(before, after, "unknown", follows, "no-digest")
        if len(algorithms) > 1:
            return Pair(before, after, "unknown", follows, "other-algorithm")
        runs = [self._runs_of(pedigree, node) for pedigree, node in ((self.old, before), (self.new, after))]
        return Pair(before, after, "replaced", follows, "same-inputs" if all(runs) and not follows else "")

    def _runs_of(self, pedigree: Pedigree, node: int) -> list[int]:
        return [maker for maker, kind in pedigree.causes[node] if kind is EdgeKind.GENERATED]

    def _follows(self, node: int | None) -> bool:
        """Whether what a version was made by, or taken from, differs on record."""
        if node is None:
            return False
        seen = {node}
        waiting = [node]
        while waiting:
            for maker, kind in self._causes(waiting.pop()):
                if kind is EdgeKind.GENERATED and self._reads_otherwise(maker):
                    return True
                # A part says nothing of its own, nor does an address: they follow where what they are of does.
                passes = kind is EdgeKind.PART or self._is_pointer(maker)
                # What is outside all sources has no listing: its copy says more than it does itself.
                known = maker in self._facts and (self._facts[maker].source or self._facts[maker].content is not None)
                if kind is not EdgeKind.GENERATED and not passes and known and maker in self._differing:
                    return True
                if passes and maker not in seen:
                    seen.add(maker)
                    waiting.append(maker)
        return False

    def _reads_otherwise(self, run: int) -> bool:
        """Whether a run, or the one that takes its place on the other side, read anything that differs."""
        partner = self._partner.get(run)
        if partner is None or self._keys(run, partner):
            return True
        return any(node in self._differing for one in (run, partner) for node, _ in self._causes(one))

    def _keys(self, run: int, other: int) -> tuple[Key, ...]:
        return tuple(differing(self._settings.get(run, {}), self._settings.get(other, {})))

    def _causes(self, node: int) -> Iterator[tuple[int, EdgeKind]]:
        for pedigree in (self.old, self.new):
            yield from pedigree.causes.get(node, ())


def _change(before: int | None, after: int | None) -> str:
    return "added" if before is None else "removed" if after is None else "replaced"
