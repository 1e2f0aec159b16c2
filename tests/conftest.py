"""Fixtures for all tests."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sample_repos.fraud import FraudSample


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="write what is checked in as expected anew")


@pytest.fixture(scope="session")
def fraud_repo(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> "FraudSample":
    """The sample incident, shared by all tests of a run: look, and do not touch."""
    from sample_repos.fraud import build
    from tests.support.samples import shared_folder, shared_sample

    return shared_sample(build, shared_folder(tmp_path_factory, request, "fraud-sample"))


@pytest.fixture
def fraud_copy(fraud_repo: "FraudSample", tmp_path: Path) -> "FraudSample":
    """A copy of the sample incident that the test may change."""
    from tests.support.samples import copy_sample

    return copy_sample(fraud_repo, tmp_path)
