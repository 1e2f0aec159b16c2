"""The commits at which things first came in, told from the graph alone."""

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from forensics.case.codes import PARENT, edge_codes, node_code
from forensics.graph import Graph, is_reachable
from forensics.graph.reach import Search
from forensics.localization.cone import gather
from forensics.model import EdgeKind, NodeKind, Strength

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Introductions"]

_CONTENT = edge_codes([EdgeKind.CONTENT], (Strength.RECORDED, Strength.MATCHED))


class Introductions:
    """Which commits brought contents, versions and runs in.

    Of all commits that introduced a version that holds some bytes, or a directory that lists them, those count that
    have no other of them among their ancestors: several only where parallel branches brought in the same.

    Attributes:
        commits: by node that was asked for: the commits that brought it in, ascending; none where no commit did.
        newest: by node: a number that is larger the later the last of these commits stands in an order in which
            parents stand before their children; -1 where there is none.
    """

    def __init__(self, graph: Graph, nodes: "NDArray[np.int32]") -> None:
        """Looks at some nodes of a graph, and at the ancestors of the commits that hold them alone.

        Args:
            graph: where they stand.
            nodes: contents, versions and executions, in any order (int32).
        """
        import numpy as np

        self.graph = graph
        self._descends: dict[tuple[int, int], bool] = {}
        kinds = np.frombuffer(self.graph.kinds, dtype=np.uint8)
        places = np.arange(len(nodes), dtype=np.int64)
        is_content = kinds[nodes] == node_code(NodeKind.CONTENT)
        # A content under its other digests, the directories that list any of them, and the versions that hold one.
        contents = _distinct(places[is_content], nodes[is_content])
        contents = _distinct(*_joined(contents, self._step(*contents, _CONTENT, NodeKind.CONTENT)))
        listing = self._step(*contents, edge_codes([EdgeKind.MEMBER]), NodeKind.CONTENT)
        contents = _distinct(*_joined(contents, listing))
        holding = self._step(*contents, _CONTENT, NodeKind.VERSION)
        others = (places[~is_content], nodes[~is_content].astype(np.int32))
        standing = _distinct(*_joined(holding, others))
        brought = edge_codes([EdgeKind.INTRODUCED, EdgeKind.RECORDED])
        owners, commits = _distinct(*self._step(*standing, brought, NodeKind.COMMIT, backward=True))
        self._known = np.unique(commits)
        self.commits = self._earliest(len(nodes), owners, commits)
        counts = np.fromiter(map(len, self.commits), dtype=np.intp, count=len(nodes))
        brought_by = np.fromiter(chain.from_iterable(self.commits), dtype=np.int32, count=int(counts.sum()))
        self.newest = np.full(len(nodes), -1, dtype=np.int32)
        np.maximum.at(self.newest, np.repeat(np.arange(len(nodes)), counts), self._ranks[brought_by])

    def _step(
        self,
        owners: "NDArray[np.int64]",
        nodes: "NDArray[np.int32]",
        codes: frozenset[int],
        kind: NodeKind,
        *,
        backward: bool = False,
    ) -> "tuple[NDArray[np.int64], NDArray[np.int32]]":
        """Neighbours of one kind by some edges, each with the owner of the node that it was reached from."""
        import numpy as np

        if not len(nodes):
            return owners, nodes
        wanted = np.zeros(self.graph.nodes, dtype=np.bool_)
        wanted[nodes] = True
        distinct = np.flatnonzero(wanted).astype(np.int32)
        place = np.empty(self.graph.nodes, dtype=np.int32)
        place[distinct] = np.arange(len(distinct), dtype=np.int32)
        heads, targets, found = gather(self.graph.reverse if backward else self.graph.forward, distinct)
        flags = np.zeros(256, dtype=np.bool_)
        flags[list(codes)] = True
        kept = flags[found] & (np.frombuffer(self.graph.kinds, dtype=np.uint8)[targets] == node_code(kind))
        heads, targets = heads[kept], targets[kept]
        each = np.bincount(heads, minlength=len(distinct))
        counts = each[place[nodes]]
        begins = (np.cumsum(each) - each)[place[nodes]]
        spread = np.repeat(begins - (np.cumsum(counts) - counts), counts) + np.arange(int(counts.sum()))
        return np.repeat(owners, counts), targets[spread]

    def _earliest(self, count: int, owners: "NDArray[np.int64]", commits: "NDArray[np.int32]") -> list[tuple[int, ...]]:
        """Of the commits of each owner those that descend from no other of them."""
        import numpy as np

        ranks, chains = self._ranks, self._chains
        by_rank = self._known[np.argsort(ranks[self._known])]
        pairs = np.sort(owners << 32 | np.searchsorted(ranks[by_rank], ranks[commits]))
        owners, commits = pairs >> 32, by_rank[pairs & 0xFFFFFFFF]
        found: list[tuple[int, ...]] = [()] * count
        # Nothing came in before the first of all. On one line of descent only the first counts: most end there.
        first = np.diff(owners, prepend=-1) != 0
        for owner, commit in zip(owners[first].tolist(), commits[first].tolist(), strict=True):
            found[owner] = (commit,)
        line = chains[commits]
        others = np.flatnonzero(line != np.repeat(line[first], np.diff(np.flatnonzero(np.append(first, True)))))
        key = owners[others] * len(ranks) + line[others]
        single = others[np.sort(np.unique(key, return_index=True)[1])]
        for owner, commit in zip(owners[single].tolist(), commits[single].tolist(), strict=True):
            if not any(self._is_ancestor(other, commit) for other in found[owner]):
                found[owner] = tuple(sorted((*found[owner], commit)))
        return found

    def _is_ancestor(self, first: int, later: int) -> bool:
        known = self._descends.get((first, later))
        if known is None:
            known = is_reachable(self.graph, first, later, rank=self._ranks.data, follow=frozenset({PARENT}))
            self._descends[first, later] = known
        return known

    @cached_property
    def _order(self) -> "tuple[NDArray[np.int32], NDArray[np.int32]]":
        """By node: the rank of a commit, and the line of descent that it is on; a line follows one child a commit.

        Of commits that are not looked at the rank is larger than that of any other.
        """
        import numpy as np

        search = Search(self.graph.reverse, self.graph.nodes, self._known.tolist(), follow=frozenset({PARENT}))
        search.advance()
        commits = np.sort(np.frombuffer(search.result().nodes, dtype=np.int32))
        heads, targets, codes = gather(self.graph.forward, commits)
        links = (codes == PARENT) & np.isin(targets, commits)
        begins = np.concatenate([[0], np.cumsum(np.bincount(heads[links], minlength=len(commits)))]).tolist()
        children = np.searchsorted(commits, targets[links])
        waiting = np.bincount(children, minlength=len(commits))
        after, ready, left = children.tolist(), np.flatnonzero(waiting == 0).tolist(), waiting.tolist()
        lines = list(range(len(commits)))
        started = bytearray(len(commits))
        for commit in ready:  # grows while it is walked
            taken = False
            for child in after[begins[commit] : begins[commit + 1]]:
                left[child] -= 1
                if not left[child]:
                    ready.append(child)
                if not taken and not started[child]:
                    started[child], taken = 1, True
                    lines[child] = lines[commit]
        ranks = np.full(self.graph.nodes, len(commits), dtype=np.int32)
        chains = np.zeros(self.graph.nodes, dtype=np.int32)
        ranks[commits[ready]] = np.arange(len(ready), dtype=np.int32)
        chains[commits] = commits[lines]
        return ranks, chains

    @property
    def _ranks(self) -> "NDArray[np.int32]":
        return self._order[0]

    @property
    def _chains(self) -> "NDArray[np.int32]":
        return self._order[1]


def _joined(
    first: "tuple[NDArray[np.int64], NDArray[np.int32]]", second: "tuple[NDArray[np.int64], NDArray[np.int32]]"
) -> "tuple[NDArray[np.int64], NDArray[np.int32]]":
    import numpy as np

    return np.concatenate([first[0], second[0]]), np.concatenate([first[1], second[1]])


def _distinct(owners: "NDArray[np.int64]", nodes: "NDArray[np.int32]") -> "tuple[NDArray[np.int64], NDArray[np.int32]]":
    """Pairs, each once, by owner and node."""
    import numpy as np

    # Sorted: the hashing that np.unique does by itself is slow on such keys, which differ mostly in their high bits.
    pairs = np.sort((owners.astype(np.int64) << 32) | nodes)
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]
    return pairs >> 32, (pairs & 0xFFFFFFFF).astype(np.int32)
