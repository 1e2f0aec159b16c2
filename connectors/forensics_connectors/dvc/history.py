"""State along a history: handed from a commit to its last child, copied only where the history branches."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

__all__ = ["Relay", "look_up"]

State = TypeVar("State")
Value = TypeVar("Value")


class _Box(Generic[State]):
    """A state, and how many children still to come will ask for it."""

    __slots__ = ("state", "users")

    def __init__(self, state: State) -> None:
        self.state = state
        self.users = 0


class Relay(Generic[State]):
    """The state of each commit, for as long as one of its children is still to come.

    A commit that changes nothing shares its first parent's state. One that does gets it for itself if nobody else
    will ask for it, else a copy. So memory and time follow the changes and the branches, not commits times state.

    Args:
        parents: for each commit the positions of its parents, all smaller than its own.
        empty: makes the state before a root commit.
        copy: copies a state.
    """

    def __init__(
        self, parents: Sequence[Sequence[int]], empty: Callable[[], State], copy: Callable[[State], State]
    ) -> None:
        self._parents = parents
        self._empty = empty
        self._copy = copy
        self._waiting = [0] * len(parents)
        for above in parents:
            for parent in above:
                self._waiting[parent] += 1
        self._boxes: dict[int, _Box[State]] = {}

    def before(self, position: int, ordinal: int) -> State:
        """The state at one parent of the commit whose turn it is: to be read before ``enter``, not to be changed."""
        return self._boxes[self._parents[position][ordinal]].state

    def enter(self, position: int, *, changes: bool) -> State:
        """Moves on to a commit, in the order of positions, and returns the state of its first parent.

        Args:
            position: of the commit.
            changes: the caller turns it into the state of this commit; else it is only read.
        """
        above = self._parents[position]
        box = self._boxes[above[0]] if above else _Box(self._empty())
        for parent in above:
            self._boxes[parent].users -= 1
            self._waiting[parent] -= 1
            if not self._waiting[parent]:
                del self._boxes[parent]
        if changes and box.users:
            box = _Box(self._copy(box.state))
        if self._waiting[position]:
            box.users += self._waiting[position]
            self._boxes[position] = box
        return box.state


def look_up(
    parents: Sequence[Sequence[int]],
    changes: Callable[[int], Iterable[tuple[str, Value | None]]],
    demands: Mapping[int, Iterable[str]],
) -> dict[tuple[int, str], Value]:
    """Says what commits hold at paths, in one pass over the history.

    Args:
        parents: for each commit the positions of its parents, all smaller than its own.
        changes: for each position what differs from its first parent (from nothing for a root): (path, what it
            holds or None). Only paths that are demanded somewhere are heeded.
        demands: the paths to look up, by position.

    Returns:
        What is held, by (position, path); nothing for a path that holds nothing.
    """
    answers: dict[tuple[int, str], Value] = {}
    if not demands:
        return answers
    wanted = {path for paths in demands.values() for path in paths}
    last = max(demands)
    relay: Relay[dict[str, Value]] = Relay(parents, dict, dict.copy)
    for position in range(last + 1):
        heeded = [(path, value) for path, value in changes(position) if path in wanted]
        state = relay.enter(position, changes=bool(heeded))
        for path, value in heeded:
            if value is None:
                state.pop(path, None)
            else:
                state[path] = value
        for path in demands.get(position, ()):
            if path in state:
                answers[position, path] = state[path]
    return answers
