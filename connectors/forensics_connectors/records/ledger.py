"""What a file of rows has said so far: what ids stand for, and where lineage begins without a digest."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from forensics.model import (
    Edge,
    EdgeKind,
    Execution,
    Finding,
    FindingKind,
    Gap,
    GapKind,
    Origin,
    Record,
    Strength,
    Version,
)

__all__ = ["Ledger"]

_REPORTED = 1_000


@dataclass(slots=True)
class Ledger:
    """Takes records down on their way out.

    Attributes:
        document: the name of the file.
        bad: how many rows were no records.
    """

    document: str
    bad: int = 0
    _described: dict[str, Record] = field(default_factory=dict)
    _hashless: dict[str, Origin] = field(default_factory=dict)
    _made: set[str] = field(default_factory=set)
    _fed: set[str] = field(default_factory=set)
    _making: dict[str, Origin] = field(default_factory=dict)
    _edges: set[tuple[str, str, str]] = field(default_factory=set)

    def origin(self, number: int) -> Origin:
        """A row of the file."""
        return Origin(self.document, locus=str(number))

    def node(self, record: Version | Execution) -> Iterator[Record]:
        """Yields a node that was not yet described."""
        if record.key not in self._described:
            self._described[record.key] = record
            if isinstance(record, Version) and (record.digest is None or not record.digest.is_content_hash):
                self._hashless[record.key] = record.origin
            yield record

    def knows(self, key: str) -> bool:
        """Whether a node was described."""
        return key in self._described

    def edge(self, edge: Edge) -> Iterator[Record]:
        """Yields an edge that was not yet there."""
        if (edge.kind, edge.cause, edge.effect) in self._edges:
            return
        self._edges.add((edge.kind, edge.cause, edge.effect))
        if edge.kind is EdgeKind.GENERATED:
            self._making.setdefault(edge.cause, edge.origin)
            if edge.strength is Strength.RECORDED:
                self._made.add(edge.effect)
        elif edge.kind is EdgeKind.IMPORTED and edge.strength is Strength.RECORDED:
            self._made.add(edge.effect)
        elif edge.kind is EdgeKind.USED:
            self._fed.add(edge.effect)
        yield edge

    def refuse(self, number: int, message: str) -> Iterator[Record]:
        """Yields a finding on a row that is no record; of very many, the first ones."""
        self.bad += 1
        if self.bad == _REPORTED:
            message = f"{message}; further rows like it are not named"
        if self.bad <= _REPORTED:
            text = f"{self.document}: row {number} is no record: {message}"
            yield Finding(FindingKind.BAD_ROW, text, self.origin(number), admits=True)

    def gaps(self) -> Iterator[Record]:
        """Yields the gaps: versions that are known by a name alone and that nothing made, runs that read nothing."""
        for key, origin in self._hashless.items():
            if key not in self._made:
                yield Gap(
                    GapKind.HASHLESS, key, "known by no digest of its bytes, and nothing on record made it", origin
                )
        for key, origin in self._making.items():
            if key not in self._fed:
                yield Gap(GapKind.HASHLESS, key, "it wrote something, and nothing on record says what it read", origin)
