"""The DVC connector: a git repository with the DVC metadata of every commit of every ref."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from forensics.digest import Digest
from forensics.model import Acquired, ArtifactKind, Finding, FindingKind, Origin, Record, RefKind, Source, Wanted
from forensics_connectors.dvc.code import Blobs, match_code
from forensics_connectors.dvc.gaps import Gaps
from forensics_connectors.dvc.ledger import Ledger
from forensics_connectors.dvc.library import Library
from forensics_connectors.dvc.listings import read_listings
from forensics_connectors.dvc.metrics import metric_records
from forensics_connectors.dvc.moments import Moments
from forensics_connectors.dvc.parts import Parts
from forensics_connectors.dvc.records import Reading, execution_records, version_records
from forensics_connectors.dvc.releases import read_releases, tags_of
from forensics_connectors.dvc.roles import read_roles
from forensics_connectors.dvc.search import search_storage
from forensics_connectors.dvc.settings import setting_records
from forensics_connectors.dvc.storage import Storage
from forensics_connectors.dvc.tagged import Tagged
from forensics_connectors.dvc.timeline import read_timeline
from forensics_connectors.dvc.trees import Trees
from forensics_connectors.dvc.undeclared import undeclared_files
from forensics_connectors.git.connector import git_source, git_state
from forensics_connectors.git.history import History, read_history
from forensics_connectors.git.layout import find_layout
from forensics_connectors.git.records import git_records
from forensics_connectors.git.search import search_source
from forensics_connectors.git.text import text
from forensics_connectors.git.view import View, open_view

__all__ = ["DvcConnector"]

_TIPS = 64
#: Bytes of folder names that are looked at: a few small trees can name folders without end.
_FOLDER_BYTES = 64 << 20


class DvcConnector:
    """Reads what git and DVC metadata say of a repository: nothing is run, and DVC itself is not used."""

    kind = "dvc"
    rank = 20

    def discover(self, locator: str) -> Source | None:
        """Recognises any git repository; whether it holds DVC metadata is known only when it is read.

        Raises:
            SourceError: a repository without commits, or one that cannot be read.
        """
        if find_layout(locator) is None:
            return None
        with open_view(locator) as view:
            return replace(git_source(view), state=_state(view, _storage(view)))

    def read(self, source: Source) -> Iterator[Record]:
        """Yields all that git and DVC say of every commit of every ref.

        Raises:
            SourceError: the repository cannot be read any more.
        """
        with open_view(source.locator) as view:
            clock = _Clock()
            history = read_history(view)
            trees = Trees(view, history)
            library = Library(view, history, trees)
            clock.stop("walk")
            yield from git_records(history)
            if library.is_empty:
                yield Finding(FindingKind.NO_METADATA, "no commit holds DVC metadata: git history alone", Origin())
            clock.stop()
            ledger = Ledger()
            tips = _tips(history)
            tags = {history.positions[tag.commit] for tag in tags_of(history.refs)}
            timeline = read_timeline(history, library, ledger, {*tips, *tags})
            library.close()
            clock.stop("parse")
            blobs = Blobs(view)
            code = match_code(history, ledger, blobs)
            clock.stop("code")
            storage = _storage(view)
            listings = read_listings(ledger, storage)
            undeclared = list(undeclared_files(view, history, ledger, listings, code, blobs))
            clock.stop("code")
            reading = Reading(history, ledger, timeline, code, blobs)
            moments = Moments(reading)
            parts = Parts(reading, listings, trees, moments)
            gaps = Gaps(reading, parts, moments, tips)
            roles = list(read_roles(ledger, history.refs))
            models = {role.path for role in roles if role.kind is ArtifactKind.MODEL}
            tagged = Tagged(reading, trees, parts, moments, models)
            parts.ask()
            gaps.ask()
            tagged.ask()
            moments.answer()
            joined = [*parts.records(), *gaps.records(), *setting_records(view, reading)]
            joined += read_releases(history.refs, tagged.moments())
            clock.stop("members")
            yield from version_records(reading)
            yield from execution_records(reading)
            yield from listings.records()
            yield from joined
            yield from undeclared
            yield from roles
            clock.stop()
            measured = list(metric_records(view, reading, storage))
            clock.stop("metrics")
            yield from measured
            yield from ledger.findings
            yield from view.findings
            details: dict[str, object] = {
                "connector": self.kind,
                "head": text(view.head),
                "refs": len(history.refs),
                "commits": len(history.commits),
                "documents": library.documents,
                "executions": len(ledger.jobs),
                "versions": len(ledger.facts),
                "projects": [text(project) for project in library.projects],
                "seconds": clock.seconds,
            }
            yield Acquired(_state(view, storage), details)

    def search(self, source: Source, wanted: Sequence[Wanted], held: Sequence[Digest]) -> Iterator[Record]:
        """As ``GitConnector.search``, and in the objects of caches and local remotes.

        Raises:
            SourceError: the repository is gone, or is another one now.
        """
        yield from search_source(source, wanted)
        if held:
            with open_view(source.locator) as view:
                yield from search_storage(_storage(view), wanted, held)


def _tips(history: History) -> tuple[int, ...]:
    """Commits to look at as they stand, those of HEAD and branches first: not all, where there are very many refs."""
    ranks = {kind: rank for rank, kind in enumerate(RefKind)}
    refs = sorted(history.refs, key=lambda ref: (ranks[ref.kind], ref.name))
    return tuple(dict.fromkeys(history.positions[ref.commit] for ref in refs))[:_TIPS]


class _Clock:
    """Seconds by phase; what the caller does with the records in between counts for nothing."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self.seconds: dict[str, float] = {}

    def stop(self, phase: str = "") -> None:
        now = time.monotonic()
        if phase:
            self.seconds[phase] = round(self.seconds.get(phase, 0.0) + now - self._last, 3)
        self._last = now


def _storage(view: View) -> Storage:
    """The caches and remotes of the projects that lie in the working tree."""
    if view.worktree is None:
        return Storage([])
    worktree = view.worktree
    projects = {Path(): None}
    rest, left = b"", _FOLDER_BYTES
    for chunk in view.stream("ls-tree", "-r", "-d", "-z", "--name-only", "HEAD"):
        *names, rest = (rest + chunk).split(b"\0")
        folders = (Path(os.fsdecode(name)) for name in names if name.endswith(b"/.dvc"))
        # A forged tree may hold names that lead out of the working tree.
        inside = (folder for folder in folders if ".." not in folder.parts and not folder.is_absolute())
        projects |= {folder.parent: None for folder in inside}
        left -= len(chunk)
        if left < 0:  # what lies in folders beyond is not found, and what it would list is then a gap
            break
    return Storage(worktree / project for project in projects)


def _state(view: View, storage: Storage) -> str:
    """As for git alone, and which objects lie in caches and local remotes: a listing that was missing may be there."""
    return f"sha256:{sha256(f'{git_state(view)} {storage.inventory()}'.encode()).hexdigest()}"
