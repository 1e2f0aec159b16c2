"""The git connector: any git repository as a source."""

import hashlib
import time
from collections.abc import Iterator, Sequence

from forensics.digest import Digest
from forensics.model import Acquired, Record, Source, Wanted

from .history import read_history
from .layout import find_layout
from .records import git_records
from .search import search_source
from .text import text
from .view import View, open_view
from .walk import root_commits

__all__ = ["GitConnector", "git_source", "git_state"]


class GitConnector:
    """Reads commits, refs and file versions of a git repository."""

    kind = "git"
    rank = 10

    def discover(self, locator: str) -> Source | None:
        """Recognises a worktree, a linked worktree, a bare repository or a ``.git`` folder.

        Raises:
            SourceError: a repository without commits, or one that cannot be read.
        """
        if find_layout(locator) is None:
            return None
        with open_view(locator) as view:
            return git_source(view)

    def read(self, source: Source) -> Iterator[Record]:
        """Yields all that git itself says of every commit of every ref.

        Raises:
            SourceError: the repository is gone, or cannot be read any more.
        """
        with open_view(source.locator) as view:
            began = time.monotonic()
            history = read_history(view)
            walked = time.monotonic()
            yield from git_records(history)
            yield from view.findings
            details: dict[str, object] = {
                "connector": self.kind,
                "head": text(view.head),
                "refs": len(history.refs),
                "commits": len(history.commits),
                "seconds": {"walk": round(walked - began, 3), "records": round(time.monotonic() - walked, 3)},
            }
            yield Acquired(git_state(view), details)

    def search(self, source: Source, wanted: Sequence[Wanted], held: Sequence[Digest]) -> Iterator[Record]:
        """Computes the digests of blobs and of folders of code (``forensics_connectors.git.search``).

        Raises:
            SourceError: the repository is gone, or is another one now.
        """
        del held  # git knows its files by ids that say nothing of other digests
        yield from search_source(source, wanted)


def git_source(view: View) -> Source:
    """The source that a repository is, whichever connector reads it.

    It is told from others by its root commits, so that clones are one source.
    """
    state = git_state(view)
    place = view.worktree or view.git_dir
    name = text(place.name.removesuffix(".git"))
    return Source("git", text(str(place)), name, root_commits(view), view.object_format, state)


def git_state(view: View) -> str:
    """A digest of all that decides what a reading returns: HEAD, refs, shallow file, packs, active settings."""
    state = hashlib.sha256()
    for ref in view.refs():
        state.update(f"{ref.name}\0{ref.oid}\0{ref.target}\n".encode("utf-8", "surrogateescape"))
    for part in (view.head, *view.shallow, *view.packs, *view.settings):
        state.update(f"{part}\n".encode("utf-8", "surrogateescape"))
    return f"sha256:{state.hexdigest()}"
