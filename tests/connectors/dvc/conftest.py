"""An empty repository with a DVC project, for documents written by hand."""

from pathlib import Path

import pytest

from tests.support.gitrepo import GitRepo


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    repo = GitRepo(tmp_path / "repo")
    repo.write({".dvc/config": ""})
    return repo
