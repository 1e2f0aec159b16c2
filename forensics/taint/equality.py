"""Rule 3, chance equality is not descent: what an affected version's bytes say of other versions that have them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.taint.level import Level, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from forensics.taint.lineage import Lineage

__all__ = ["EVERYBODY", "Equality"]


#: Whose case an accusation changes: that of every version that has the bytes.
EVERYBODY = -1


@dataclass(slots=True)
class _Accusers:
    """Who accuses some bytes, as far as it matters: thousands of versions of a directory may share a member.

    Attributes:
        level: how strong the strongest accusation is.
        strongest: a version that accuses so.
        others: how strong the strongest accusation of another version is.
    """

    level: Level = Level.CLEAR
    strongest: int = EVERYBODY
    others: Level = Level.CLEAR


class Equality:
    """Which versions accuse which contents, and what that means for the others that hold them.

    Attributes:
        before: commits before every bad origin.
    """

    def __init__(self, lineage: "Lineage", before: frozenset[int], level: "Callable[[int], Level]") -> None:
        self.before = before
        self._lineage = lineage
        self._level = level
        self._accusers: dict[int, _Accusers] = {}
        self._older: dict[int, list[int]] = {}  # content -> versions that hold it and stand before every bad origin
        self._made: dict[int, bool] = {}
        self._directory_made: dict[int, bool] = {}

    def accuse(self, content: int, accuser: int, level: Level) -> int | None:
        """Notes an accusation.

        Returns:
            Whose case it changes: ``EVERYBODY`` where no accusation was as strong, a version where that was alone
            in accusing so, and None where it changes nothing.
        """
        accusers = self._accusers.setdefault(content, _Accusers())
        if level > accusers.level:
            if accuser != accusers.strongest:
                accusers.strongest, accusers.others = accuser, accusers.level
            accusers.level = level
            return EVERYBODY
        if accuser == accusers.strongest or level <= accusers.others:
            return None
        accusers.others = level
        return accusers.strongest

    def of(self, version: int, content: int | None = None) -> tuple[Level, str]:
        """What other versions of the same bytes say of a version, and the word for it where it is unknown.

        Args:
            version: the version.
            content: its content, or that of a member of it; its own where none is given.

        Returns:
            Unknown where a run on record made it, or, for a member, the same directory under any name, since that run
            may have made equal bytes by chance; else what the strongest accuser is.
        """
        own = self._lineage.content(version)
        content = own if content is None else content
        accusers = self._accusers.get(content) if content is not None else None
        if accusers is None:
            return Level.CLEAR, ""
        level = accusers.others if version == accusers.strongest else accusers.level
        if level and (self._is_made(version) or (content != own and self._is_directory_made(own))):
            return Level.UNKNOWN, Reason.SAME_BYTES
        return level, ""

    def _is_made(self, version: int) -> bool:
        known = self._made.get(version)
        if known is None:
            known = self._made[version] = self._lineage.is_made(version)
        return known

    def _is_directory_made(self, directory: int | None) -> bool:
        """Whether something on record made a version of a directory: then no other name of it says that it was not."""
        if directory is None:
            return False
        known = self._directory_made.get(directory)
        if known is None:
            known = self._directory_made[directory] = any(map(self._is_made, self._lineage.holders(directory)))
        return known

    def predates(self, content: int, *, undoubted: bool) -> bool:
        """Whether some version or directory that holds these bytes stands on record before every bad origin.

        Args:
            content: the bytes.
            undoubted: only a version that is clear itself is proof.
        """
        if not self.before:
            return False
        older = self._older.get(content)
        if older is None:
            same = self._lineage.same(content)
            holders = [*same, *(directory for node in same for directory in self._lineage.directories(node))]
            versions = {version for holder in holders for version in self._lineage.holders(holder)}
            older = self._older[content] = sorted(
                version for version in versions if not self.before.isdisjoint(self._lineage.places(version))
            )
        return any(self._level(version) is Level.CLEAR for version in older) if undoubted else bool(older)
