"""A config-less view of a repository: a git directory of our own in which git may safely look at hostile objects.

A repository's configuration, hooks and attributes name programs that git runs; its commit-graph, replace refs and
grafts make git show a history that is not there. The view has none of them: only links to the packs and the loose
objects, a list of refs that we checked, and a configuration that we wrote. (Alternates are not used for the link, since
git would follow the repository's own alternates, commit-graph and multi-pack-index behind them.)
"""

import os
import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from forensics.errors import SourceError
from forensics.model import Finding, FindingKind, Origin

from .config import active_settings, object_format, read_config, side_files
from .environment import Child, Runner
from .layout import Layout, find_layout, read_plain
from .objects import BLOB_LIMIT, Entry, GitObject, ObjectReader, TreeEntry
from .refs import RawRef, is_valid_name, read_refs
from .text import text

__all__ = ["View", "open_view"]

_CONFIG = """[core]
\trepositoryformatversion = {version}
\tbare = true
\tcommitGraph = false
\tmultiPackIndex = false
\tuseReplaceRefs = false
\thooksPath = /dev/null
\tfsmonitor = false
\tattributesFile = /dev/null
\twarnAmbiguousRefs = false
[extensions]
\tobjectFormat = {format}
[protocol]
\tallow = never
[gc]
\tauto = 0
[maintenance]
\tauto = false
[log]
\tshowSignature = false
[gpg]
\tprogram = /bin/false
"""
_HEX = "0123456789abcdef"


