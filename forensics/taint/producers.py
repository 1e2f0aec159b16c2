"""Rule 4, several producers: a version is judged by all of them, a consumer by those in its own ancestry."""

from typing import TYPE_CHECKING, NamedTuple

from forensics.model import EdgeKind, Strength
from forensics.taint.level import CERTAIN, Facet, Level, Reason, State, cap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forensics.taint.equality import Equality
    from forensics.taint.level import Cause
    from forensics.taint.lineage import Lineage
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

    def rule(self, version: int, consumers: tuple[int, ...] = ()) -> Ruling:
        """The level that a version's suppliers give it: all accused, affected; some, unknown.

        A supplier that is not known for certain does not soften what the others accuse.

        Args:
            version: the version.
            consumers: commits in whose ancestry a supplier must be on record to count; all count where there are none.
        """
        recorded, introduced = self._lineage.supplies(version)
        judged = recorded + [link for link in introduced if not recorded or self._level(link[0], Facet.WHOLE)]
        if consumers:
            seen = [link for link in judged if self._order.within(self._lineage.places(link[0]), consumers)]
            if not seen and self._order.within([commit for commit, _ in introduced], consumers):
                # It stands in the consumer's own history by no run: that record does not clear what a run accuses.
                ruling = self.rule(version)
                same = Ruling(Level.UNKNOWN, Reason.SAME_BYTES, ruling.before)
                return same if ruling.level is Level.AFFECTED else ruling
            judged = seen or judged
        worst = Ruling(Level.CLEAR)
        softened = False
        for node, strength in judged:
            level = min(self._level(node, Facet.WHOLE), cap(strength))
            softened = softened or (level < Level.AFFECTED and strength in CERTAIN)
            if level > worst.level:
                worst = Ruling(level, self._reason(node, strength, level), (node, Facet.WHOLE))
        if softened and worst.level is Level.AFFECTED:
            return Ruling(Level.UNKNOWN, Reason.SAME_BYTES, worst.before)
        return worst

    def as_used(self, version: int, places: tuple[int, ...]) -> Ruling:
        """How bad a version is for a consumer that stands at some commits."""
        whole, part = self._whole_as_used(version, places), self._part_as_used(version, places)
        return part if part.level and part.level >= whole.level else whole

    def _whole_as_used(self, version: int, places: tuple[int, ...]) -> Ruling:
        own = (version, Facet.WHOLE)
        level = self._level(*own)
        if not level or not places or self._is_accused_itself(version) or not self._is_mixed(version):
            return Ruling(level, before=own if level else None)
        seen, equal = self.rule(version, places), self._equality.of(version)[0]
        if seen.before is None or seen.level == level or equal >= seen.level:
            level = max(min(level, seen.level), equal)
            return Ruling(level, before=own if level else None)
        return seen._replace(via=version)

    def _part_as_used(self, version: int, places: tuple[int, ...]) -> Ruling:
        """A directory of which a part is bad: parts that runs made are judged as the consumer saw them."""
        own = (version, Facet.PART)
        level = self._level(*own)
        made = self._lineage.causes(version, EdgeKind.MEMBER) if level and places else []
        if not made:
            return Ruling(level, before=own if level else None)
        content = self._lineage.content(version)
        found = [min(self.as_used(member, places).level, cap(strength)) for member, strength in made]
        if content is not None:
            found.append(self._level(content, Facet.PART))
            found += [self._equality.of(version, member)[0] for member in self._lineage.members(content)]
        level = min(level, max(found))
        return Ruling(level, before=own if level else None)

    def _is_accused_itself(self, version: int) -> bool:
        """By a mark or a gap, and not for its suppliers or its equals."""
        before = self._causes[version, Facet.WHOLE].before
        return before is None or before[1] is Facet.BYTES or before[0] == version

    def _is_mixed(self, version: int) -> bool:
        return max(map(len, self._lineage.supplies(version))) > 1

    def _level(self, node: int, facet: Facet) -> Level:
        cause = self._causes.get((node, facet))
        return Level.CLEAR if cause is None else cause.level

    def _reason(self, node: int, strength: Strength, level: Level) -> str:
        if level is Level.AFFECTED:
            return ""
        cause = self._causes[node, Facet.WHOLE]
        if cause.level is Level.UNKNOWN:
            return cause.reason
        return "" if strength in CERTAIN else str(strength)
