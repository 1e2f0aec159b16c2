"""Reads DVC's metadata documents out of git blobs, each distinct one once."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Protocol
from weakref import ref

from forensics.model import Finding, FindingKind, Origin
from forensics_connectors.dvc.documents import Document, Problem
from forensics_connectors.dvc.ledger import Ledger, Sheet
from forensics_connectors.dvc.lockfile import Memo, read_project
from forensics_connectors.dvc.pipeline import read_artifacts
from forensics_connectors.dvc.stagefile import read_stage_file
from forensics_connectors.dvc.trees import Trees
from forensics_connectors.git.history import FileChange, History
from forensics_connectors.git.text import text
from forensics_connectors.git.view import View

__all__ = ["Library", "subject_of"]

_LINKS = frozenset({"120000", "160000"})
_LIMIT = 256 << 20
_CACHED = 64 << 20


class Files(Protocol):
    """Blob ids by path: of all documents, and of those other files that were asked for before."""

    def get(self, key: str, /) -> str | None:
        """The blob at a path, if it is known."""

    def remember(self, key: str, value: str, /) -> None:
        """Takes down the blob at a path."""


def subject_of(path: str) -> str | None:
    """What a file belongs to, for the reader of documents.

    Returns:
        The folder (ending in ``/``) of a dvc.yaml and dvc.lock; the file itself where it is a document of its own; None
        where it is no DVC metadata.
    """
    folder, _, name = path.rpartition("/")
    if name in ("dvc.yaml", "dvc.lock"):
        subject = f"{folder}/"
    elif name.endswith(".dvc") or name in ("Dvcfile", "artifacts.yaml"):
        subject = path
    else:
        return None
    # What lies in a project's own .dvc folder is configuration and scratch.
    return None if ".dvc" in folder.split("/") else subject


class Library:
    """The documents of one history.

    Args:
        view: gives the blobs.
        history: says which there are, and in which order they will be wanted.
        trees: gives other files that a document refers to.
    """

    def __init__(self, view: View, history: History, trees: Trees) -> None:
        self._trees = trees
        self._history = history
        self._subjects: dict[str, str | None] = {}
        self._watched: dict[str, list[str]] = {}
        # Weak: the states of commits that are still looked at hold their sheets, and a large lock makes large ones.
        self._sheets: dict[tuple[str, str | None, str | None], list[tuple[dict[str, str | None], ref[Sheet]]]] = {}
        self._memo = Memo()
        self._told: set[tuple[object, ...]] = set()
        oids = dict.fromkeys(
            change.new_oid
            for groups in history.changes
            for group in groups[:1]
            for change in group
            if change.new_oid is not None and change.new_mode not in _LINKS and self.is_document(change.path)
        )
        self._blobs = _Blobs(view, list(oids))
        self.projects: tuple[str, ...] = _projects(history)

    def close(self) -> None:
        """Ends reading ahead."""
        self._blobs.close()

    @property
    def is_empty(self) -> bool:
        """No commit holds any document."""
        return not any(self._subjects.values())

    @property
    def documents(self) -> int:
        """How many distinct documents, or pairs of dvc.yaml and dvc.lock, were read."""
        return sum(map(len, self._sheets.values()))

    def is_document(self, path: str) -> bool:
        """Whether a file is DVC metadata."""
        if path not in self._subjects:
            self._subjects[path] = subject_of(path)
        return self._subjects[path] is not None

    def select(self, group: Sequence[FileChange]) -> list[FileChange]:
        """The changes that can change what some document says."""
        return [change for change in group if self.is_document(change.path) or change.path in self._watched]

    def subjects(self, changes: Iterable[FileChange]) -> list[str]:
        """The documents whose meaning the changes can change."""
        found: dict[str, None] = {}
        for change in changes:
            subject = self._subjects.get(change.path)
            if subject is not None:
                found[subject] = None
            found.update(dict.fromkeys(self._watched.get(change.path, ())))
        return list(found)

    def document(self, change: FileChange) -> str | None:
        """The blob that a change leaves at its path, None where it is gone or not a file."""
        return None if change.new_mode in _LINKS else change.new_oid

    def read(self, subject: str, files: Files, position: int, ledger: Ledger) -> Sheet | None:
        """Reads what a document, or a pair of dvc.yaml and dvc.lock, says at a commit.

        Args:
            subject: as ``subject_of`` gives it.
            files: the blobs at that commit.
            position: of the commit.
            ledger: takes what is said for the first time.

        Returns:
            What it says, or None where the commit does not hold it.
        """
        if subject.endswith("/"):
            folder = subject if subject != "/" else ""
            first, second = files.get(f"{folder}dvc.yaml"), files.get(f"{folder}dvc.lock")
        else:
            first, second = files.get(subject), None
        if first is None and second is None:
            return None
        known = self._sheets.setdefault((subject, first, second), [])
        again = None
        for number, (reads, kept) in enumerate(known):
            if all(self._find(files, position, path) == oid for path, oid in reads.items()):
                if (sheet := kept()) is not None:
                    return sheet
                again = number
        reads, document = self._parse(subject, first, second, files, position)
        commit = self._history.commits[position].oid
        path, script = text(subject), text(subject)
        if subject.endswith("/"):
            folder = text(subject) if subject != "/" else ""
            script, path = f"{folder}dvc.yaml", f"{folder}dvc.lock" if second else f"{folder}dvc.yaml"
        sheet = ledger.add(document, path, commit, script)
        if again is not None:
            known[again] = reads, ref(sheet)
            return sheet
        for problem in document.problems:
            self._tell(problem, script if problem.kind is FindingKind.TEMPLATE else path, commit, ledger)
        known.append((reads, ref(sheet)))
        return sheet

    def _parse(
        self, subject: str, first: str | None, second: str | None, files: Files, position: int
    ) -> tuple[dict[str, str | None], Document]:
        reads: dict[str, str | None] = {}
        problems: list[Problem] = []
        data, lock = (self._blob(oid, problems) for oid in (first, second))
        if subject.endswith("/"):
            folder = subject.rstrip("/")
            # Without a template no other file has a say, whatever is loaded for it.
            templated = data is not None and b"${" in data
            loads = templated or (data is not None and b"vars" in data)

            def read_file(path: str) -> bytes | None:
                oid = self._find(files, position, path) if loads else None
                if templated:
                    reads[path] = oid
                return None if oid is None else self._blobs.get(oid)

            document = read_project(text(folder), data, lock, read_file, self._project(folder), self._memo)
            for path in reads:
                watching = self._watched.setdefault(path, [])
                if subject not in watching:
                    watching.append(subject)
        elif data is None:
            document = Document()
        elif subject.endswith("artifacts.yaml"):
            document = read_artifacts(text(subject), data)
        else:
            document = read_stage_file(text(subject), data, self._project(subject.rpartition("/")[0]))
        if problems:
            document = Document(
                document.runs,
                document.tracked,
                document.artifacts,
                document.metrics,
                document.params,
                document.plots,
                document.declared_outs,
                document.commands,
                (*problems, *document.problems),
            )
        return reads, document

    def _find(self, files: Files, position: int, path: str) -> str | None:
        """The blob of any file at a commit; what changes it is watched from now on."""
        self._watched.setdefault(path, [])
        oid = files.get(path)
        if oid is None:
            oid = self._trees.find_file(position, path)
            if oid is not None:
                files.remember(path, oid)
        return oid

    def _blob(self, oid: str | None, problems: list[Problem]) -> bytes | None:
        data = None if oid is None else self._blobs.get(oid)
        if oid is not None and data is None:
            problems.append(Problem(FindingKind.MISSING_OBJECT, f"blob {oid} cannot be read", admits=True))
        return data

    def _tell(self, problem: Problem, path: str, commit: str, ledger: Ledger) -> None:
        """Takes a problem down once: those of a whole document for each, those of an entry for all that hold it."""
        if problem.kind is FindingKind.UNDECLARED and problem.locus:
            return  # said of the execution itself
        whole = problem.admits and not problem.locus
        fact = (problem, path, commit) if whole else (problem, path)
        if fact not in self._told:
            self._told.add(fact)
            message = f"{path}: {problem.message}"
            origin = Origin(path, commit, problem.locus)
            ledger.findings.append(Finding(problem.kind, message, origin, problem.admits))

    def _project(self, folder: str) -> str:
        """The folder of the DVC project around a folder: the nearest that ever held a ``.dvc`` folder."""
        while folder and folder not in self.projects:
            folder = folder.rpartition("/")[0]
        return text(folder)


class _Blobs:
    """Blobs read in the order in which they will first be wanted, while git reads ahead; kept while there is room."""

    def __init__(self, view: View, order: list[str]) -> None:
        self._view = view
        self._waiting = dict.fromkeys(order)
        self._stream = view.read_blobs(order, _LIMIT)
        self._kept: OrderedDict[str, bytes | None] = OrderedDict()
        self._bytes = 0

    def get(self, oid: str) -> bytes | None:
        """The bytes of a blob, None (and a finding of the view) where it cannot be read."""
        while oid in self._waiting:
            found, data = next(self._stream)
            del self._waiting[found]
            self._keep(found, data)
        if oid not in self._kept:
            self._keep(oid, self._view.read_blob(oid, _LIMIT))
        self._kept.move_to_end(oid)
        return self._kept[oid]

    def close(self) -> None:
        self._stream.close()

    def _keep(self, oid: str, data: bytes | None) -> None:
        self._kept[oid] = data
        self._bytes += len(data or b"")
        while self._bytes > _CACHED and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= len(gone or b"")


def _projects(history: History) -> tuple[str, ...]:
    """Every folder that ever held a ``.dvc`` folder."""
    marks = ("/.dvc/config", "/.dvc/.gitignore")
    paths = {
        f"/{change.path}"
        for groups in history.changes
        for group in groups
        for change in group
        if change.path.endswith((".dvc/config", ".dvc/.gitignore"))
    }
    return tuple(sorted({path.removesuffix(mark)[1:] for path in paths for mark in marks if path.endswith(mark)}))
