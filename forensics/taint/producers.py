"""Rule 4, several producers: a version is judged by all of them, a consumer by those in its own ancestry."""

from typing import TYPE_CHECKING, NamedTuple

from forensics.model import EdgeKind, Strength
from forensics.taint.level import CERTAIN, Facet, Level, Reason, State, cap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forensics.taint.equality import Equality
    from forensics.taint.level import Cause
    from forensics.taint.lineage import Lineage, Link
    from forensics.taint.order import Order

__all__ = ["Producers", "Ruling"]


class Ruling(NamedTuple):
    """How bad a version is, by its producers.

    Attributes:
        level: the level.
        reason: the word for it, where it is unknown for a reason of its own.
        before: the state that gives the level; None while clear.
        via: the version itself, where that state is not one of its own.
    """

    level: Level
    reason: str = ""
    before: State | None = None
    via: int = -1


class Producers:
    """Judges versions by what supplies them: runs, wholes that they are read out of, imports, commits."""

    def __init__(
        self, lineage: "Lineage", order: "Order", causes: "Mapping[State, Cause]", equality: "Equality"
    ) -> None:
        self._lineage = lineage
        self._order = order
        self._causes = causes
        self._equality = equality
        self._ruled: dict[tuple[int, tuple[int, ...], frozenset[int]], Ruling] | None = None

    def rule(self, version: int, consumers: tuple[int, ...] = (), later: frozenset[int] = frozenset()) -> Ruling:
        """The level that a version's suppliers, and what a card declares it to be made from, give it.

        All suppliers accused, affected; some, unknown. A supplier that is not known for certain does not soften what
        the others accuse. What is declared came in beside all that is recorded: it softens nothing, and nothing softens
        it.

        Args:
            version: the version.
            consumers: commits in whose ancestry a supplier must be on record to count; all count where there are none.
            later: runs that wrote it after it was consumed, which do not count.
        """
        # Nothing rises meanwhile, and a part of parts is reached by as many ways as there are sets of its wholes.
        outermost, self._ruled = self._ruled is None, {} if self._ruled is None else self._ruled
        try:
            key = version, consumers, later
            if key not in self._ruled:
                self._ruled[key] = self._rule(*key)
            return self._ruled[key]
        finally:
            if outermost:
                self._ruled = None

    def _rule(self, version: int, consumers: tuple[int, ...], later: frozenset[int]) -> Ruling:
        ruling = self._by_suppliers(version, consumers, later)
        for node, strength in self._lineage.causes(version, EdgeKind.DECLARED):
            each = self._of(node, strength, consumers, is_whole=False)
            if each.level > ruling.level:
                ruling = each
        return ruling

    def _by_suppliers(self, version: int, consumers: tuple[int, ...], later: frozenset[int]) -> Ruling:
        """Those of which each may alone have made it."""
        recorded, introduced = self._lineage.supplies(version)
        recorded = [link for link in recorded if link[0] not in later] or recorded
        if any(self._level(commit, Facet.WHOLE) is Level.AFFECTED for commit, _ in introduced):
            # Who brought it in answers for it, wherever it was taken from.
            taken = {node for node, _ in self._lineage.causes(version, EdgeKind.IMPORTED)}
            recorded = [link for link in recorded if link[0] not in taken or self._level(link[0], Facet.WHOLE)]
        judged = recorded + [link for link in introduced if not recorded or self._level(link[0], Facet.WHOLE)]
        if not consumers:
            return self._weigh(version, judged, consumers)
        near = [link for link in judged if self._counts(link[0], consumers)]
        seen = self._weigh(version, near or judged, consumers)
        by_hand = not any(link in recorded for link in near) and self._order.within(
            [commit for commit, _ in introduced], consumers
        )
        if not by_hand or (near and seen.level is Level.AFFECTED):
            return seen
        # It stands in the consumer's own history by no run: a copy, say, and no proof against what another accuses.
        every = self.rule(version)
        return Ruling(Level.UNKNOWN, Reason.SAME_BYTES, every.before) if every.level is Level.AFFECTED else every

    def _counts(self, supplier: int, consumers: tuple[int, ...]) -> bool:
        """Whether it stands in a consumer's ancestry. What no commit holds has no place there: it may still accuse."""
        places = self._lineage.places(supplier)
        return self._order.within(places, consumers) if places else self._level(supplier, Facet.WHOLE) > Level.CLEAR

    def _weigh(self, version: int, suppliers: "list[Link]", consumers: tuple[int, ...]) -> Ruling:
        """All that is certain is affected, affected; some, unknown."""
        worst = Ruling(Level.CLEAR)
        softened = False
        wholes = self._lineage.wholes(version)
        for node, strength in suppliers:
            each = self._of(node, strength, consumers, is_whole=node in wholes)
            softened = softened or (each.level < Level.AFFECTED and strength in CERTAIN)
            if each.level > worst.level:
                worst = each
        if softened and worst.level is Level.AFFECTED:
            return Ruling(Level.UNKNOWN, Reason.SAME_BYTES, worst.before, worst.via)
        return worst

    def _of(self, supplier: int, strength: Strength, consumers: tuple[int, ...], *, is_whole: bool) -> Ruling:
        """What one supplier says. A directory speaks through what made it; equal bytes are judged file by file."""
        if is_whole and strength in CERTAIN and not self._is_accused_itself(supplier):
            ruling = self.rule(supplier, consumers)
            return ruling if ruling.before is None else ruling._replace(via=supplier)
        level = min(self._level(supplier, Facet.WHOLE), cap(strength))
        state = (supplier, Facet.WHOLE) if level else None
        return Ruling(level, self._reason(supplier, strength, level), state)

    def as_used(self, version: int, consumer: int) -> Ruling:
        """How bad a version is for a consumer: by the commits at which it stands, and by when it read."""
        places = self._lineage.places(consumer)
        whole, part = self._whole_as_used(version, places, consumer), self._part_as_used(version, places, consumer)
        return part if part.level and part.level >= whole.level else whole

    def _whole_as_used(self, version: int, places: tuple[int, ...], consumer: int) -> Ruling:
        own = (version, Facet.WHOLE)
        level = self._level(*own)
        if not level or self._is_accused_itself(version) or not self._is_mixed(version):
            return Ruling(level, before=own if level else None)
        later = self._lineage.later_writers(version, consumer)
        if not places and not later:
            return Ruling(level, before=own)
        seen, equal = self.rule(version, places, later), self._equality.of(version)[0]
        if seen.before is None or seen.level == level or equal >= seen.level:
            level = max(min(level, seen.level), equal)
            return Ruling(level, before=own if level else None)
        return seen._replace(via=version)

    def _part_as_used(self, version: int, places: tuple[int, ...], consumer: int) -> Ruling:
        """A directory of which a part is bad: parts that runs made are judged as the consumer saw them."""
        own = (version, Facet.PART)
        level = self._level(*own)
        made = self._lineage.causes(version, EdgeKind.MEMBER) if level and places else []
        if not made:
            return Ruling(level, before=own if level else None)
        content = self._lineage.content(version)
        found = [min(self.as_used(member, consumer).level, cap(strength)) for member, strength in made]
        if content is not None:
            found.append(self._level(content, Facet.PART))
            found += [self._equality.of(version, member)[0] for member in self._lineage.members(content)]
        level = min(level, max(found))
        return Ruling(level, before=own if level else None)

    def _is_accused_itself(self, version: int) -> bool:
        """By a mark or a gap, and not for its suppliers or its equals."""
        cause = self._causes.get((version, Facet.WHOLE))
        if cause is None:
            return False
        before = cause.before
        return before is None or before[1] is Facet.BYTES or before[0] == version

    def _is_mixed(self, version: int) -> bool:
        lineage = self._lineage
        return max(map(len, lineage.supplies(version))) > 1 or any(map(self._is_mixed, lineage.wholes(version)))

    def _level(self, node: int, facet: Facet) -> Level:
        cause = self._causes.get((node, facet))
        return Level.CLEAR if cause is None else cause.level

    def _reason(self, node: int, strength: Strength, level: Level) -> str:
        if level is not Level.UNKNOWN:
            return ""
        cause = self._causes[node, Facet.WHOLE]
        if cause.level is Level.UNKNOWN:
            return cause.reason
        return "" if strength in CERTAIN else str(strength)
