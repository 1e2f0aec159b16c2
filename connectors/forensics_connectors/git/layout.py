"""Where the parts of a repository lie on disk, found without asking git and without following links unseen."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from forensics.errors import SourceError
from forensics.model import Finding, FindingKind, Origin

__all__ = ["Layout", "find_layout", "read_plain"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one repository.

    Attributes:
        worktree: the folder of the checked-out files, None for a bare repository.
        git_dir: holds this worktree's HEAD.
        common_dir: holds refs and objects; the same as ``git_dir`` save for a linked worktree.
        findings: links that were followed to get here.
    """

    worktree: Path | None
    git_dir: Path
    common_dir: Path
    findings: tuple[Finding, ...] = ()


def read_plain(path: Path, limit: int) -> bytes | None:
    """Reads a regular file, not through a link and without waiting on a pipe.

    Args:
        path: the file.
        limit: bytes at most.

    Returns:
        The bytes, or None where there is no such file, or it is something else or larger.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with open(handle, "rb") as file:  # noqa: PTH123
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode) or about.st_size > limit:
            return None
        try:
            data = file.read(limit + 1)
        except OSError:
            return None
    return data if len(data) <= limit else None


def find_layout(locator: str) -> Layout | None:
    """Finds the repository at a path: a worktree, a linked worktree, a bare repository or a ``.git`` folder.

    Returns:
        Its folders, or None where there is no repository.

    Raises:
        SourceError: what is there calls itself a repository, and is none.
    """
    try:
        root = Path(locator).resolve(strict=True)
        if not root.is_dir():
            return None
        marker = root / ".git"
        if os.path.lexists(marker):
            return _with_common(root, *_follow(root, marker))
        if _is_git_dir(root):
            inside = root.name == ".git"
            return _with_common(root.parent if inside else None, root, [])
    except (OSError, ValueError, RuntimeError):
        return None
    return None


def _follow(root: Path, marker: Path) -> tuple[Path, list[Finding]]:
    """Follows ``.git``: a folder, a link, or a file that names the git directory."""
    findings: list[Finding] = []
    target = marker.resolve()
    if marker.is_symlink():
        findings.append(_outside(f".git is a link to {target}"))
    if target.is_file():
        line = read_plain(target, 4096) or b""
        if not line.startswith(b"gitdir:"):
            raise SourceError(".git is a file that names no git directory", hint=_HINT, locator=str(root))
        target = (target.parent / os.fsdecode(line[7:].strip())).resolve()
        findings.append(_outside(f".git is a file that leads to {target}"))
    if not _is_git_dir(target):
        raise SourceError(f"{root} is not a git repository: {target} holds none", hint=_HINT, locator=str(root))
    return target, findings


def _with_common(worktree: Path | None, git_dir: Path, findings: list[Finding]) -> Layout:
    common = git_dir
    pointer = read_plain(git_dir / "commondir", 4096)
    if pointer is not None:
        common = (git_dir / os.fsdecode(pointer.strip())).resolve()
        if not common.is_dir():
            raise SourceError(f"the repository of this worktree is gone: {common}", hint=_HINT, locator=str(git_dir))
        if git_dir.parent != common / "worktrees":
            findings = [*findings, _outside(f"commondir leads to {common}")]
    objects = common / "objects"
    if objects.is_symlink() or not objects.is_dir():
        raise SourceError(
            f"{common} has no objects folder of its own",
            hint="name the repository that holds the objects",
            locator=str(worktree or git_dir),
        )
    return Layout(worktree, git_dir, common, tuple(findings))


def _is_git_dir(path: Path) -> bool:
    if not os.path.lexists(path / "HEAD"):
        return False
    return (path / "objects").is_dir() or (path / "commondir").is_file()


def _outside(message: str) -> Finding:
    return Finding(FindingKind.OUTSIDE, message, Origin(path=".git"))


_HINT = "name the folder of a git repository, or clone it again"
