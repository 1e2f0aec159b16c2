"""The cards connector: model and dataset cards in the history of a git repository, read beside git and DVC."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace

from forensics.model import Acquired, Record, Source
from forensics_connectors.cards.card import Card, is_card, read_card
from forensics_connectors.cards.records import CardRecords
from forensics_connectors.cards.surroundings import Surroundings
from forensics_connectors.dvc.trees import FILES, Trees
from forensics_connectors.dvc.yaml import MAX_BYTES
from forensics_connectors.git.changes import empty_tree
from forensics_connectors.git.connector import GitConnector, git_state
from forensics_connectors.git.history import History, read_history
from forensics_connectors.git.text import text
from forensics_connectors.git.view import View, open_view

__all__ = ["CardsConnector"]

#: How much is looked at to learn whether there are cards: tips of refs, bytes of names, cards.
_TIPS = 64
_NAMES = 64 << 20
_CARDS = 1_000
_ADDED = re.compile(rb" ([0-9a-f]{40,64}) [AMT]\0(?:[^\0]*/)?readme\.md\0", re.IGNORECASE)
_OVERLAP = 4096


class CardsConnector:
    """Reads what model and dataset cards declare; a repository is read by ``git`` or ``dvc`` beside it."""

    kind = "cards"
    rank = 1

    def discover(self, locator: str) -> Source | None:
        """Recognises any git repository; whether it holds cards is known only when it is read.

        Raises:
            SourceError: a repository without commits, or one that cannot be read.
        """
        return GitConnector().discover(locator)

    def beside(self, source: Source) -> Source | None:
        """Adds to a git repository in which the tip of some ref holds a card that names an origin.

        Raises:
            SourceError: the repository cannot be read any more.
        """
        if source.kind != "git":
            return None
        with open_view(source.locator) as view:
            return replace(source, state=git_state(view)) if _has_cards(view) else None

    def read(self, source: Source) -> Iterator[Record]:
        """Yields what every version of every card declares, and the versions that it declares it of.

        Raises:
            SourceError: the repository is gone, or cannot be read any more.
        """
        with open_view(source.locator) as view:
            began = time.monotonic()
            history = read_history(view)
            cards, files = _read_cards(view, history)
            trees = Trees(view, history)
            made = CardRecords(history, trees, cards)
            if cards:
                yield from history.commits
                yield from made.records(Surroundings(history, cards, trees, view.read_blob))
            yield from view.findings
            details: dict[str, object] = {
                "connector": self.kind,
                "head": text(view.head),
                "commits": len(history.commits),
                "files": files,
                "cards": len(cards),
                "edges": made.edges,
                "seconds": {"read": round(time.monotonic() - began, 3)},
            }
            yield Acquired(git_state(view), details)


def _read_cards(view: View, history: History) -> tuple[dict[str, Card], int]:
    """Reads each distinct file that may be a card once.

    Returns:
        The cards that say something, by the ids of their blobs, and how many files were looked at.
    """
    oids = dict.fromkeys(
        change.new_oid
        for groups in history.changes
        for group in groups
        for change in group
        if change.new_oid is not None and change.new_mode in FILES and is_card(change.path)
    )
    cards = {oid: read_card(data) for oid, data in view.read_blobs(oids, MAX_BYTES) if data is not None}
    return {oid: card for oid, card in cards.items() if card.has_lineage}, len(oids)


def _has_cards(view: View) -> bool:
    """Whether a tip holds a card; or there is too much to look at, so that it may."""
    oids = list(dict.fromkeys(ref.oid for ref in sorted(view.refs(), key=lambda ref: ref.name != "HEAD")))[:_TIPS]
    trees = list(dict.fromkeys(entry.oid for entry in view.resolve((oid, "") for oid in oids) if entry is not None))
    found: dict[str, None] = {}
    seen, rest = 0, b""
    old = empty_tree(view.object_format)
    pairs = "".join(f"{before} {after}\n" for before, after in zip([old, *trees], trees, strict=False))
    arguments = ("diff-tree", "--stdin", "-r", "--raw", "-z", "--no-renames", "--no-abbrev")
    for chunk in view.stream(*arguments, stdin=pairs.encode()):
        rest += chunk
        found |= {match[1].decode(): None for match in _ADDED.finditer(rest)}
        seen, rest = seen + len(chunk), rest[-_OVERLAP:]
        if seen > _NAMES or len(found) > _CARDS:
            return True
    return any(data is not None and read_card(data).has_lineage for _, data in view.read_blobs(found, MAX_BYTES))
