"""The sample incidents from Python."""

from pathlib import Path

import pytest

import forensics


def test_an_incident_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(forensics.UsageError) as refused:
        forensics.build_sample("frud", tmp_path)
    assert "fraud, supply-chain" in refused.value.hint


def test_a_folder_that_holds_a_sample_already_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fraud").mkdir()
    with pytest.raises(forensics.ForensicsError, match="is there already"):
        forensics.build_sample("fraud", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["fraud"]
