"""Repositories to read."""

from pathlib import Path

import pytest

from tests.support.gitrepo import GitRepo


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return GitRepo(tmp_path / "repo")


@pytest.fixture
def three(repo: GitRepo) -> list[str]:
    """Commits one, two (the poisoning) and three."""
    return [repo.commit("one", a="1"), repo.commit("two", a="poison"), repo.commit("three", b="3")]
