"""The DVC metadata of a working tree as it lies there, staged and uncommitted changes included.

It is read as text, like that of commits: nothing is run, no link is followed, and DVC itself is not used.
"""

import os
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from forensics.errors import SourceError
from forensics.model import Stated
from forensics_connectors.dvc.documents import Document, Item, Run, Tracked
from forensics_connectors.dvc.library import subject_of
from forensics_connectors.dvc.lockfile import MAX_LOCK, read_project
from forensics_connectors.dvc.stagefile import read_stage_file
from forensics_connectors.git.layout import read_plain

__all__ = ["read_checkout"]

#: Folders of tools. All others are entered: whoever wants to be overlooked may choose a folder's name.
_SKIPPED = frozenset({".dvc", ".git"})
_SECTION = re.compile(r"(deps|outs|metrics|plots):")
_FIELD = re.compile(r"(path|md5|etag|checksum):\s+(.*\S)")


def read_checkout(folder: str) -> tuple[tuple[Stated, ...], tuple[str, ...]]:
    """Reads every dvc.lock and ``.dvc`` file of a working tree.

    Args:
        folder: the root of the working tree.

    Returns:
        What is stated, outputs before dependencies, by document, line and path; what two entries state alike stands
        once. And a sentence for each document that could not be read in full.

    Raises:
        SourceError: there is no such folder.
    """
    root = Path(folder)
    if not root.is_dir():
        raise SourceError(f"no folder {folder}", hint="name the root of the checked-out repository", locator=folder)
    outs: list[Stated] = []
    deps: list[Stated] = []
    unread: list[str] = []
    for subject in sorted(_subjects(root, unread)):
        name = posixpath.join(subject, "dvc.lock") if subject.endswith("/") or not subject else subject
        data = read_plain(root / name, MAX_LOCK)
        if data is None:
            unread.append(f"{name}: it is no plain file, or too large")
        document = _read(root, subject, name, data)
        unread += [f"{name}: {problem.message}" for problem in document.problems if problem.admits]
        lines = _Lines((data or b"").decode("utf-8", "replace"))
        entries: tuple[Run | Tracked, ...] = (*document.runs, *document.tracked)
        for entry in entries:
            outs += _stated(entry.outs, name, lines, "outs", entry)
            deps += _stated(entry.deps, name, lines, "deps", entry)
    found: dict[tuple[str, str], Stated] = {}
    for stated in [*outs, *deps]:
        found.setdefault((stated.path, str(stated.digest)), stated)
    return tuple(found.values()), tuple(dict.fromkeys(unread))


def _subjects(root: Path, unread: list[str]) -> Iterator[str]:
    """What there is to read, as ``subject_of`` names it: the root's pair of documents is the empty text."""
    for folder, folders, files in os.walk(
        root, onerror=lambda error: unread.append(f"{error.filename}: {error.strerror}")
    ):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        inside = Path(folder).relative_to(root).as_posix()
        for name in files:
            subject = subject_of(name if inside == "." else f"{inside}/{name}")
            if subject is not None and name not in {"dvc.yaml", "artifacts.yaml"}:
                yield subject.removeprefix("/")


def _read(root: Path, subject: str, name: str, data: bytes | None) -> Document:
    if data is None:
        return Document()

    def beside(path: str) -> bytes | None:
        return None if ".." in Path(path).parts or Path(path).is_absolute() else read_plain(root / path, MAX_LOCK)

    if name != subject:
        return read_project(subject.rstrip("/"), beside(f"{subject}dvc.yaml"), data, beside, "")
    return read_stage_file(subject, data, _project(root, posixpath.dirname(subject)))


def _project(root: Path, folder: str) -> str:
    """The nearest folder around a document that holds a DVC project; the root where there is none."""
    while folder and not (root / folder / ".dvc").is_dir():
        folder = posixpath.dirname(folder)
    return folder


def _stated(
    items: tuple[Item, ...], document: str, lines: "_Lines", section: str, entry: Run | Tracked
) -> Iterator[Stated]:
    made_of = tuple((dep.path, dep.digest) for dep in entry.deps if dep.digest) if section == "outs" else ()
    for item in items:
        if item.digest is not None:
            line = lines.of(item.digest.value, posixpath.basename(item.path), section)
            yield Stated(item.path, item.digest, document, line, made_of)


class _Lines:
    """Where the digests of a document stand, told from its lines as DVC lays them out, in one pass."""

    def __init__(self, content: str) -> None:
        self._exact: dict[tuple[str, str, str], int] = {}
        self._any: dict[str, int] = {}
        section, name = "", ""
        pending: list[tuple[str, int]] = []
        for number, line in enumerate([*content.splitlines(), "- "], 1):
            begins = line.lstrip()
            match = _SECTION.match(begins)
            if begins.startswith("- ") or match:
                for value, at in pending:
                    self._exact.setdefault((value, name, section), at)
                    self._any.setdefault(value, at)
                name, pending = "", []
                section = section if match is None else "deps" if match[1] == "deps" else "outs"
            field = _FIELD.match(begins.removeprefix("- "))
            if field and field[1] == "path":
                name = posixpath.basename(field[2].strip("'\""))
            elif field:
                pending.append((field[2].strip("'\"").lower(), number))

    def of(self, value: str, name: str, section: str) -> int | None:
        """The line of a digest: in the entry of that name in the section, else where it stands first."""
        value = value.lower()
        return self._exact.get((value, name, section)) or self._any.get(value)
