"""The rules of taint: who is affected, who cannot be told, and why. Each of the sixteen rules stands under its name.

1 strongest path: ``level.cap``. 2 same bytes, same fate: ``Spread._from_content``. 3 chance equality: ``equality``.
4 several producers: ``producers``. 5 directories: ``level.Facet``, ``Spread._accuse``, ``gaps.unlisted_siblings``.
6 what was consumed, 7 deps and outs, 8 memory of a stage: edges and strengths that the connectors give.
9 undeclared code: ``undeclared``. 10 rehash, 11 gaps: ``gaps``. 12 marks: ``Spread.start``. 13 direction and cycles:
``Spread.run``. 14 time is the graph's: ``order``, ``asof``. 15 newest: ``forensics_queries.succession``, by what each
commit holds. 16 what is a model: the view ``artifacts``.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.model import GapKind, NodeKind, Strength
from forensics.taint.asof import as_of_commit
from forensics.taint.chains import Accusations, Steps
from forensics.taint.gaps import Origins, admitted_gaps, origins_of, other_algorithms, same_addresses, unlisted_siblings
from forensics.taint.level import Cause, Facet, Level, Reason, Seed, State
from forensics.taint.lineage import Lineage
from forensics.taint.order import Order
from forensics.taint.spread import Spread
from forensics.taint.undeclared import uncommitted, undeclared_code

if TYPE_CHECKING:
    from forensics.case import Case

__all__ = ["Accusations", "Cause", "Judgement", "Level", "Lineage", "Order", "Reason", "Seed", "Steps", "judge"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdicts that some seeds imply.

    Attributes:
        lineage, order: the graph that was judged.
        spread: all states that are not clear.
        before: commits before every bad origin; empty where a seed could have been there before its first record.
    """

    lineage: Lineage
    order: Order
    spread: Spread
    before: frozenset[int] = frozenset()

    @property
    def stopped(self) -> frozenset[int]:
        """Nodes that would not be clear but for a ``cleared`` mark."""
        return frozenset(self.spread.stopped)

    def level(self, node: int) -> Level:
        """The verdict on a node."""
        return self.spread.level(node)

    def reached(self, *kinds: NodeKind) -> list[int]:
        """Nodes of some kinds that are not clear, ascending."""
        return sorted({node for node, _ in self.spread.causes if self.lineage.kind(node) in kinds})

    def reasons(self) -> frozenset[str]:
        """All words for why something is unknown."""
        return frozenset(cause.reason for cause in self.spread.causes.values() if cause.reason)

    def cause(self, node: int) -> Cause | None:
        """Why a node is not clear."""
        found = self.spread.cause(node)
        return None if found is None else found[1]

    def path(self, node: int) -> list[int]:
        """The nodes from the seed, or the gap, to a node; empty where it is clear."""
        found = self.spread.cause(node)
        if found is None:
            return []
        state: State | None = found[0]
        nodes: list[int] = []
        while state is not None:
            cause = self.spread.causes[state]
            if not nodes or nodes[-1] != state[0]:
                nodes.append(state[0])
            if cause.via >= 0:
                nodes.append(cause.via)
            state = cause.before
        return nodes[::-1]

    def is_part(self, directory: int) -> bool:
        """Whether a directory content is bad in part."""
        return (directory, Facet.PART) in self.spread.causes

    def bad_members(self, directory: int) -> list[int]:
        """The members of a directory content that are accused, ascending."""
        causes = self.spread.causes
        found = (
            member
            for member in self.lineage.members(directory)
            if (member, Facet.BYTES) in causes or (member, Facet.SHARED) in causes
        )
        return sorted(set(found))


def judge(
    case: "Case",
    seeds: Iterable[Seed],
    *,
    cleared: Iterable[int] = (),
    as_of: int | None = None,
    lineage: Lineage | None = None,
) -> Judgement:
    """Applies the rules of taint.

    Args:
        case: the case.
        seeds: what is bad or suspect.
        cleared: versions and contents at which the taint stops.
        as_of: a commit; only what stands in its ancestry is judged.
        lineage: a graph other than the case's present one.

    Returns:
        The verdicts: what is not in them is clear as far as the case can tell.
    """
    lineage = lineage or Lineage(case)
    order = Order(lineage)
    seeds = tuple(seeds)
    belongs: Callable[[int], bool] | None = None if as_of is None else as_of_commit(lineage, order, as_of)
    origins = origins_of(lineage, order, seeds)
    spread = Spread(
        lineage, order, origins.commits, placed=origins.placed, cleared=frozenset(cleared), admitted=belongs
    )
    for seed in seeds:
        spread.start(seed)
    spread.run()
    if not seeds:
        return Judgement(lineage, order, spread)
    for run, file in list(undeclared_code(lineage, spread)):
        spread.doubt(run, Reason.UNDECLARED_CODE, place=file)
    for version, stands in list(uncommitted(lineage, spread)):
        spread.doubt(version, Strength.INFERRED.value, place=stands)
    spread.run()
    for version in same_addresses(lineage, seeds, origins):
        spread.doubt(version, Strength.INFERRED.value)
    for content in other_algorithms(lineage, origins):
        spread.doubt_bytes(content, Reason.OTHER_ALGORITHM)
    spread.run()
    # What stands behind one gap may itself have come through another, so gaps are asked until none opens.
    opened: set[tuple[int, str, int]] = set()
    while found := sorted(set(_doubts(lineage, origins, spread)) - opened):
        opened.update(found)
        for node, reason, place in found:
            spread.doubt(node, reason, place=place)
        spread.run()
    return Judgement(lineage, order, spread, spread.before if origins.placed else frozenset())


def _doubts(lineage: Lineage, origins: Origins, spread: Spread) -> Iterator[tuple[int, str, int]]:
    """Nodes that become unknown, why, and the place where lineage is missing."""
    for node, gap in admitted_gaps(lineage, origins, spread):
        yield node, gap.value, node
    for sibling, directory in unlisted_siblings(lineage, spread):
        yield sibling, GapKind.MISSING_LISTING.value, directory
