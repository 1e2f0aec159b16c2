"""The graph in the words of the rules: suppliers, consumers, holders, members, and places in history."""

from functools import cache
from typing import TYPE_CHECKING

from forensics.case.codes import NODE_KINDS, PARENT, edge_kind, edge_strength
from forensics.model import EdgeKind, NodeKind, Strength
from forensics.taint.level import CERTAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forensics.case import Case
    from forensics.graph import Graph

__all__ = ["Lineage", "Link"]

#: A neighbour and how the edge to it is known.
Link = tuple[int, Strength]

_CODES = range(256)
_KINDS = [edge_kind(code) if code < PARENT and code & 7 < len(Strength) else None for code in _CODES]
_STRENGTHS = [edge_strength(code) if code & 7 < len(Strength) else Strength.ASSUMED for code in _CODES]
_SUPPLY = frozenset({EdgeKind.GENERATED, EdgeKind.PART, EdgeKind.IMPORTED})
_USED_PATHS = """
SELECT DISTINCT e.effect, a.path FROM edge e JOIN version v ON v.id = e.cause JOIN artifact a ON a.id = v.artifact
WHERE e.kind = 'used' AND NOT starts_with(a.path, '$ ')
"""
_EVENT_TIMES = """
SELECT execution, min(time) FILTER (contains(type, 'OUTPUT')), max(time) FILTER (contains(type, 'INPUT'))
FROM event WHERE version = $version AND time > 0 GROUP BY execution ORDER BY execution
"""


@cache
def _flags(kinds: tuple[EdgeKind, ...]) -> bytes:
    """One byte a code: whether it is of one of some kinds."""
    return bytes(_KINDS[code] in kinds for code in _CODES)


