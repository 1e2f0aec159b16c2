"""The hook and the workflow of docs/gate.md, run as they stand there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from forensics.case import Case
from forensics_connectors.contract import find_connector
from forensics_queries.marks import add_mark, withdraw_mark
from tests.support.sarif import official_schema

if TYPE_CHECKING:
    from sample_repos.fraud import FraudSample

PAGE = Path(__file__).parents[2] / "docs" / "gate.md"
(HOOK,) = re.findall(r"^```bash\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
(WORKFLOW,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def case_file(fraud_repo: "FraudSample", tmp_path: Path) -> Path:
    path = tmp_path / "incident" / "case.duckdb"
    path.parent.mkdir()
    with Case.open(path, write=True, new=True) as case:
        connector, source = find_connector(str(fraud_repo.repository))
        case.ingest(source, connector.read(source), connector=connector.kind)
        add_mark(case, "bad", fraud_repo.poisoned_subject, reason="labels flipped", author="ann@example.com")
    return path


@pytest.fixture
def clone(fraud_repo: "FraudSample", tmp_path: Path) -> Path:
    path = tmp_path / "clone"
    run(["git", "clone", "-q", str(fraud_repo.repository), str(path)], tmp_path)
    return path


def run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    who = {f"GIT_{role}_{what}": "ada@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {"PATH": path, "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", **who, **environment}
    return subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)


def test_the_hook_stops_a_commit_that_states_affected_bytes_and_no_other(
    fraud_repo: "FraudSample", case_file: Path, clone: Path
) -> None:
    hook = clone / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK, encoding="utf-8")
    hook.chmod(0o755)

    def commit(message: str) -> subprocess.CompletedProcess[str]:
        return run(["git", "commit", "-q", "-m", message], clone, FORENSICS_CASE=str(case_file))

    def take(revision: str) -> None:
        assert run(["git", "checkout", "-q", revision, "--", "."], clone).returncode == 0

    (clone / "README.md").write_text("new words\n", encoding="utf-8")
    run(["git", "add", "README.md"], clone)
    assert commit("changes no metadata").returncode == 0

    take(fraud_repo.last_clean_commit)
    assert commit("goes back to what is clean").returncode == 0

    take(fraud_repo.head)
    (clone / "dvc.lock").unlink()  # what counts is what is staged
    stopped = commit("brings the poison back")
    assert stopped.returncode != 0
    assert "affected  models/fraud.json" in stopped.stderr

    with Case.open(case_file, write=True) as case:
        withdraw_mark(case, 1, reason="a trial", author="ann@example.com")
    assert commit("goes in when the mark is withdrawn").returncode == 0


@pytest.mark.parametrize(("revision", "code"), [("head", 1), ("last_clean_commit", 0)])
def test_the_workflow_stops_what_is_affected_and_shows_it_at_its_line(
    fraud_repo: "FraudSample", case_file: Path, clone: Path, revision: str, code: int
) -> None:
    (job,) = yaml.safe_load(WORKFLOW)["jobs"].values()
    assert run(["git", "checkout", "-q", getattr(fraud_repo, revision)], clone).returncode == 0
    shutil.copytree(case_file.parent, clone / ".case")
    steps = [step for step in job["steps"] if "run" in step and step["name"] != "Install"]
    assert [step["name"] for step in steps] == ["Read what is new into the case", "Gate"]
    codes = [run(["bash", "-e", "-c", step["run"]], clone, **job["env"]).returncode for step in steps]
    assert codes == [0, code]
    check_sarif(clone, tripped=bool(code))


def check_sarif(clone: Path, *, tripped: bool) -> None:
    found = json.loads((clone / "gate.sarif").read_text(encoding="utf-8"))
    official_schema().validate(found)
    results = [result for result in found["runs"][0]["results"] if result["level"] == "error"]
    assert bool(results) == tripped
    for result in results:
        place = result["locations"][0]["physicalLocation"]
        lines = (clone / place["artifactLocation"]["uri"]).read_text(encoding="utf-8").splitlines()
        assert "md5: " in lines[place["region"]["startLine"] - 1]
