"""What DVC's metadata documents say: immutable values, paths resolved, before they become records.

Everything that is read from a document is text of whoever wrote it. Paths are resolved lexically against the
document's folder and the stage's ``wdir``; nothing here has looked at a disk.
"""

from forensics.digest import Digest
from forensics.model import FindingKind
from forensics.values import dataclass

__all__ = ["Declared", "Document", "Item", "Problem", "Run", "Tracked", "Upstream"]


@dataclass(frozen=True, slots=True)
class Upstream:
    """What ``dvc import`` took from another repository.

    Attributes:
        url: the other repository as it was named: an URL, or a path relative to this repository's root.
        rev: what was asked for (branch, tag or commit), empty where nothing was.
        rev_lock: the commit that was taken, empty where it is not recorded.
        path: the path inside the other repository, from its root.
    """

    url: str
    rev: str
    rev_lock: str
    path: str


@dataclass(frozen=True, slots=True)
class Item:
    """One dependency or output.

    Attributes:
        path: repository-relative with ``/``, ``wdir`` applied. Where ``external``, an opaque name instead:
            an URL, an absolute or Windows path, ``ds://name``, ``db:<query or table>``, or ``<url>#<path>`` for what
            was imported from another repository (``upstream`` tells its parts).
        digest: ``md5``, ``md5-dos2unix``, ``etag`` or ``checksum``, or None where none is recorded. For a
            directory that is recorded by its ``files`` alone it is computed from them, as DVC does.
        size: bytes; of all members for a directory.
        nfiles: number of files of a directory.
        external: ``path`` is an opaque name.
        outside: a relative path that leaves the repository; ``path`` then starts with ``..``.
        cached: DVC keeps the bytes in its cache; False for dependencies and for ``cache: false``, which git tracks.
        persist: the output was not removed before the run, so its earlier version may have gone into it.
        role: ``dep``, ``out``, ``metric`` or ``plot``.
        files: members of a directory that is recorded file by file (cloud versioning): path, digest, bytes.
        upstream: for a dependency that lies in another repository.
        version_id: the storage's own version name.
        remote: the remote that is named for this output, or that the version is held by.
        declared: dvc.yaml declares this path for the stage; False for an output or dependency that only the lock
            still holds.
    """

    path: str
    digest: Digest | None
    size: int | None = None
    nfiles: int | None = None
    external: bool = False
    outside: bool = False
    cached: bool = False
    persist: bool = False
    role: str = "dep"
    files: tuple[tuple[str, Digest | None, int | None], ...] = ()
    upstream: Upstream | None = None
    version_id: str = ""
    remote: str = ""
    is_executable: bool = False
    declared: bool = True


@dataclass(frozen=True, slots=True)
class Run:
    """Something that ran: an entry of dvc.lock, or a legacy ``.dvc`` file with a command.

    Attributes:
        name: as in the lock, ``group@key`` for one of many; the file's name for a legacy stage file.
        directory: where it ran, repository-relative, empty for the root.
        command: lines of a list of commands are joined by newlines.
        params: (params file, key, value as canonical JSON), the file repository-relative.
        declared: dvc.yaml still declares the stage.
        placed: ``directory`` is known; False where ``wdir`` could not be told, so that every path is a guess.
    """

    name: str
    directory: str
    command: str
    deps: tuple[Item, ...]
    params: tuple[tuple[str, str, str], ...]
    outs: tuple[Item, ...]
    declared: bool = True
    frozen: bool = False
    always_changed: bool = False
    placed: bool = True


@dataclass(frozen=True, slots=True)
class Tracked:
    """A ``.dvc`` data source or import: data that no recorded command made.

    Attributes:
        deps: what was imported, none for ``dvc add``.
        meta: ``meta`` and ``desc`` as canonical JSON, empty where there are none.
    """

    outs: tuple[Item, ...]
    deps: tuple[Item, ...] = ()
    frozen: bool = False
    meta: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """An entry of ``artifacts:`` in dvc.yaml, or of GTO's older artifacts.yaml.

    Attributes:
        path: repository-relative; an opaque name where ``external``; empty where none is given.
        kind: the ``type`` as written: ``model``, ``dataset``, or anything else.
        name: the name that GTO tags use, without the directory part.
        directory: the folder of the document, repository-relative: GTO writes ``directory:name``.
    """

    path: str
    kind: str
    name: str
    labels: tuple[str, ...] = ()
    desc: str = ""
    directory: str = ""
    external: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a document.

    Attributes:
        locus: the stage, output or line that it is about.
        admits: it may hide lineage, so that answers may be short.
    """

    kind: FindingKind
    message: str
    locus: str = ""
    admits: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """All that one document, or one pair of dvc.yaml and dvc.lock, says.

    Attributes:
        metrics, params, plots: declared paths, of the whole document and of its stages, resolved.
        declared_outs: every output path that a stage of dvc.yaml declares, resolved, whether it ran or not.
        commands: what templates of dvc.yaml make, whether it ran or not.
        problems: what could not be read, or was read in spite of something.
    """

    runs: tuple[Run, ...] = ()
    tracked: tuple[Tracked, ...] = ()
    artifacts: tuple[Declared, ...] = ()
    metrics: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    plots: tuple[str, ...] = ()
    declared_outs: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
