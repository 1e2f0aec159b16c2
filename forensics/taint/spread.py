"""How taint spreads: one monotone search from the seeds along what the rules let through.

A state (a node in a facet) only ever rises, from clear over unknown to affected, so the result does not depend on the
order of the work and cycles end (rule 13, direction and cycles). What is affected is found first, by depth, then what
is unknown; so the path kept for a state is a shortest one among those that give it its level, but for the rules that
wait for several suppliers.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from forensics.model import EdgeKind, GapKind, NodeKind, Strength
from forensics.taint.equality import EVERYBODY, Equality
from forensics.taint.level import CERTAIN, Cause, Facet, Level, Reason, Seed, State, cap
from forensics.taint.order import Order
from forensics.taint.producers import Producers

if TYPE_CHECKING:
    from forensics.taint.lineage import Lineage

__all__ = ["Spread"]

_CONSUMING = (EdgeKind.USED, EdgeKind.RELEASED)
_COPYING = (EdgeKind.IMPORTED, EdgeKind.DECLARED)
_GAPS = frozenset({*(kind.value for kind in GapKind), Reason.OTHER_ALGORITHM.value})
_SUPPLYING = (EdgeKind.PART, EdgeKind.IMPORTED, EdgeKind.DECLARED)


class Spread:
    """The states that taint has reached, and the search that raises them.

    Attributes:
        lineage, order: what it reads.
        causes: for each state that is not clear, its level and why.
        stopped: versions at which a ``cleared`` mark stopped the taint (rule 12).
        before: commits before every bad origin.
    """

    def __init__(
        self,
        lineage: "Lineage",
        order: Order,
        origins: Iterable[int] = (),
        *,
        placed: bool = False,
        cleared: frozenset[int] = frozenset(),
        admitted: Callable[[int], bool] | None = None,
    ) -> None:
        """Prepares a search.

        Args:
            lineage: the graph.
            order: ancestry.
            origins: the commits at which what is bad first stands on record.
            placed: it cannot have been anywhere before them (``gaps.Origins``).
            cleared: versions and contents whose taint stops at them.
            admitted: whether a node belongs to the answer at all (``--as-of``); None for all.
        """
        self.lineage = lineage
        self.order = order
        self.causes: dict[State, Cause] = {}
        self.stopped: set[int] = set()
        self.before = order.before_all(origins)
        self._accused: dict[State, Level] = {}
        self._placed = placed
        self._cleared = cleared
        self._admitted = admitted
        self._affected: deque[State] = deque()
        self._unknown: deque[State] = deque()
        self._equality = Equality(lineage, self.before, self.level)
        self._producers = Producers(lineage, order, self.causes, self._equality)

    def level(self, node: int) -> Level:
        """The verdict on a node: the highest level of its facets."""
        return max(self._level(node, facet) for facet in Facet)

    def cause(self, node: int) -> tuple[State, Cause] | None:
        """The state that gives a node its verdict, and why."""
        found = [((node, facet), self.causes[node, facet]) for facet in Facet if (node, facet) in self.causes]
        return max(found, key=lambda pair: (pair[1].level, -pair[1].depth, -pair[0][1]), default=None)

    def start(self, seed: Seed) -> None:
        """Rule 12, marks: raises what a mark names."""
        cause = Cause(
            seed.level, 0, None, "" if seed.level is Level.AFFECTED else Reason.SUSPECT, seed.node, seed.label
        )
        kind = self.lineage.kind(seed.node)
        self._raise((seed.node, Facet.BYTES if kind is NodeKind.CONTENT else Facet.WHOLE), cause)
        content = self.lineage.content(seed.node) if kind is NodeKind.VERSION else None
        if content is not None:
            self._raise(
                (content, Facet.BYTES), Cause(cause.level, 1, (seed.node, Facet.WHOLE), cause.reason, seed.node)
            )

    def doubt(self, node: int, reason: str, *, place: int | None = None, before: State | None = None) -> None:
        """Makes a node unknown for a reason that is no edge: a gap, undeclared code."""
        kind = self.lineage.kind(node)
        facet = Facet.PART if kind is NodeKind.CONTENT else Facet.WHOLE
        depth = 0 if before is None else self.causes[before].depth + 1
        self._raise((node, facet), Cause(Level.UNKNOWN, depth, before, reason, node if place is None else place))

    def doubt_bytes(self, content: int, reason: str) -> None:
        """Rule 10, rehash: a content that could be the marked one under another algorithm."""
        self._raise((content, Facet.BYTES), Cause(Level.UNKNOWN, 0, None, reason, content))

    def run(self) -> None:
        """Works until nothing rises any more."""
        while self._affected or self._unknown:
            state = self._affected.popleft() if self._affected else self._unknown.popleft()
            match self.lineage.kind(state[0]):
                case NodeKind.VERSION:
                    self._from_version(state)
                case NodeKind.CONTENT:
                    self._from_content(state)
                case NodeKind.EXECUTION:
                    self._supply(state, EdgeKind.GENERATED)
                case NodeKind.COMMIT:
                    self._along(state, EdgeKind.RECORDED, EdgeKind.CHECKED_OUT)
                    self._supply(state, EdgeKind.INTRODUCED)
                case NodeKind.ACTOR:
                    self._along(state, EdgeKind.AUTHORED)
                case NodeKind.RELEASE:
                    pass

    # -- what a state that rose leads to

    def _from_version(self, state: State) -> None:
        version, facet = state
        for effect, kind, strength in self.lineage.steps(version):
            if kind in _CONSUMING:
                self._judge_use(version, effect, strength)
            elif kind is EdgeKind.MEMBER or (kind in _COPYING and facet is Facet.PART):
                if not self._pass(state, (effect, Facet.PART), strength):
                    self._reconsider(effect)
            elif facet is Facet.PART:
                if kind is EdgeKind.CONTENT:
                    self._tell_equals(state, effect)
            elif kind in _SUPPLYING:
                self._judge_version(effect)
            elif kind is EdgeKind.CONTENT:
                level = self.causes[state].level
                self._accuse(effect, version, level, state)
                for member in self.lineage.members(effect):
                    self._accuse(member, version, level, state, via=effect)

    def _tell_equals(self, state: State, directory: int) -> None:
        """Rule 3: a directory that nothing on record made or brought in is bad in part as its made equal is."""
        if self.lineage.is_made(state[0]):
            for version in self.lineage.holders(directory):
                if not self.lineage.is_made(version) and not self.lineage.supplies(version)[1]:
                    self._pass(state, (version, Facet.PART), Strength.MATCHED)

    def _from_content(self, state: State) -> None:
        content, facet = state
        if facet is Facet.SHARED:
            for version in self.lineage.holders(content):
                self._judge_equal(version, content, Facet.WHOLE)
            for directory in self.lineage.directories(content):
                for version in self.lineage.holders(directory):
                    self._judge_equal(version, content, Facet.PART)
            return
        for twin, strength in self.lineage.equals(content):
            # What could not be compared under this digest can be under its twin's.
            if strength in CERTAIN or self.causes[state].reason != Reason.OTHER_ALGORITHM:
                self._pass(state, (twin, facet), strength)
        whole = Facet.WHOLE if facet is Facet.BYTES else Facet.PART
        for version in self.lineage.holders(content):
            if not self._pass(state, (version, whole), Strength.RECORDED):
                self._reconsider(version)
        if facet is Facet.BYTES:
            for directory in self.lineage.directories(content):
                self._pass(state, (directory, Facet.PART), Strength.RECORDED)
            for member in self.lineage.members(content):
                self._accuse(member, content, self.causes[state].level, state)

    def _supply(self, state: State, kind: EdgeKind) -> None:
        for version, _ in self.lineage.effects(state[0], kind):
            self._judge_version(version)

    def _along(self, state: State, *kinds: EdgeKind) -> None:
        for node, strength in self.lineage.effects(state[0], *kinds):
            self._pass(state, (node, Facet.WHOLE), strength)

    # -- what is judged rather than passed on

    def _judge_version(self, version: int) -> None:
        """Rule 4: a supplier of a version rose."""
        if self._stays(version):
            self._reconsider(version)

    def _stays(self, version: int) -> bool:
        """Judges a version by its suppliers, and says whether they accuse it and it stays as it is."""
        ruling = self._producers.rule(version)
        if ruling.before is None:
            return False
        after = self._after(ruling.before, ruling.level, ruling.reason, version)._replace(via=ruling.via)
        return not self._raise((version, Facet.WHOLE), after)

    def _reconsider(self, version: int) -> None:
        """More accuses a version that stays as it is: what sees only some of what accuses it may rise."""
        waiting, seen = [version], {version}
        while waiting:
            used = waiting.pop()
            for effect, kind, strength in self.lineage.steps(used):
                if kind in _CONSUMING:
                    self._judge_use(used, effect, strength)
                elif effect not in seen and (
                    kind is EdgeKind.MEMBER or (kind is EdgeKind.PART and self._stays(effect))
                ):
                    seen.add(effect)
                    waiting.append(effect)

    def _judge_use(self, version: int, consumer: int, strength: Strength) -> None:
        """Rule 4 for one consumer of a version that rose."""
        if self._level(consumer, Facet.WHOLE) is Level.AFFECTED:
            return
        used = self._producers.as_used(version, consumer)
        if used.before is None:
            return
        weak = "" if strength in CERTAIN else str(strength)
        after = self._after(used.before, min(used.level, cap(strength)), weak, consumer)
        self._raise(
            (consumer, Facet.WHOLE), after if used.via < 0 else after._replace(depth=after.depth + 1, via=used.via)
        )

    def _accuse(
        self, content: int, accuser: int, level: Level, state: State, *, via: int = -1, reason: str = ""
    ) -> None:
        """Rules 3 and 5: a version that rose accuses its bytes, and those of its members, under their other names.

        Bytes that stood on record before every bad origin accuse nobody: poison cannot be in them. What is only
        doubted, for a subject that may have been anywhere, needs proof that is not doubted itself.
        """
        undoubted = not self._placed and self.causes[state].reason in _GAPS
        if self._level(content, Facet.BYTES) >= level or self._equality.predates(content, undoubted=undoubted):
            return
        concerned = self._equality.accuse(content, accuser, level)
        if concerned is None:
            return
        shared = (content, Facet.SHARED)
        self._raise(shared, self._after(state, level, reason, content)._replace(via=via))
        if shared not in self.causes:
            return
        if concerned != EVERYBODY:
            own = self.lineage.content(concerned)
            if own is not None and (own == content or own in self.lineage.directories(content)):
                self._judge_equal(concerned, content, Facet.WHOLE if own == content else Facet.PART)
        for twin, strength in self.lineage.equals(content):
            self._accuse(twin, accuser, min(level, cap(strength)), shared, reason=str(strength))

    def _judge_equal(self, version: int, content: int, facet: Facet) -> None:
        """Rule 3: a content of a version, or of a member of it, was accused by another version."""
        level, reason = self._equality.of(version, content)
        shared = (content, Facet.SHARED)
        level = min(level, self.causes[shared].level)
        # Another member that says no more than one before it changes nothing.
        if level > self._accused.get((version, facet), Level.CLEAR):
            self._accused[version, facet] = level
            after = self._after(shared, level, reason, version)
            whole = self.lineage.content(version) if facet is Facet.PART else None
            if not self._raise((version, facet), after if whole is None else after._replace(via=whole)):
                self._reconsider(version)

    # -- raising

    def _pass(self, state: State, to: State, strength: Strength) -> bool:
        level = min(self.causes[state].level, cap(strength))
        if level <= self._level(*to):
            return False
        return self._raise(to, self._after(state, level, "" if strength in CERTAIN else str(strength), to[0]))

    def _after(self, before: State, level: Level, reason: str, place: int) -> Cause:
        """The cause that follows a state: a reason that once lowered it is carried along."""
        cause = self.causes[before]
        if level is Level.AFFECTED:
            return Cause(level, cause.depth + 1, before)
        if cause.level is Level.UNKNOWN:
            return Cause(level, cause.depth + 1, before, cause.reason, cause.place)
        return Cause(level, cause.depth + 1, before, reason, place)

    def _raise(self, state: State, cause: Cause) -> bool:
        node = state[0]
        if cause.level <= self._level(*state):
            return False
        if node in self._cleared:
            self.stopped.add(node)
            return False
        if self._admitted is not None and not self._admitted(node):
            return False
        self.causes[state] = cause
        (self._affected if cause.level is Level.AFFECTED else self._unknown).append(state)
        return True

    def _level(self, node: int, facet: Facet) -> Level:
        cause = self.causes.get((node, facet))
        return Level.CLEAR if cause is None else cause.level
