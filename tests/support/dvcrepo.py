"""Real DVC repositories for tests: git as in ``gitrepo``, and DVC through its Python API, in this process."""

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.gitrepo import GitRepo

_ENVIRONMENT = {
    "DVC_NO_ANALYTICS": "1",
    "DVC_STUDIO_OFFLINE": "1",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Cem",
    "GIT_COMMITTER_EMAIL": "cem@example.com",
}


class DvcRepo(GitRepo):
    """A git repository with a DVC project at its root or in a folder of it.

    Args:
        path: of the repository, created.
        project: the folder of the DVC project.
    """

    def __init__(self, path: Path, project: str = "") -> None:
        super().__init__(path)
        self.project = path / project
        self.project.mkdir(parents=True, exist_ok=True)
        with self.inside():
            from dvc.repo import Repo

            Repo.init(str(self.project), subdir=bool(project)).close()

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Works in the project's folder, with DVC's settings in the environment and its log silent."""
        before = dict(os.environ)
        scratch = self.path.parent / "dvc-scratch"
        settings = {name: str(scratch / name) for name in ("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR")}
        os.environ.update(_ENVIRONMENT | settings | {"DVC_SITE_CACHE_DIR": str(scratch / "site")})
        try:
            import dvc.logger

            dvc.logger.setup(logging.CRITICAL)
            with contextlib.chdir(self.project):
                yield
        finally:
            os.environ.clear()
            os.environ.update(before)

    def dvc(self, command: str, *arguments: Any, **options: Any) -> Any:
        """Calls a method of ``dvc.repo.Repo``."""
        with self.inside():
            from dvc.repo import Repo

            with Repo(str(self.project)) as repo:
                return getattr(repo, command)(*arguments, **options)

    def reported(self) -> dict[str, set[tuple[str, str]]]:
        """What DVC itself reports for every commit: (path of an output, its hash), by commit id."""
        with self.inside():
            from dvc.repo import Repo

            found: dict[str, set[tuple[str, str]]] = {}
            with Repo(str(self.project)) as repo:
                for oid in repo.brancher(all_commits=True):
                    if oid != "workspace":
                        outs = repo.index.outs
                        found[oid] = {(out.fs_path.lstrip("/"), out.hash_info.value) for out in outs if out.hash_info}
            return found
