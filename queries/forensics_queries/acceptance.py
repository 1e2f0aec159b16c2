"""Which versions may be gone back to: no standing mark affects them, and they are hardly contaminated (rule 15)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from forensics.answer import Thing
from forensics.case import Case
from forensics.errors import UsageError
from forensics.taint import Judgement, Level
from forensics_queries.contamination import Contamination, chance
from forensics_queries.succession import Succession
from forensics_queries.things import things

__all__ = ["RISK", "RISKS", "Acceptance", "Refused", "Tier"]

#: P(contaminated) that may be accepted in a target; and those for which targets are named beside it.
RISK = 0.05
RISKS = (0.01, 0.05, 0.20)


@dataclass(frozen=True, slots=True)
class Refused:
    """A newer version that is no target.

    Attributes:
        thing: the version.
        verdict: ``affected`` or ``unknown``; ``clear`` where its bytes are lost or observations speak against it.
        reason: why it is unknown, or what became of its bytes, or ``observed`` to misbehave, ``likely`` or ``possible``
            to be contaminated, ``risk`` where less than that is accepted, ``untold`` where no probability can be told;
            empty where affected.
        place: where it became so: the gap, the file.
        releases: its releases.
        p: P(contaminated); None where there are no observations, or nothing can be told of it.
    """

    thing: Thing
    verdict: str
    reason: str
    place: Thing | None
    releases: tuple[str, ...] = ()
    p: float | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """What to go back to where another risk is accepted.

    Attributes:
        risk: P(contaminated) at most.
        thing: the newest version within it, its bytes not looked for; None where there is none.
        p: of that version.
        lost: versions of the artifact that are not older than it, and would be given up; all where there is none.
    """

    risk: float
    thing: Thing | None
    p: float | None
    lost: int


class Acceptance:
    """Decides of versions by their verdicts and probabilities.

    Args:
        case: the case.
        judgement: the verdicts by standing marks.
        doubt: what was observed; None where nothing was.
        risk: P(contaminated) that is accepted.

    Raises:
        UsageError: a risk that is no probability.
    """

    def __init__(self, case: Case, judgement: Judgement, doubt: Contamination | None, risk: float = RISK) -> None:
        if not 0 <= risk < 1:
            raise UsageError(f"a risk of {risk:g} is no probability", hint="from 0 to less than 1, as --risk 0.05")
        self.judgement = judgement
        self.doubt = doubt if doubt is not None and doubt.speaks else None
        self.risk = risk
        self._case = case
        self._p: dict[int, float | None] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of targets must know."""
        if self.doubt is None:
            return ()
        return (f"a target is contaminated with a probability of {self.risk:g} at most: evaluate it before it is used",)

    def doubted(self, versions: Iterable[int]) -> list[int]:
        """The versions that what was observed speaks against."""
        asked = list(versions) if self.doubt else []
        self.look(asked)
        bad = self.doubt.bad if self.doubt else frozenset()
        return [version for version in asked if version in bad or (self.p(version) or 0) > self.risk]

    def p(self, version: int) -> float | None:
        """P(contaminated) of a version; None where it cannot be told."""
        if version not in self._p:
            self.look([version])
        return self._p[version]

    def look(self, versions: Iterable[int]) -> None:
        """Computes the probabilities of many versions at once."""
        asked = [version for version in versions if version not in self._p]
        found = self.doubt.of(asked) if self.doubt else {}
        self._p |= {version: found.get(version) for version in asked}

    def allows(self, version: int, risk: float | None = None) -> bool:
        """Whether a version may be gone back to."""
        if self.judgement.level(version) is not Level.CLEAR:
            return False
        if self.doubt is None:
            return True
        p = self.p(version)
        within = p is not None and p <= (self.risk if risk is None else risk)
        return within and version not in self.doubt.bad and version not in self.doubt.doubts

    def is_undecided(self, version: int) -> bool:
        """Whether no mark and no observation accuses a version, and it is not allowed all the same."""
        clear = self.judgement.level(version) is Level.CLEAR
        return clear and self.doubt is not None and version not in self.doubt.bad and not self.allows(version)

    def refused(
        self, versions: Iterable[int], shown: dict[int, Thing], releases: dict[int, tuple[str, ...]]
    ) -> tuple[Refused, ...]:
        """Says of versions that are not allowed why they are not."""
        reasons = {version: self._reason(version) for version in versions if version in shown}
        places = things(self._case, {place for _, _, place in reasons.values() if place >= 0})
        return tuple(
            Refused(shown[version], verdict, reason, places.get(place), releases.get(version, ()), self.p(version))
            for version, (verdict, reason, place) in reasons.items()
        )

    def tiers(
        self, succession: Succession, versions: dict[int, Thing], rank: Callable[[int], tuple[object, ...]]
    ) -> tuple[Tier, ...]:
        """Targets at other risks, with what each would cost; none where nothing was observed.

        Args:
            succession: of the artifact's versions.
            versions: those that can be gone back to.
            rank: of versions on parallel branches, the best first.
        """
        found = []
        for risk in RISKS if self.doubt else ():
            newest = succession.newest(version for version in versions if self.allows(version, risk))
            target = min(newest, key=rank, default=None)
            later = [one for one in versions if target is None or not succession.is_older(one, target)]
            if target is None:
                found.append(Tier(risk, None, None, len(later)))
            else:
                found.append(Tier(risk, versions[target], self.p(target), len(later) - 1))
        return tuple(found)

    def _reason(self, version: int) -> tuple[str, str, int]:
        """The verdict, the reason, and the place where it became so, -1 where there is none."""
        cause = self.judgement.cause(version)
        if cause is not None and cause.level is not Level.CLEAR:
            affected = cause.level is Level.AFFECTED
            return cause.level.name.lower(), "" if affected else cause.reason, -1 if affected else cause.place
        if self.doubt is not None and version in self.doubt.bad:
            return "clear", "observed", -1
        p = self.p(version)
        if self.doubt is not None and version in self.doubt.doubts and not chance(p):
            return "unknown", *self.doubt.doubts[version]
        return "clear", "untold" if p is None else chance(p) or "risk", -1
