"""A bag is held against its sources as they are now."""

import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from forensics.api.searching import search_sources
from forensics.evidence.check import FAILS, HOLDS, OPEN, Check
from forensics.evidence.recheck import recheck
from forensics.evidence.verify import verify_bag
from tests.forensics.evidence.conftest import Bag


def against(bag: Bag, sources: Sequence[Path]) -> list[Check]:
    locators = list(map(str, sources))
    rows = verify_bag(bag.folder, sources=lambda evidence: recheck(evidence, locators, search=search_sources)).rows
    return [row for row in rows if row.check == "sources"]


@pytest.mark.parametrize("name", ["fraud", "supply chain"])
def test_all_facts_hold_in_sources_that_did_not_change(bags: Callable[[str], Bag], name: str) -> None:
    rows = against(bags(name), bags(name).sources)
    assert {row.state for row in rows} == {HOLDS}
    assert len(rows) == len(bags(name).sources)


def test_a_source_that_is_not_named_is_not_checked_and_a_stranger_is_told(
    bags: Callable[[str], Bag], tmp_path: Path
) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path / "other")], check=True)
    commit = ["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "--allow-empty", "-m", "x"]
    subprocess.run(["git", "-C", str(tmp_path / "other"), *commit], check=True)
    bag = bags("fraud")
    rows = {row.subject: row for row in against(bag, [bag.sources[1], tmp_path / "other", tmp_path / "none"])}
    assert rows[bag.sources[1].stem].state == HOLDS
    assert rows["other"].state == rows["fraud"].state == rows[str(tmp_path / "none")].state == OPEN


def test_rows_that_were_changed_or_removed_are_told(bags: Callable[[str], Bag], tmp_path: Path) -> None:
    bag = bags("fraud")
    store = tmp_path / bag.sources[1].name
    shutil.copy(bag.sources[1], store)
    wanted = [link for link in _links(bag) if link["document"] == "Event"]
    moved, gone = (int(link["document_locus"]) for link in wanted[:2])
    with closing(sqlite3.connect(store)) as connection:
        other = "(SELECT max(id) FROM Artifact)"
        connection.execute(f"UPDATE Event SET artifact_id = {other} WHERE id = ?", [moved])
        connection.execute("DELETE FROM Event WHERE id = ?", [gone])
        connection.commit()
    rows = against(bag, [store])
    said = [row.said for row in rows if row.state == FAILS]
    assert any(text.startswith("changed:") and text.endswith(f"Event {moved}") for text in said)
    assert any(text.startswith("gone:") and text.endswith(f"Event {gone}") for text in said)


def test_facts_of_commits_that_are_gone_are_gone(bags: Callable[[str], Bag], tmp_path: Path) -> None:
    bag = bags("fraud")
    clone = tmp_path / "fraud"
    shutil.copytree(bag.sources[0], clone, symlinks=True)
    root = subprocess.run(
        ["git", "-C", str(clone), "rev-list", "--max-parents=0", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    refs = subprocess.run(
        ["git", "-C", str(clone), "for-each-ref", "--format=delete %(refname)"], capture_output=True, check=True
    ).stdout
    subprocess.run(["git", "-C", str(clone), "update-ref", "--stdin"], input=refs, check=True)
    subprocess.run(["git", "-C", str(clone), "update-ref", "refs/heads/main", root], check=True)
    rows = against(bag, [clone])
    assert rows[0].state == FAILS
    assert " 0 changed" in rows[0].said
    assert {row.said.partition(":")[0] for row in rows[1:] if " -> " in row.subject} == {"gone"}


def test_a_source_without_links_is_compared_as_a_whole(bags: Callable[[str], Bag], tmp_path: Path) -> None:
    bag = bags("supply chain")
    table = bag.sources[-1]
    assert {row.subject: row.state for row in against(bag, [table])}[table.stem] == HOLDS
    shutil.copy(table, tmp_path / table.name)
    with (tmp_path / table.name).open("a") as stream:
        stream.write("\n")
    assert {row.subject: row.state for row in against(bag, [tmp_path / table.name])}[table.stem] == OPEN


def _links(bag: Bag) -> list[dict[str, str]]:
    import json

    links: list[dict[str, str]] = json.loads((bag.folder / "data/evidence.json").read_bytes())["links"]
    return links
