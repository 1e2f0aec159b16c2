"""``--as-of REV|TIME``: the graph as it stood at a revision, or as the case knew it at a time (rule 14)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

from forensics.answer import Coverage
from forensics.case import Case
from forensics.errors import UsageError
from forensics.graph import Reach, reach, shortest_path
from forensics.model import NodeKind
from forensics.taint import Lineage
from forensics_queries.coverage import LATEST, coverage
from forensics_queries.revision import find_revisions
from forensics_queries.statement import rows
from forensics_queries.subject import Subject, resolve

__all__ = ["Moment", "moment"]


@dataclass(frozen=True)
class Moment:
    """When a question is asked of.

    Attributes:
        case: the case.
        asked: what was typed; empty for the present.
        commit: the commit in whose ancestry the answer lies; None for all.
        at: the time whose marks count; None for now.
        until: the newest acquisition whose facts are seen.
        note: what to say of it beside the answer; empty for the present.
    """

    case: Case
    asked: str = ""
    commit: int | None = None
    at: datetime | None = None
    until: int = LATEST
    note: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """The note, where there is one."""
        return (self.note,) if self.note else ()

    @cached_property
    def coverage(self) -> Coverage:
        """What was read by then."""
        return coverage(self.case, self.until)

    @cached_property
    def lineage(self) -> Lineage:
        """The graph that the case knew then. As of a revision it also holds what did not stand: see ``stood``."""
        if self.at is None:
            return self.case.keep("lineage", lambda: Lineage(self.case))
        from forensics.case.snapshot import build_graph

        return Lineage(self.case, build_graph(self.case.connection, self.until))

    def stood(self, node: int) -> bool:
        """Whether a node belongs to the graph as it stood then."""
        if self.commit is not None and self.lineage.kind(node) in (NodeKind.CONTENT, NodeKind.ACTOR):
            places = self.lineage.places(node)
            return not places or any(map(self._carries, places))
        return self._carries(node)

    def resolve(self, text: str) -> Subject:
        """Finds what a SUBJECT meant: of what it means now, all that stood then.

        Raises:
            UsageError: it means nothing, or several things, or nothing of it stood then.
        """
        meant = resolve(self.case, text)
        if not self.asked:
            return meant
        nodes = tuple(node for node in meant.nodes if self.stood(node))
        if not nodes:
            raise UsageError(
                f"{text} means {meant.meaning}, which did not stand as of {self.asked}",
                hint="ask without --as-of, or of a later revision or time",
            )
        return replace(meant, nodes=nodes)

    def reach(self, seeds: Iterable[int], *, follow: frozenset[int], backward: bool = False) -> tuple[Reach, list[int]]:
        """What nodes that stood lead to, or came from, by way of nothing but nodes that stood.

        Args:
            seeds: where to start.
            follow: codes of the edges to follow.
            backward: from effect to cause.

        Returns:
            The search, and which of the nodes that it reached stood, in its order.
        """
        starts = list(seeds)
        graph = self.lineage.graph
        found = reach(graph, starts, follow=follow, backward=backward)
        strangers = frozenset(node for node in found if not self._carries(node))
        if strangers:
            found = reach(graph, starts, follow=follow, backward=backward, stop=strangers)
        return found, [node for node in found if node not in strangers]

    def path(self, causes: Iterable[int], effects: Iterable[int], *, follow: frozenset[int]) -> list[int] | None:
        """One shortest path by way of nothing but nodes that stood; None if there is none."""
        if self.commit is None:
            return shortest_path(self.lineage.graph, causes, effects, follow=follow)
        found, stood = self.reach(causes, follow=follow)
        ends = set(effects)
        nearest = next((node for node in stood if node in ends), None)
        return None if nearest is None else found.path(nearest)

    @cached_property
    def _carries(self) -> Callable[[int], bool]:
        """Whether influence may pass a node. Bytes and actors always do: what they join is tested itself."""
        if self.commit is not None:
            from forensics.taint import Order
            from forensics.taint.asof import as_of_commit

            return as_of_commit(self.lineage, Order(self.lineage), self.commit)
        if self.until == LATEST:
            return lambda _: True
        return frozenset(row[0] for row in rows(self.case, "moment.known", until=self.until)).__contains__


def moment(case: Case, as_of: str | None) -> Moment:
    """Reads ``--as-of``.

    Args:
        case: the case.
        as_of: a revision of any source, or a time like ``2026-11-23`` or ``2026-11-23T08:00:00Z``; None for now.

    Raises:
        UsageError: it is neither, or a revision of several sources, or a time before anything was read.
    """
    if not as_of:
        return Moment(case)
    found = find_revisions(case, as_of, [row[0] for row in rows(case, "moment.sources")])
    if len({revision.commit for revision in found}) > 1:
        raise UsageError(f"{as_of} is a revision of several sources", hint="name the commit by its full id")
    if found:
        note = f"as of {as_of}: what stands in its ancestry; other sources by claimed time"
        return Moment(case, as_of, commit=found[0].commit, note=note)
    try:
        at = datetime.fromisoformat(as_of)
        at = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    except (ValueError, OverflowError):
        raise UsageError(
            f"{as_of} is neither a revision in the case nor a time", hint="a time looks like 2026-11-23T08:00:00Z"
        ) from None
    until, first = rows(case, "moment.acquisition", at=at)[0]
    if until is None:
        # An answer from before that would be empty, and read as an all-clear.
        raise UsageError(
            f"the case had read nothing by {at.isoformat()}Z",
            hint=f"it first read a source at {first.isoformat()}Z" if first else "read one: forensics ingest SOURCE",
        )
    note = f"as of {as_of}: as the case knew it at {at.isoformat()}Z (acquisition {until})"
    return Moment(case, as_of, at=at, until=until, note=note)
