"""What a connector is: two methods, records out, no database in sight.

A third party adds a connector by naming a class with these methods in the entry-point group ``forensics.connectors``.
"""

import os
from collections.abc import Iterator, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, runtime_checkable

from forensics.digest import Digest
from forensics.errors import SourceError, UsageError
from forensics.model import Record, Source, Wanted
from forensics.secrets import without_secrets

__all__ = ["Connector", "Searcher", "SideReader", "connectors", "find_connector", "find_readers"]


class Connector(Protocol):
    """Reads one kind of source, and never writes to it."""

    #: The name under which it is asked for: ``--kind``.
    kind: str
    #: A connector of higher rank is asked first, where several know a locator (``dvc`` before ``git``).
    rank: int

    def discover(self, locator: str) -> Source | None:
        """Recognises a source.

        Args:
            locator: a path or an URL as the user typed it.

        Returns:
            The source with its present state, or None where this connector does not know such a thing.

        Raises:
            SourceError: it is of this kind but cannot be read at all.
        """

    def read(self, source: Source) -> Iterator[Record]:
        """Yields all that the source says, each distinct fact once, and an ``Acquired`` last.

        Nodes come before the edges that name them. What cannot be read is a ``Finding``.

        Raises:
            SourceError: nothing can be read any more.
        """


@runtime_checkable
class SideReader(Protocol):
    """A connector that also reads what others read: each reading is an acquisition of the same source."""

    def beside(self, source: Source) -> Source | None:
        """Says whether there is something to add to what another connector reads.

        Args:
            source: any source that another connector discovered. It is asked of each, so it must answer soon.

        Returns:
            The source in the state that this connector knows it by; None where there is nothing to add. A reading that
            yields commits must yield all of them: one that the case has and the reading has not counts as gone.
        """


@runtime_checkable
class Searcher(Protocol):
    """A connector whose sources know bytes by ids of their own: it computes the digests that other sources name."""

    def search(self, source: Source, wanted: Sequence[Wanted], held: Sequence[Digest]) -> Iterator[Record]:
        """Looks for digests in the bytes of a source that was read before.

        Args:
            source: as it was read.
            wanted: what to look for.
            held: digests under which the source itself knows files of the wanted names, and then such others as may be
                worth a look.

        Yields:
            ``SameBytes`` and ``Listing`` for what was found, from a digest as it was wanted; ``Finding`` for what could
            not be looked at. No ``Acquired``: the case notes what was looked for.

        Raises:
            SourceError: the source is not there any more, or cannot be read.
        """


def connectors() -> list[Connector]:
    """All installed connectors, those of higher rank first."""
    found: list[Connector] = [entry.load()() for entry in entry_points(group="forensics.connectors")]
    return sorted(found, key=lambda connector: (-connector.rank, connector.kind))


def find_readers(locator: str, kind: str | None = None) -> list[tuple[Connector, Source]]:
    """Finds all connectors that are to read a locator: the one that recognises it, and those that read beside it.

    Args:
        locator: a path or an URL.
        kind: the connector to use, and no other.

    Raises:
        UsageError: there is no connector of that kind.
        SourceError: no connector recognises the locator.
    """
    first, source = find_connector(locator, kind)
    readers = [(first, source)]
    for connector in connectors() if kind is None else ():
        if connector.kind != first.kind and isinstance(connector, SideReader):
            found = connector.beside(source)
            if found is not None:
                readers.append((connector, found))
    return readers


def find_connector(locator: str, kind: str | None = None) -> tuple[Connector, Source]:
    """Finds the connector that reads a locator.

    Args:
        locator: a path or an URL.
        kind: the connector to use, instead of the first that recognises the locator.

    Raises:
        UsageError: there is no connector of that kind.
        SourceError: no connector recognises the locator.
    """
    choice = [connector for connector in connectors() if kind in (None, connector.kind)]
    if not choice:
        known = ", ".join(connector.kind for connector in connectors())
        raise UsageError(f"no connector of kind {kind!r}", hint=f"installed kinds: {known}")
    for connector in choice:
        source = connector.discover(locator)
        if source is not None:
            return connector, source
    if Path(locator).is_dir() and not os.access(locator, os.R_OK | os.X_OK):
        raise SourceError(
            f"no permission to read {locator}",
            hint="change its permissions, or read a copy: git clone --mirror",
            locator=locator,
        )
    locator = without_secrets(locator)
    raise SourceError(
        f"nothing that can be read at {locator}",
        hint="name a git repository, or the folder that holds one; --kind says how to read it",
        locator=locator,
    )