class Lineage:
    """Read-only access to one state of a case's graph, a neighbourhood at a time.

    Attributes:
        case: the case.
        graph: its graph.
    """

    def __init__(self, case: "Case", graph: "Graph | None" = None) -> None:
        self.case = case
        self.graph = graph if graph is not None else case.graph()
        self._places: dict[int, tuple[int, ...]] = {}
        self._released: dict[int, int] | None = None
        self._ordinals: dict[tuple[int, int], list[int]] | None = None
        self._used: dict[int, frozenset[str]] | None = None
        self._times: dict[int, dict[int, tuple[int | None, int | None]]] = {}

    def kind(self, node: int) -> NodeKind:
        """The kind of a node."""
        return NODE_KINDS[self.graph.kinds[node]]

    def effects(self, node: int, *kinds: EdgeKind) -> list[Link]:
        """What a node leads to by edges of some kinds."""
        flags = _flags(kinds)
        targets, codes = self.graph.forward.neighbours(node)
        return [(target, _STRENGTHS[code]) for target, code in zip(targets, codes, strict=True) if flags[code]]

    def causes(self, node: int, *kinds: EdgeKind) -> list[Link]:
        """What leads to a node by edges of some kinds."""
        flags = _flags(kinds)
        targets, codes = self.graph.reverse.neighbours(node)
        return [(target, _STRENGTHS[code]) for target, code in zip(targets, codes, strict=True) if flags[code]]

    def steps(self, node: int) -> "list[tuple[int, EdgeKind | None, Strength]]":
        """All edges that leave a node: where to, of which kind (None between commits), and how known."""
        targets, codes = self.graph.forward.neighbours(node)
        return [(target, _KINDS[code], _STRENGTHS[code]) for target, code in zip(targets, codes, strict=True)]

    def between(self, cause: int, effect: int) -> list[Strength]:
        """How the edges from one node to another are known; looked for at the end that has fewer."""
        targets, codes = self.graph.forward.neighbours(cause)
        wanted = effect
        origins, back = self.graph.reverse.neighbours(effect)
        if len(origins) < len(targets):
            targets, codes, wanted = origins, back, cause
        return [_STRENGTHS[code] for target, code in zip(targets, codes, strict=True) if target == wanted]

    def is_version(self, node: int) -> bool:
        """Whether a node is a version."""
        return self.graph.kinds[node] == _VERSION

    def content(self, version: int) -> int | None:
        """The content of a version, where it has one that joins anything."""
        for node, _ in self.effects(version, EdgeKind.CONTENT):
            return node
        return None

    def holders(self, content: int) -> "Iterator[int]":
        """Versions that have a content."""
        return (node for node, _ in self.effects(content, EdgeKind.CONTENT) if self.is_version(node))

    def equals(self, content: int) -> "Iterator[Link]":
        """Other digests of the same bytes."""
        return (link for link in self.effects(content, EdgeKind.CONTENT) if not self.is_version(link[0]))

    def same(self, content: int) -> list[int]:
        """A content under all digests that are known for certain to be of its bytes, itself first."""
        found = [content]
        for node in found:
            found += [twin for twin, strength in self.equals(node) if strength in CERTAIN and twin not in found]
        return found

    def directories(self, content: int) -> "Iterator[int]":
        """Directory contents that have a content as a member."""
        return (node for node, _ in self.effects(content, EdgeKind.MEMBER))

    def members(self, directory: int) -> "Iterator[int]":
        """Member contents of a directory content."""
        return (node for node, _ in self.causes(directory, EdgeKind.MEMBER))

    def supplies(self, version: int) -> tuple[list[Link], list[Link]]:
        """What a version was made by or read out of, on record; and the commits that introduced it."""
        suppliers: list[Link] = []
        introducers: list[Link] = []
        targets, codes = self.graph.reverse.neighbours(version)
        for target, code in zip(targets, codes, strict=True):
            kind = _KINDS[code]
            if kind in _SUPPLY:
                suppliers.append((target, _STRENGTHS[code]))
            elif kind is EdgeKind.INTRODUCED:
                introducers.append((target, _STRENGTHS[code]))
        return suppliers, introducers

    def suppliers(self, version: int) -> list[Link]:
        """What a version was made by or read out of, on record."""
        return self.supplies(version)[0]

    def wholes(self, version: int) -> list[int]:
        """Versions of directories that a version was read out of."""
        return [whole for whole, _ in self.causes(version, EdgeKind.PART)]

    def is_made(self, version: int) -> bool:
        """Whether something on record made a version, or a directory that it was read out of.

        A run counts however it is known; an address where it may have been taken from is no proof that it was.
        """
        wholes = self.wholes(version)
        makers = [
            node
            for node, strength in self.suppliers(version)
            if node not in wholes and (strength in CERTAIN or self.kind(node) is NodeKind.EXECUTION)
        ]
        return bool(makers) or any(map(self.is_made, wholes))

    def released(self, release: int) -> list[int]:
        """The versions that a release gave a name to."""
        return [version for version, _ in self.causes(release, EdgeKind.RELEASED)]

    def places(self, node: int) -> tuple[int, ...]:
        """The commits at which a node first stands on record; none for what no commit holds."""
        found = self._places.get(node)
        if found is None:
            kind = self.kind(node)
            if kind is NodeKind.COMMIT:
                found = (node,)
            elif kind is NodeKind.RELEASE:
                commit = self.release_commits.get(node)
                found = () if commit is None else (commit,)
            elif kind is NodeKind.ACTOR:
                found = tuple(commit for commit, _ in self.effects(node, EdgeKind.AUTHORED))
            elif kind is NodeKind.CONTENT:
                found = self._content_places(node)
            else:
                found = tuple(commit for commit, _ in self.causes(node, EdgeKind.RECORDED, EdgeKind.INTRODUCED))
                if kind is NodeKind.VERSION:
                    found = tuple(dict.fromkeys((*found, *self._mentions(node))))
            self._places[node] = found
        return found

    def _mentions(self, version: int) -> tuple[int, ...]:
        """A version stands on record where a run that made or used it does, though commits hold it later or never."""
        runs = [run for run, _ in self.causes(version, EdgeKind.GENERATED)]
        runs += [run for run, _ in self.effects(version, EdgeKind.USED)]
        return tuple(dict.fromkeys(commit for run in runs for commit in self.places(run)))

    def _content_places(self, content: int) -> tuple[int, ...]:
        """All commits at which a content appears, by itself, under another digest, or in a directory."""
        same = self.same(content)
        holding = [*same, *(directory for node in same for directory in self.directories(node))]
        versions = dict.fromkeys(version for node in holding for version in self.holders(node))
        return tuple(dict.fromkeys(commit for version in versions for commit in self.places(version)))

    def later_writers(self, version: int, consumer: int) -> frozenset[int]:
        """Runs whose events say that they wrote a version only after a consumer had read it: by claimed times."""
        times = self._event_times(version)
        read = times.get(consumer, (None, None))[1]
        if read is None:
            return frozenset()
        return frozenset(run for run, (written, _) in times.items() if written is not None and written > read)

    def _event_times(self, version: int) -> dict[int, tuple[int | None, int | None]]:
        """When each run first wrote a version, and when it last read it."""
        found = self._times.get(version)
        if found is None:
            rows = self.case.rows(_EVENT_TIMES, {"version": version})
            found = self._times[version] = {run: (written, read) for run, written, read in rows}
        return found

    @property
    def release_commits(self) -> dict[int, int]:
        """The commit of each release."""
        if self._released is None:
            self._released = dict(self.case.rows("SELECT id, git_commit FROM release ORDER BY id"))
        return self._released

    @property
    def parent_ordinals(self) -> dict[tuple[int, int], list[int]]:
        """By (child, parent): at which places among the child's parents that parent stands."""
        if self._ordinals is None:
            self._ordinals = {}
            for child, ordinal, parent in self.case.rows("SELECT child, ordinal, parent FROM parent ORDER BY ALL"):
                self._ordinals.setdefault((child, parent), []).append(ordinal)
        return self._ordinals

    def used_paths(self, execution: int) -> frozenset[str]:
        """The paths that a run names as its inputs."""
        if self._used is None:
            used: dict[int, set[str]] = {}
            for run, path in self.case.rows(_USED_PATHS):
                used.setdefault(run, set()).add(path)
            self._used = {run: frozenset(paths) for run, paths in used.items()}
        return self._used.get(execution, frozenset())

    def parents(self, commit: int) -> list[int]:
        """The parents of a commit, those beyond a shallow boundary too."""
        targets, codes = self.graph.reverse.neighbours(commit)
        return [targets[i] for i in range(len(targets)) if codes[i] == PARENT]

    def children(self, commit: int) -> list[int]:
        """The commits that name a commit as a parent."""
        targets, codes = self.graph.forward.neighbours(commit)
        return [targets[i] for i in range(len(targets)) if codes[i] == PARENT]


_VERSION = NODE_KINDS.index(NodeKind.VERSION)
