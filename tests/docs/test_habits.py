"""What CONTRIBUTING promises is there: the targets of make, and hooks that run tools of the project."""

import re
import shutil
import subprocess

import pytest
import yaml

from tests.support.pages import ROOT

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PROMISED = sorted(set(re.findall(r"^\| `make ([a-z-]+)`", CONTRIBUTING, re.MULTILINE)))


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("target", PROMISED)
def test_make_has_the_targets_that_contributing_names(target: str) -> None:
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_contributing_names_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    assert targets - {"help"} == set(PROMISED)
    typed = re.findall(r"^make ([a-z -]+)$", CONTRIBUTING, re.MULTILINE)
    assert {target for line in typed for target in line.split()} <= targets


def test_the_modules_that_make_runs_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    modules = re.findall(r"-m ([\w.]+)", makefile)
    for module in set(modules) - {"venv"}:
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module


def test_the_hooks_are_local_and_run_what_lint_types_and_layers_run() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert repository["repo"] == "local"
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}
    tools = {hook["entry"].split()[0].rpartition("/")[2] for hook in repository["hooks"]}
    assert tools == {"ruff", "mypy", "lint-imports"}


def test_the_changelog_tells_of_this_version() -> None:
    from forensics import __version__

    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in text
    assert __version__ in text
