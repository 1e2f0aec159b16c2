"""The Python of the documentation runs on the sample, from top to bottom as one session."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import forensics
from forensics.errors import ForensicsError

if TYPE_CHECKING:
    from sample_repos.fraud import FraudSample

PAGE = Path(__file__).parents[2] / "docs/python.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_session_runs_on_the_sample(
    fraud_repo: "FraudSample", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    forensics.open("case.duckdb", new=True).ingest(fraud_repo.repository)
    space: dict[str, Any] = {}
    exec(compile("\n".join(BLOCKS), "docs/python.md", "exec"), space)
    assert fraud_repo.poisoned_file in {f"{row.artifact}/{row.file}" for row in space["causes"]}
    assert {row.verdict for row in space["live"]} == {"affected"}
    assert space["counts"].num_rows > 3
    assert [row.outcome for row in space["targets"]] == ["restore", "restore"]
    assert space["case"].mark_list()[0].withdrawn_because == "only an exercise"


def test_the_methods_and_errors_that_it_names_are_there() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in re.findall(r"^\|.*`\.(\w+)\(\)`", text, re.MULTILINE):
        assert hasattr(forensics.Result, name)
    errors = set(re.findall(r"`(?:forensics\.)?(\w+Error)`", text))
    assert errors == {"ForensicsError", *(cls.__name__ for cls in ForensicsError.__subclasses__())}
