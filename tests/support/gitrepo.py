"""Real git repositories for tests, with fixed names and times."""

import os
import subprocess
from pathlib import Path

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Cem",
    "GIT_COMMITTER_EMAIL": "cem@example.com",
    "GIT_ALLOW_PROTOCOL": "file",
}
EPOCH = 1_700_000_000


class GitRepo:
    """One repository; each commit is a minute after the one before."""

    def __init__(self, path: Path, *options: str) -> None:
        self.path = path
        self.clock = EPOCH
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main", *options)

    def git(self, *arguments: str | bytes, stdin: bytes = b"", **environment: str) -> str:
        """Runs git and returns what it writes, without the last newline."""
        when = f"{self.clock} +0200"
        settings = {**_ENVIRONMENT, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when, **environment}
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, env=settings, input=stdin, capture_output=True, check=False
        )
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")

    def write(self, files: dict[str, str | bytes | None]) -> None:
        """Writes files; None removes one."""
        for name, content in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                path.unlink()
            else:
                path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, message: str = "change", /, **files: str | bytes | None) -> str:
        """Commits files, named by keyword (``__`` for ``/``), and returns the id."""
        self.write({name.replace("__", "/"): content for name, content in files.items()})
        self.git("add", "-A")
        self.clock += 60
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.oid()

    def merge(self, *others: str, **files: str | bytes | None) -> str:
        """Merges, with a change of its own, and returns the id."""
        self.clock += 60
        self.git("merge", "-q", "--no-ff", "--no-commit", "-s", "octopus" if len(others) > 1 else "ours", *others)
        return self.commit("merge", **files)

    def oid(self, name: str = "HEAD") -> str:
        """The id that a name stands for."""
        return self.git("rev-parse", name)

    def loose(self, oid: str) -> Path:
        """The file of a loose object."""
        return self.path / ".git" / "objects" / oid[:2] / oid[2:]


def snapshot(path: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every file and folder below a path: mode, modification time, bytes."""
    found: dict[str, tuple[int, int, bytes]] = {}
    for item in sorted([path, *path.rglob("*")]):
        about = item.lstat()
        content = item.read_bytes() if item.is_file() and not item.is_symlink() else b""
        found[str(item)] = (about.st_mode, about.st_mtime_ns, content)
    return found
