"""The names that point into a history, read from the ref files themselves."""

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from forensics.errors import SourceError
from forensics.model import Finding, FindingKind, Origin, RefKind

from .layout import Layout, read_plain
from .text import decode, text

__all__ = ["RawRef", "is_valid_name", "read_refs", "ref_kind"]

_PACKED_LIMIT = 512 << 20
_COUNT_LIMIT = 2_000_000
_DEPTH_LIMIT = 32
_REPORTED = 100

# DVC's own bookkeeping under refs/exps, which names no experiment.
_SKIPPED = re.compile(r"refs/exps/(?:stash|exec|apply|celery|temp)(?:/|\Z)")
_OID = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_INVALID = re.compile(r"[\x00-\x20\x7f ~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|\Z)|\.\Z|/\Z|\A[-./]")

_KINDS = {
    "refs/heads/": RefKind.BRANCH,
    "refs/remotes/": RefKind.REMOTE,
    "refs/tags/": RefKind.TAG,
    "refs/exps/": RefKind.EXPERIMENT,
}


@dataclass(frozen=True, slots=True)
class RawRef:
    """A ref as its file has it.

    Attributes:
        name: decoded with ``surrogateescape``: ``refs/heads/main``, ``HEAD``, ``worktrees/x/HEAD``.
        oid: the object that it names, symbolic refs resolved; a commit or a tag, or whatever stands there.
        target: for a symbolic ref the ref that it names, else empty.
    """

    name: str
    oid: str
    target: str = ""


def ref_kind(name: str) -> RefKind:
    """The kind of a ref, by its full name."""
    if name == "HEAD":
        return RefKind.HEAD
    return next((kind for prefix, kind in _KINDS.items() if name.startswith(prefix)), RefKind.OTHER)


def is_valid_name(name: str) -> bool:
    """Whether git would allow this full ref name (git-check-ref-format)."""
    return name.startswith("refs/") and len(name) < 1024 and _INVALID.search(name) is None


def read_refs(layout: Layout, object_format: str) -> tuple[list[RawRef], str, list[Finding]]:
    """Reads every ref: packed, loose, and the HEAD of this and all other worktrees.

    Returns:
        The refs in the order of their names, the target of HEAD (a ref name or an id, empty if neither), and what
        was noticed. Unborn and dangling symbolic refs are not among the refs.

    Raises:
        SourceError: more refs than any honest repository has.
    """
    reader = _Reader(layout, 40 if object_format == "sha1" else 64)
    reader.read_packed()
    reader.read_loose(layout.common_dir / "refs", "refs", 0)
    if layout.git_dir != layout.common_dir:
        for part in ("bisect", "worktree", "rewritten"):
            reader.read_loose(layout.git_dir / "refs" / part, f"refs/{part}", 1)
    reader.read_heads()
    return reader.resolved(), reader.head, reader.findings


class _Reader:
    def __init__(self, layout: Layout, digits: int) -> None:
        self.layout = layout
        self.digits = digits
        self.values: dict[str, str] = {}
        self.symbolic: dict[str, str] = {}
        self.findings: list[Finding] = []
        self.head = ""
        self.reported: Counter[FindingKind] = Counter()

    def read_packed(self) -> None:
        path = self.layout.common_dir / "packed-refs"
        if not os.path.lexists(path):
            return
        data = read_plain(path, _PACKED_LIMIT)
        if data is None:
            self.report("packed-refs", "a link, too large, or not readable; its refs were not read", admits=True)
            return
        for line in data.splitlines():
            if not line.startswith((b"#", b"^")) and line:
                value, _, name = line.partition(b" ")
                self.add(decode(name), value)

    def read_loose(self, folder: Path, prefix: str, depth: int) -> None:
        if folder.is_symlink():
            self.report(prefix, "a symbolic link; not followed", kind=FindingKind.OUTSIDE, admits=True)
            return
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except FileNotFoundError:
            return
        except OSError as error:
            self.report(prefix, f"not readable ({error.strerror})", admits=True)
            return
        for entry in found:
            name = f"{prefix}/{entry.name}"
            if entry.is_symlink():
                self.report(name, "a symbolic link; not followed", kind=FindingKind.OUTSIDE, admits=True)
            elif entry.is_dir(follow_symlinks=False):
                if depth < _DEPTH_LIMIT:
                    self.read_loose(Path(entry.path), name, depth + 1)
                else:
                    self.report(name, "nested too deep; not read", admits=True)
            elif not entry.name.endswith(".lock"):
                self.add(name, (read_plain(Path(entry.path), 4096) or b"").strip())

    def read_heads(self) -> None:
        self.head = self.read_head("HEAD", self.layout.git_dir / "HEAD")
        common = self.layout.common_dir
        if self.layout.git_dir != common:
            self.read_head("main-worktree/HEAD", common / "HEAD")
        try:
            worktrees = sorted(os.listdir(common / "worktrees"))  # noqa: PTH208
        except OSError:
            worktrees = []
        for name in worktrees:
            if common / "worktrees" / name != self.layout.git_dir:
                self.read_head(f"worktrees/{name}/HEAD", common / "worktrees" / name / "HEAD")

    def read_head(self, name: str, path: Path) -> str:
        value = (read_plain(path, 4096) or b"").strip()
        if path.is_symlink() and (link := os.readlink(path)).startswith("refs/"):  # noqa: PTH115
            value = b"ref: " + os.fsencode(link)
        self.add(name, value)
        return self.symbolic.get(name) or self.values.get(name, "")

    def add(self, name: str, value: bytes) -> None:
        if len(self.values) >= _COUNT_LIMIT:
            raise SourceError(f"more than {_COUNT_LIMIT:,} refs", locator=str(self.layout.common_dir))
        if _SKIPPED.match(name):
            return
        if value.startswith(b"ref:"):
            self.symbolic[name] = decode(value[4:].strip())
            self.values.pop(name, None)
        elif _OID.match(value) and len(value) == self.digits:
            self.values[name] = value.decode()
            self.symbolic.pop(name, None)
        else:
            self.report(name, "holds no object id", admits=True)
            return
        if name.startswith("refs/replace/"):
            self.values.pop(name, None)
            message = "claims to replace an object; the true one was read"
            self.report(name, message, kind=FindingKind.REPLACE_REF)
        elif name.startswith("refs/") and not is_valid_name(name):
            self.report(name, "not a valid ref name")

    def resolved(self) -> list[RawRef]:
        refs = [RawRef(name, oid) for name, oid in self.values.items()]
        for name, first in self.symbolic.items():
            target = first
            for _ in range(5):
                if target not in self.symbolic:
                    break
                target = self.symbolic[target]
            if target in self.values:
                refs.append(RawRef(name, self.values[target], first))
        return sorted(refs, key=lambda ref: ref.name)

    def report(self, name: str, message: str, *, kind: FindingKind = FindingKind.BAD_REF, admits: bool = False) -> None:
        self.reported[kind] += 1
        if self.reported[kind] == _REPORTED:
            message = f"{message}; further refs like it are not named"
        if self.reported[kind] <= _REPORTED:
            self.findings.append(Finding(kind, f"{text(name)}: {message}", Origin(path=text(name)), admits=admits))
