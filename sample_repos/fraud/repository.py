"""One git and DVC repository under construction: real git, and DVC through its Python API."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .transactions import VENDORS, month_file

__all__ = ["Repository", "environment"]

_TEMPLATES = Path(__file__).parent / "project"
_DVC_FILES = {
    ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n",
    ".dvc/config": "[core]\n    analytics = false\n    autostage = false\n    remote = storage\n"
    "['remote \"storage\"']\n    url = ../../storage\n",
    ".dvcignore": "# What DVC does not look at, in the patterns of .gitignore\n",
}


def environment(scratch: Path) -> dict[str, str]:
    """Environment variables under which git, DVC and the stages do the same on every machine.

    No configuration of the user or the system, no hooks, no network, one locale and time zone; ``python`` is this
    Python, started without site-packages, since the text of a command is part of what DVC hashes.

    Args:
        scratch: an empty folder that lives as long as the environment is used.
    """
    tools = scratch / "bin"
    for folder in (tools, scratch / "home", scratch / "tmp"):
        folder.mkdir()
    python = tools / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -B -E -S -s "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    inherited = {name: os.environ[name] for name in ("PYTHONPATH", "LD_LIBRARY_PATH") if name in os.environ}
    return inherited | {
        "PATH": f"{tools}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "HOME": str(scratch / "home"),
        "TMPDIR": str(scratch / "tmp"),
        "SHELL": "/bin/sh",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONUTF8": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_DEFAULT_HASH": "sha1",
        "GIT_DEFAULT_REF_FORMAT": "files",
        "DVC_GLOBAL_CONFIG_DIR": str(scratch / "home" / "dvc"),
        "DVC_SYSTEM_CONFIG_DIR": str(scratch / "home" / "dvc-system"),
        "DVC_SITE_CACHE_DIR": str(scratch / "home" / "dvc-cache"),
        "DVC_NO_ANALYTICS": "1",
        "DVC_STUDIO_OFFLINE": "1",
    }


class Repository:
    """The repository that the story is written into.

    Attributes:
        root: the work tree.
        commits: how many commits were made.
    """

    def __init__(self, root: Path, on_commit: Callable[[int, str], None]) -> None:
        from dvc.repo import Repo

        self.root = root
        self.commits = 0
        self._unpushed = False
        self._on_commit = on_commit
        root.mkdir(parents=True)
        self._git("init", "--quiet", "--template=")
        self._git("symbolic-ref", "HEAD", "refs/heads/main")
        Repo.init(str(root)).close()
        for path, text in _DVC_FILES.items():
            self.write(path, text)
        os.chdir(root)  # DVC takes targets relative to where the process stands
        self._dvc: Any = Repo()

    def close(self) -> None:
        """Lets go of DVC's locks and databases."""
        self._dvc.close()

    def read(self, path: str) -> str:
        """The text of a file of the work tree."""
        return (self.root / path).read_text(encoding="utf-8")

    def write(self, path: str, text: str) -> None:
        """Writes a file of the work tree, its line ends as they stand."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="")

    def edit(self, path: str, old: str, new: str) -> None:
        """Replaces the one place where ``old`` stands."""
        text = self.read(path)
        if text.count(old) != 1:
            raise ValueError(f"{path} holds {text.count(old)} times {old!r}")
        self.write(path, text.replace(old, new))

    def add_template(self, name: str, path: str | None = None) -> None:
        """Copies a file of the folder ``project``."""
        self.write(path or name, (_TEMPLATES / name).read_text(encoding="utf-8"))

    def declare(self, *names: str) -> None:
        """Appends stages, or the ``artifacts``, to dvc.yaml."""
        chunks = (_TEMPLATES / "dvc.yaml").read_text(encoding="utf-8").removeprefix("stages:\n").split("\n\n")
        for name in names:
            chunk = next(chunk for chunk in chunks if chunk.strip().startswith(f"{name}:"))
            before = self.read("dvc.yaml").rstrip() if (self.root / "dvc.yaml").exists() else "stages:"
            self.write("dvc.yaml", f"{before}\n{chunk.rstrip()}\n")

    def deliver(self, *months: str) -> None:
        """Puts both vendors' files of these months into data/raw and tracks the folder."""
        for month in months:
            for vendor in VENDORS:
                self.write(f"data/raw/{vendor}/{month}.csv", month_file(vendor, month))
        self.track("data/raw")

    def track(self, path: str) -> None:
        """``dvc add``."""
        self._dvc.add(path)
        self._unpushed = True

    def reproduce(self) -> None:
        """``dvc repro``."""
        self._dvc.reproduce()
        self._unpushed = True

    def commit(self, author: str, date: str, message: str) -> str:
        """Pushes new data with ``dvc push`` and commits all that git tracks.

        Args:
            author: mail address, whose first part gives the name.
            date: in UTC, as ``2025-04-02 09:30``.
            message: first line.

        Returns:
            The commit's id.
        """
        if self._unpushed:
            self._dvc.push()
            self._unpushed = False
        self._git("add", "--all")
        self._git("commit", "--quiet", "--no-verify", "-m", message, who=_identity(author, date))
        self.commits += 1
        self._on_commit(self.commits, message)
        return self._git("rev-parse", "HEAD")

    def branch(self, name: str, start: str = "HEAD") -> None:
        """Starts a branch and goes there."""
        self._git("checkout", "--quiet", "-b", name, start)
        self._dvc.checkout(force=True)

    def switch(self, name: str) -> None:
        """Goes to a branch, data included."""
        self._git("checkout", "--quiet", name)
        self._dvc.checkout(force=True)

    def merge(self, name: str) -> None:
        """Opens a merge that takes nothing yet: what the branch brings is applied by hand, then committed."""
        self._git(
            "merge",
            "--quiet",
            "--no-ff",
            "--no-commit",
            "--strategy=ours",
            name,
            who=_identity("nobody@example.com", "2025-01-01"),
        )

    def restore(self, commit: str, *paths: str) -> None:
        """Takes files tracked by git back to how a commit holds them, and the data with them."""
        self._git("checkout", "--quiet", commit, "--", *paths)
        self._dvc.checkout(force=True)

    def tag(self, name: str, author: str, date: str, message: str) -> None:
        """Makes an annotated tag at HEAD."""
        self._git("tag", "--annotate", "-m", message, name, who=_identity(author, date))

    def _git(self, *arguments: str, who: Mapping[str, str] | None = None) -> str:
        command = ["git", "-c", "core.autocrlf=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false", *arguments]
        done = subprocess.run(
            command, cwd=self.root, env=os.environ | dict(who or {}), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout.strip()


def _identity(mail: str, date: str) -> dict[str, str]:
    seconds = int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp())
    name = " ".join(part.capitalize() for part in mail.partition("@")[0].replace("-", ".").split("."))
    return {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", name), ("EMAIL", mail), ("DATE", f"{seconds} +0000"))
    }
