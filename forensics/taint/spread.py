"""How taint spreads: rules 1 to 5, 7, 8 and 13, as one monotone search from the seeds.

A state (a node in a facet) only ever rises, from clear over unknown to affected, so the result does not depend on the
order of the work and cycles end (rule 13, direction and cycles). What is affected is found first, by depth, then what
is unknown; so the path kept for a state is a shortest one among those that give it its level, but for the rules that
wait for several suppliers.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from forensics.model import EdgeKind, GapKind, NodeKind, Strength
from forensics.taint.level import CERTAIN, Cause, Facet, Level, Reason, Seed, State, cap
from forensics.taint.order import Order

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
        self._placed = placed
        self._older: dict[int, list[int]] = {}  # content -> versions that hold it and stand before every bad origin
        self._cleared = cleared
        self._admitted = admitted
        self._accusers: dict[int, dict[int, Level]] = {}  # content -> versions that accuse it, and how strongly
        self._affected: deque[State] = deque()
        self._unknown: deque[State] = deque()

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
                    self._along(state, EdgeKind.RECORDED)
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
                self._pass(state, (effect, Facet.PART), strength)
            elif facet is Facet.PART:
                continue
            elif kind in _SUPPLYING:
                self._judge_version(effect, state)
            elif kind is EdgeKind.CONTENT:
                level = self.causes[state].level
                self._accuse(effect, version, level, state)
                for member in self.lineage.members(effect):
                    self._accuse(member, version, level, state, via=effect)

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
            self._pass(state, (version, whole), Strength.RECORDED)
        if facet is Facet.BYTES:
            for directory in self.lineage.directories(content):
                self._pass(state, (directory, Facet.PART), Strength.RECORDED)
            for member in self.lineage.members(content):
                self._accuse(member, content, self.causes[state].level, state)

    def _supply(self, state: State, kind: EdgeKind) -> None:
        for version, _ in self.lineage.effects(state[0], kind):
            self._judge_version(version, state)

    def _along(self, state: State, kind: EdgeKind) -> None:
        for node, strength in self.lineage.effects(state[0], kind):
            self._pass(state, (node, Facet.WHOLE), strength)

    # -- the rules

    def _judge_version(self, version: int, state: State) -> None:
        """Rule 4, several producers: all accused, affected; some, unknown."""
        level, reason, before = self._by_suppliers(version, None)
        if level is Level.CLEAR or self._raise(
            (version, Facet.WHOLE), self._after(before or state, level, reason, version)
        ):
            return
        if (version, Facet.WHOLE) in self.causes:
            # The version stays as it is, yet a consumer that sees only some of its suppliers may rise.
            for consumer, strength in self.lineage.effects(version, *_CONSUMING):
                self._judge_use(version, consumer, strength)

    def _by_suppliers(self, version: int, consumers: tuple[int, ...] | None) -> tuple[Level, str, State | None]:
        """The level that a version's suppliers give it.

        Args:
            version: the version.
            consumers: commits in whose ancestry a supplier must be on record to count; None for all suppliers.

        Returns:
            The level, the reason where it is unknown, and the state that gives it.
        """
        recorded, introduced = self.lineage.supplies(version)
        judged = recorded + [link for link in introduced if not recorded or self._level(link[0], Facet.WHOLE)]
        if consumers:
            seen = [link for link in judged if self.order.within(self.lineage.places(link[0]), consumers)]
            if not seen and self.order.within([commit for commit, _ in introduced], consumers):
                # It stands in the consumer's own history by no run: that record does not clear what a run accuses.
                level, reason, before = self._by_suppliers(version, None)
                return (level, reason, before) if level < Level.AFFECTED else (Level.UNKNOWN, Reason.SAME_BYTES, before)
            judged = seen or judged
        best: tuple[Level, str, State | None] = (Level.CLEAR, "", None)
        doubted = False
        for node, strength in judged:
            level = min(self._level(node, Facet.WHOLE), cap(strength))
            doubted = doubted or (level < Level.AFFECTED and strength in CERTAIN)
            if level > best[0]:
                best = (level, "" if level is Level.AFFECTED else self._reason(node, strength), (node, Facet.WHOLE))
        if doubted and best[0] is Level.AFFECTED:
            return Level.UNKNOWN, Reason.SAME_BYTES, best[2]
        return best

    def _judge_use(self, version: int, consumer: int, strength: Strength) -> None:
        """Rule 4 for one consumer: of several suppliers, those recorded in its own ancestry count."""
        if self._level(consumer, Facet.WHOLE) is Level.AFFECTED:
            return
        level, before, via = self._as_used(version, self.lineage.places(consumer))
        if level is Level.CLEAR or before is None:
            return
        after = self._after(before, min(level, cap(strength)), "" if strength in CERTAIN else str(strength), consumer)
        self._raise((consumer, Facet.WHOLE), after if via < 0 else after._replace(depth=after.depth + 1, via=via))

    def _as_used(self, version: int, places: tuple[int, ...]) -> tuple[Level, State | None, int]:
        """How bad a version is for a consumer that stands at some commits.

        Returns:
            The level, the state that gives it, and the version itself where that state is not one of its own.
        """
        whole, part = self._level(version, Facet.WHOLE), self._level(version, Facet.PART)
        if places and whole and self._is_mixed(version) and not self._is_certain(version):
            equal = self._by_equals(version)[0]
            level, _, before = self._by_suppliers(version, places)
            if before is None or level == whole or equal >= level:
                whole = max(min(whole, level), equal)
            else:
                if level <= part:
                    return self._part_as_used(version, places)
                return level, before, version
        if part and part >= whole:
            return max(self._part_as_used(version, places), (whole, (version, Facet.WHOLE), -1), key=lambda one: one[0])
        return whole, (version, Facet.WHOLE) if whole else None, -1

    def _part_as_used(self, version: int, places: tuple[int, ...]) -> tuple[Level, State | None, int]:
        """The same for a directory of which a part is bad: parts made by runs are judged as the consumer saw them."""
        part = (version, Facet.PART)
        made = self.lineage.causes(version, EdgeKind.MEMBER)
        if not made or not places:
            return self._level(*part), part, -1
        content = self.lineage.content(version)
        listed = (
            [] if content is None else [self._by_equals(version, member)[0] for member in self.lineage.members(content)]
        )
        level = max([self._level(content, Facet.PART) if content is not None else Level.CLEAR, *listed])
        for member, strength in made:
            level = max(level, min(self._as_used(member, places)[0], cap(strength)))
        return min(level, self._level(*part)), part, -1

    def _is_certain(self, version: int) -> bool:
        """Whether a version is accused for itself, by a mark or a gap, and not for its suppliers or its equals."""
        before = self.causes[version, Facet.WHOLE].before
        return before is None or before[1] is Facet.BYTES or before[0] == version

    def _is_mixed(self, version: int) -> bool:
        return max(map(len, self.lineage.supplies(version))) > 1

    def _accuse(
        self, content: int, accuser: int, level: Level, state: State, *, via: int = -1, reason: str = ""
    ) -> None:
        """Rules 3 and 5: a version that rose accuses its bytes, and those of its members, under their other names.

        Bytes that stood on record before every bad origin accuse nobody: poison cannot be in them.
        """
        accusers = self._accusers.setdefault(content, {})
        if accusers.get(accuser, Level.CLEAR) >= level or self._level(content, Facet.BYTES) >= level:
            return
        if self._predates(content, whose=None if self._placed or self.causes[state].reason not in _GAPS else accuser):
            return
        accusers[accuser] = level
        shared = (content, Facet.SHARED)
        rose = self._raise(shared, self._after(state, level, reason, content)._replace(via=via))
        if shared not in self.causes:
            return
        if not rose:
            self._from_content(shared)
        for twin, strength in self.lineage.equals(content):
            self._accuse(twin, accuser, min(level, cap(strength)), shared, reason=str(strength))

    def _predates(self, content: int, *, whose: int | None) -> bool:
        """Whether some version or directory that holds these bytes stands on record before every bad origin.

        Args:
            content: the bytes.
            whose: an accuser that is only doubted, for a subject that may have been anywhere: then what stands before
                the origins must not be doubted itself.
        """
        if not self.before:
            return False
        older = self._older.get(content)
        if older is None:
            same = self.lineage.same(content)
            holders = [*same, *(directory for node in same for directory in self.lineage.directories(node))]
            versions = {version for holder in holders for version in self.lineage.holders(holder)}
            older = self._older[content] = sorted(
                version for version in versions if not self.before.isdisjoint(self.lineage.places(version))
            )
        return bool(older) if whose is None else any(self.level(version) is Level.CLEAR for version in older)

    def _by_equals(self, version: int, content: int | None = None) -> tuple[Level, str]:
        """Rule 3, chance equality is not descent: what other versions of the same bytes say of a version."""
        content = self.lineage.content(version) if content is None else content
        accusers = self._accusers.get(content, {}) if content is not None else {}
        level = max((level for other, level in accusers.items() if other != version), default=Level.CLEAR)
        if level and self.lineage.suppliers(version):
            return Level.UNKNOWN, Reason.SAME_BYTES
        return level, ""

    def _judge_equal(self, version: int, content: int, facet: Facet) -> None:
        level, reason = self._by_equals(version, content)
        shared = (content, Facet.SHARED)
        if level:
            after = self._after(shared, min(level, self.causes[shared].level), reason, version)
            whole = self.lineage.content(version) if facet is Facet.PART else None
            self._raise((version, facet), after if whole is None else after._replace(via=whole))

    # -- raising

    def _pass(self, state: State, to: State, strength: Strength) -> None:
        level = min(self.causes[state].level, cap(strength))
        if level > self._level(*to):
            self._raise(to, self._after(state, level, "" if strength in CERTAIN else str(strength), to[0]))

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

    def _reason(self, node: int, strength: Strength) -> str:
        cause = self.causes.get((node, Facet.WHOLE))
        if cause is not None and cause.level is Level.UNKNOWN:
            return cause.reason
        return "" if strength in CERTAIN else str(strength)