class View:
    """One repository, seen through the view.

    Attributes:
        locator: the path that was asked for.
        worktree: the real folder of checked-out files, None for a bare repository. Only ever read.
        git_dir: the real repository's common git directory. Only ever read.
        layout: all its folders.
        object_format: ``sha1`` or ``sha256``.
        head: what HEAD holds: a ref name, an id, or nothing.
        shallow: ids that the repository's shallow file lists.
        packs: names of the pack files.
        settings: the findings that were made before any object was read, as text.
        path: the view's own git directory.
        findings: what was noticed, in the order noticed; it grows while objects are read.
    """

    def __init__(self, locator: str, layout: Layout, path: Path) -> None:
        self.locator = locator
        self.layout = layout
        self.worktree = layout.worktree
        self.git_dir = layout.common_dir
        self.path = path
        self.findings: list[Finding] = list(layout.findings)
        self._runner = Runner(path)
        config, noticed = read_config(self._runner, layout, path)
        self.findings += noticed
        self.object_format = object_format(config, layout)
        self.findings += active_settings(config)
        self.findings += side_files(layout)
        self._refs, self.head, noticed = read_refs(layout, self.object_format)
        self.findings += noticed
        self.packs: list[str] = []
        self.shallow = self._read_shallow()
        self._link_objects()
        self._write()
        self.settings = tuple(str(finding) for finding in self.findings)
        self._objects = ObjectReader(self._runner, self.object_format, self.findings.append)

    def notice(self, finding: Finding) -> None:
        """Takes a finding down."""
        self.findings.append(finding)

    def refs(self) -> list[RawRef]:
        """All refs in the order of their names, without replace refs and DVC's bookkeeping under ``refs/exps``."""
        return list(self._refs)

    # -- git's plumbing ---------------------------------------------------------------------------------------------

    def run(self, *arguments: str, stdin: bytes = b"", check: bool = True) -> bytes:
        """Runs plumbing in the view; see ``Runner.run``."""
        return self._runner.run(*arguments, stdin=stdin, check=check)

    def stream(self, *arguments: str, stdin: bytes = b"") -> Iterator[bytes]:
        """Runs plumbing in the view and yields its output in chunks; see ``Runner.stream``."""
        return self._runner.stream(*arguments, stdin=stdin)

    def start(self, *arguments: str, stdin: bytes | None = b"") -> Child:
        """Starts plumbing in the view; see ``Runner.start``."""
        return self._runner.start(*arguments, stdin=stdin)

    # -- objects ----------------------------------------------------------------------------------------------------

    def read_object(
        self, oid: str, kind: str = "", limit: int = BLOB_LIMIT, *, missing_ok: bool = False
    ) -> GitObject | None:
        """Reads one object of any type; see ``ObjectReader.read``."""
        return self._objects.read(oid, kind, limit, missing_ok=missing_ok)

    def read_objects(
        self, oids: Iterable[str], kind: str = "", limit: int = BLOB_LIMIT
    ) -> Iterator[tuple[str, GitObject | None]]:
        """Reads objects in bulk; see ``ObjectReader.read_many``."""
        return self._objects.read_many(oids, kind, limit)

    def read_blob(self, oid: str, limit: int = BLOB_LIMIT) -> bytes | None:
        """The bytes of a blob, or None (and a finding) where it is missing, too large or corrupt."""
        found = self._objects.read(oid, "blob", limit)
        return None if found is None else found.data

    def read_blobs(
        self, oids: Iterable[str], limit: int = BLOB_LIMIT
    ) -> Generator[tuple[str, bytes | None], None, None]:
        """Reads blobs in bulk, in the order asked for: each id with its bytes, or with None as for ``read_blob``."""
        for oid, found in self._objects.read_many(oids, "blob", limit):
            yield oid, None if found is None else found.data

    def check_objects(self, oids: Iterable[str]) -> Iterator[tuple[str, Entry | None]]:
        """Type and size of objects in bulk, None for the missing; no findings."""
        return self._objects.check(oids)

    def resolve(self, names: Iterable[tuple[str, str]]) -> Iterator[Entry | None]:
        """What is at pairs of (commit or tree id, path), in bulk; None where nothing is."""
        return self._objects.resolve(names)

    def tree(self, oid: str, path: str = "") -> list[TreeEntry]:
        """The entries of a folder at a commit (or of a tree), none where there is no such folder.

        Args:
            oid: id of a commit or tree.
            path: the folder, ``""`` for the root; decoded with ``surrogateescape``.
        """
        entry = self._objects.resolve_one(oid, path)
        return (self._objects.tree(entry.oid) or []) if entry is not None and entry.type == "tree" else []

    def tree_entries(self, tree: str) -> list[TreeEntry] | None:
        """The entries of a tree by its id, checked against it; None (and a finding) where it cannot be read."""
        return self._objects.tree(tree)

    def cut_at(self, oids: Iterable[str]) -> None:
        """Tells git at which commits the history ends because their parents were not cloned."""
        (self.path / "shallow").write_text("".join(f"{oid}\n" for oid in sorted(oids)))

    def close(self) -> None:
        """Ends the children."""
        self._objects.close()

    # -- building ---------------------------------------------------------------------------------------------------

    def _read_shallow(self) -> tuple[str, ...]:
        data = read_plain(self.git_dir / "shallow", 64 << 20)
        digits = 40 if self.object_format == "sha1" else 64
        lines = (data or b"").decode("ascii", "replace").split()
        return tuple(sorted({line for line in lines if len(line) == digits and not line.strip(_HEX)}))

    def _link_objects(self) -> None:
        source = self.git_dir / "objects"
        objects = self.path / "objects"
        (objects / "pack").mkdir(parents=True)
        (objects / "info").mkdir()
        try:
            with os.scandir(source) as entries:
                loose = [entry for entry in entries if len(entry.name) == 2 and not entry.name.strip(_HEX)]
        except OSError as error:
            hint = "change its permissions, or read a copy: git clone --mirror"
            raise SourceError(f"{source} cannot be read: {error.strerror}", hint=hint, locator=self.locator) from error
        for entry in sorted(loose, key=lambda entry: entry.name):
            if entry.is_symlink():
                self._outside(f"objects/{entry.name}")
            elif entry.is_dir():
                self._link_loose(source / entry.name, objects / entry.name)
        if (source / "pack").is_symlink():
            self._outside("objects/pack")
            return
        try:
            packs = {entry.name: entry for entry in os.scandir(source / "pack")}
        except OSError:
            return
        for name in sorted(packs):
            if not name.endswith(".pack"):
                continue
            index = name.removesuffix(".pack") + ".idx"
            if index not in packs:
                message = f"objects/pack/{text(name)} has no index; its objects were not read"
                self.notice(Finding(FindingKind.MISSING_OBJECT, message, Origin(path=".git/objects/pack"), admits=True))
                continue
            for part in (name, index):
                if packs[part].is_file(follow_symlinks=False):
                    self.packs.append(part)
                    (objects / "pack" / part).symlink_to(packs[part].path)
                else:
                    self._outside(f"objects/pack/{text(part)}")

    def _link_loose(self, source: Path, target: Path) -> None:
        """Links a folder of loose objects, file by file where it holds anything else: git waits on a pipe for ever."""
        try:
            with os.scandir(source) as entries:
                found = {entry.name: entry.is_file(follow_symlinks=False) for entry in entries}
        except FileNotFoundError:
            # Git is packing what lay there; packs are looked for after loose objects.
            return
        if all(found.values()):
            target.symlink_to(source)
            return
        target.mkdir()
        for name, plain in found.items():
            if plain:
                (target / name).symlink_to(source / name)
            else:
                self._outside(f"objects/{source.name}/{text(name)}", "no plain file; it was")

    def _outside(self, name: str, what: str = "a link; its objects were") -> None:
        message = f"{name} is {what} not read"
        self.notice(Finding(FindingKind.OUTSIDE, message, Origin(path=f".git/{name}"), admits=True))

    def _write(self) -> None:
        version = 1 if self.object_format == "sha256" else 0
        config = _CONFIG.format(version=version, format=self.object_format)
        if not version:
            config = config.replace("[extensions]\n\tobjectFormat = sha1\n", "")
        (self.path / "config").write_text(config)
        (self.path / "refs").mkdir()
        named = [ref for ref in self._refs if is_valid_name(ref.name)]
        lines = sorted(f"{ref.oid} {ref.name}\n".encode("utf-8", "surrogateescape") for ref in named)
        lines.sort(key=lambda line: line.partition(b" ")[2])
        (self.path / "packed-refs").write_bytes(b"# pack-refs with: sorted \n" + b"".join(lines))
        head = next((ref.oid for ref in self._refs if ref.name == "HEAD"), "ref: refs/heads/none")
        (self.path / "HEAD").write_text(f"{head}\n")


@contextmanager
def open_view(path: str) -> Iterator[View]:
    """Opens a repository for reading, and removes the view at the end.

    Args:
        path: a worktree, a linked worktree, a bare repository or a ``.git`` folder.

    Raises:
        SourceError: no repository, one without commits, one whose format cannot be read, or no git program.
    """
    layout = find_layout(path)
    if layout is None:
        there = "is not a git repository" if Path(path).exists() else "is not there"
        raise SourceError(f"{path} {there}", hint="name the top folder of a git repository", locator=path)
    with tempfile.TemporaryDirectory(prefix="forensics-view-") as folder:
        view_path = Path(folder) / "view.git"
        view_path.mkdir()
        view = View(path, layout, view_path)
        try:
            if not view.refs():
                raise SourceError(
                    f"{path} has no commits yet", hint="commit something, or fetch a branch", locator=path
                )
            yield view
        finally:
            view.close()
