"""One git and DVC repository under construction: real git, and DVC through its Python API."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["Repository", "environment"]

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
    """A repository that a story is written into; its DVC remote is the folder ``storage`` beside it.

    Attributes:
        root: the work tree.
        templates: a folder with the files of a project as they are at first.
    """

    def __init__(self, root: Path, templates: Path, on_commit: Callable[[str], None]) -> None:
        from dvc.repo import Repo

        self.root = root
        self.templates = templates
        self._unpushed = False
        self._on_commit = on_commit
        root.mkdir(parents=True)
        self._git("init", "--quiet", "--template=")
        self._git("symbolic-ref", "HEAD", "refs/heads/main")
        Repo.init(str(root)).close()
        for path, text in _DVC_FILES.items():
            self.write(path, text)
        self._dvc: Any = Repo(str(root))

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
        """Copies a file of the templates."""
        self.write(path or name, (self.templates / name).read_text(encoding="utf-8"))

    def declare(self, *names: str) -> None:
        """Appends stages, or the ``artifacts``, to dvc.yaml."""
        chunks = (self.templates / "dvc.yaml").read_text(encoding="utf-8").removeprefix("stages:\n").split("\n\n")
        for name in names:
            chunk = next(chunk for chunk in chunks if chunk.strip().startswith(f"{name}:"))
            before = self.read("dvc.yaml").rstrip() if (self.root / "dvc.yaml").exists() else "stages:"
            self.write("dvc.yaml", f"{before}\n{chunk.rstrip()}\n")

    def track(self, path: str) -> None:
        """``dvc add``."""
        with self._inside():
            self._dvc.add(path)
        self._unpushed = True

    def import_url(self, url: str, path: str) -> None:
        """``dvc import-url``; the url is relative to the folder of ``path``."""
        self._prepare(path)
        with self._inside():
            self._dvc.imp_url(url, out=path)
        self._unpushed = True

    def take(self, repository: str, source: str, path: str) -> None:
        """``dvc import``: takes what another repository's main holds at ``source`` now."""
        self._prepare(path)
        with self._inside():
            self._dvc.imp(repository, source, out=path)
        self._unpushed = True

    def update(self, path: str, revision: str | None = None) -> None:
        """``dvc update``: takes an import anew.

        Args:
            path: of the data.
            revision: of the other repository; what its main holds now, if None.
        """
        with self._inside():
            self._dvc.update([f"{path}.dvc"], rev=revision)
        self._unpushed = True

    def reproduce(self) -> None:
        """``dvc repro``."""
        with self._inside():
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
            with self._inside():
                self._dvc.push()
            self._unpushed = False
        self._git("add", "--all")
        self._git("commit", "--quiet", "--no-verify", "-m", message, who=_identity(author, date))
        self._on_commit(message)
        return self._git("rev-parse", "HEAD")

    def branch(self, name: str, start: str = "HEAD") -> None:
        """Starts a branch and goes there."""
        self._git("checkout", "--quiet", "-b", name, start)
        with self._inside():
            self._dvc.checkout(force=True)

    def switch(self, name: str) -> None:
        """Goes to a branch, data included."""
        self._git("checkout", "--quiet", name)
        with self._inside():
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
        with self._inside():
            self._dvc.checkout(force=True)

    def tag(self, name: str, author: str, date: str, message: str) -> None:
        """Makes an annotated tag at HEAD."""
        self._git("tag", "--annotate", "-m", message, name, who=_identity(author, date))

    def _inside(self) -> chdir[Path]:
        """DVC takes targets relative to where the process stands."""
        return chdir(self.root)

    def _prepare(self, path: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)

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
