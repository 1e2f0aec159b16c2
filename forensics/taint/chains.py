"""The chains that verdicts and traces rest on, many at once: those of a long warm start share most of their nodes."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from forensics.model import NodeKind, Strength
from forensics.taint.level import State

if TYPE_CHECKING:
    from forensics.graph import Reach
    from forensics.taint import Judgement
    from forensics.taint.lineage import Lineage

__all__ = ["LONGEST", "Accusations", "Chains", "Steps"]

#: A chain of more nodes is told by its ends.
LONGEST = 64
_END = 16
_ORDER = tuple(Strength)

S = TypeVar("S")


class _Begun(NamedTuple):
    """What the chain up to a state is, as far as those that go on from it need to know."""

    length: int
    first: tuple[int, ...]
    weakest: int
    part: int


class Chains(ABC, Generic[S]):
    """Shortest chains to nodes, one state after the other.

    All of them together take time and space that grow with the distinct states on them, though the chain to the n-th
    link of a warm start has n others in it.
    """

    def __init__(self, lineage: "Lineage") -> None:
        self._lineage = lineage
        self._begun: dict[S, _Begun] = {}

    @abstractmethod
    def _last(self, node: int) -> S | None:
        """The state in which the chain ends at a node; None where no chain leads there."""

    @abstractmethod
    def _before(self, state: S) -> S | None:
        """The state before another; None at the beginning."""

    @abstractmethod
    def _nodes(self, state: S) -> Iterable[int]:
        """The nodes that a state adds to the chain, in its order; negative ones are none."""

    def _is_part(self, _node: int) -> bool:
        """Whether a node is a directory content of which only a part is bad."""
        return False

    def nodes(self, node: int) -> list[int]:
        """The nodes from where it begins to a node.

        Returns:
            Empty where no chain leads there. Of more than ``LONGEST`` nodes the first and the last, with a negative
            number between them that says how many are left out.
        """
        state = self._last(node)
        if state is None:
            return []
        begun = self._begin(state)
        if begun.length <= LONGEST:
            return self._end(state, begun.length)
        return [*begun.first, 2 * _END - begun.length, *self._end(state, _END)]

    def weakest(self, node: int) -> Strength:
        """How the weakest step of the whole chain is known; ``recorded`` where it has none."""
        state = self._last(node)
        return Strength.RECORDED if state is None else _ORDER[self._begin(state).weakest]

    def part(self, node: int) -> int | None:
        """The last directory content on the chain of which only a part is bad."""
        state = self._last(node)
        found = -1 if state is None else self._begin(state).part
        return None if found < 0 else found

    def _end(self, state: S, count: int) -> list[int]:
        nodes: list[int] = []
        for node in self._backwards(state):
            nodes.append(node)
            if len(nodes) == count:
                break
        return nodes[::-1]

    def _backwards(self, state: S | None) -> Iterator[int]:
        after = -1
        while state is not None:
            for node in reversed([*self._nodes(state)]):
                if node >= 0 and node != after:
                    yield node
                    after = node
            state = self._before(state)

    def _begin(self, state: S) -> _Begun:
        waiting: list[S] = []
        at: S | None = state
        while at is not None and at not in self._begun:
            waiting.append(at)
            at = self._before(at)
        begun, last = _Begun(0, (), 0, -1), -1
        if at is not None:
            begun, last = self._begun[at], [*self._nodes(at)][-1]
        for one in reversed(waiting):
            for node in self._nodes(one):
                if node >= 0 and node != last:
                    begun = self._longer(begun, last, node)
                    last = node
            self._begun[one] = begun
        return begun

    def _longer(self, begun: _Begun, last: int, node: int) -> _Begun:
        first = begun.first if len(begun.first) == _END else (*begun.first, node)
        weakest = begun.weakest if last < 0 else max(begun.weakest, self._known(last, node))
        return _Begun(begun.length + 1, first, weakest, node if self._is_part(node) else begun.part)

    def _known(self, one: int, other: int) -> int:
        """How the best known edge between two neighbours is known, by its place among the strengths."""
        found = self._lineage.between(one, other) or self._lineage.between(other, one)
        return min(map(_ORDER.index, found), default=0)


class Accusations(Chains[State]):
    """From a seed, or from a gap, to whatever is not clear."""

    def __init__(self, judgement: "Judgement") -> None:
        super().__init__(judgement.lineage)
        self._judgement = judgement

    def _last(self, node: int) -> State | None:
        found = self._judgement.spread.cause(node)
        return None if found is None else found[0]

    def _before(self, state: State) -> State | None:
        return self._judgement.spread.causes[state].before

    def _nodes(self, state: State) -> Iterable[int]:
        return self._judgement.spread.causes[state].via, state[0]

    def _is_part(self, node: int) -> bool:
        return self._lineage.kind(node) is NodeKind.CONTENT and self._judgement.is_part(node)


class Steps(Chains[int]):
    """From the seeds of a search to what it reached."""

    def __init__(self, lineage: "Lineage", reach: "Reach") -> None:
        super().__init__(lineage)
        self._reach = reach

    def _last(self, node: int) -> int | None:
        return node if node in self._reach else None

    def _before(self, state: int) -> int | None:
        return self._reach.parent(state)

    def _nodes(self, state: int) -> Iterable[int]:
        return (state,)
