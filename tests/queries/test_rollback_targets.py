"""``rollback``: which version is gone back to, of parallel ones, lost ones and those in several clones."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.case import Case
from forensics.model import Presence, Record
from forensics.report.script import script
from forensics_connectors.dvc.presence import Finder
from forensics_queries.marks import add_mark
from forensics_queries.rollback import rollback
from forensics_queries.state import History
from forensics_queries.succession import Succession
from tests.support.restoring import (
    MODEL,
    CaseOf,
    digests_of,
    ingested,
    lost,
    mark_bad,
    md5,
    model,
    outcomes,
    poisoned_from_the_start,
    restored,
    shell,
    without_cache,
)
from tests.support.toy import Toy

if TYPE_CHECKING:
    from sample_repos.fraud import FraudSample


class TestWhatIsNewest:
    def test_what_a_revert_brought_back_is_kept(self, case_of: CaseOf) -> None:
        case = mark_bad(case_of(model([((), "good"), ((0,), "bad"), ((1,), "good")])), md5("bad"))
        assert outcomes(rollback(case, [MODEL])) == [("keep", md5("good"))]

    def test_what_is_bad_and_came_back_is_not_passed_over(self, case_of: CaseOf) -> None:
        case = mark_bad(case_of(model([((), "bad"), ((0,), "good"), ((1,), "bad")])), md5("bad"))
        assert outcomes(rollback(case, [MODEL])) == [("restore", md5("good"))]

    def test_what_is_bad_and_came_back_by_a_merge_is_not_passed_over(self, case_of: CaseOf) -> None:
        states = [((), "bad"), ((0,), "good"), ((0,), "bad"), ((1, 2), "bad")]
        case = mark_bad(case_of(model(states)), md5("bad"))
        assert outcomes(rollback(case, [MODEL])) == [("restore", md5("good"))]

    def test_parallel_branches_are_all_listed_the_released_first(self, case_of: CaseOf) -> None:
        states = [((), "old"), ((0,), "a"), ((0,), "b"), ((0,), "bad")]
        case = mark_bad(case_of(model(states, releases=(("m", "v1", 2),))), md5("bad"))
        assert outcomes(rollback(case, [MODEL])) == [("restore", md5("b")), ("restore", md5("a"))]

    def test_a_version_that_cannot_be_told_is_no_target(self, case_of: CaseOf) -> None:
        case = mark_bad(case_of(model([((), "old"), ((0,), "odd"), ((1,), "bad")])), md5("bad"))
        add_mark(case, "suspect", md5("odd"), reason="odd", author="ann@example.com")
        (row,) = rollback(case, [MODEL]).rows
        assert row.thing.digest == md5("old")
        assert {(one.thing.digest, one.verdict, one.reason) for one in row.refused} == {
            (md5("odd"), "unknown", "suspect"),
            (md5("bad"), "affected", ""),
        }

    def test_a_model_that_no_commit_holds_is_named_and_the_answer_short(self, case_of: CaseOf) -> None:
        def records(toy: Toy) -> Iterator[Record]:
            return (one for one in toy.records() if getattr(one, "path", "") != MODEL or hasattr(one, "digest"))

        toy = model([((), "bad")])
        case = case_of()
        case.ingest(toy.source, records(toy))
        answer = rollback(mark_bad(case, md5("bad")), [f"path:{MODEL}"])
        assert not answer.rows
        assert answer.short
        assert any(MODEL in note for note in answer.notes)

    @settings(deadline=None, max_examples=200)
    @given(data=st.data())
    def test_brute_force_agrees_on_what_is_newest(self, data: st.DataObject) -> None:
        parents: dict[int, tuple[int, ...]] = {}
        held: dict[int, int] = {}
        ancestors: list[set[int]] = []
        for commit in range(data.draw(st.integers(1, 9))):
            before = st.lists(st.integers(0, commit - 1), min_size=1, max_size=2, unique=True)
            parents[commit] = tuple(data.draw(before)) if commit else ()
            ancestors.append(set(parents[commit]).union(*(ancestors[parent] for parent in parents[commit])))
            version = data.draw(st.sampled_from([100, 101, 102, 103, None]))
            if version is not None:
                held[commit] = version
        versions = sorted(set(held.values()))
        at = {version: [commit for commit, one in held.items() if one == version] for version in versions}

        def is_older(version: int, other: int) -> bool:
            return all(any(commit in ancestors[later] for later in at[other]) for commit in at[version])

        found = Succession(History(parents, frozenset(parents)), [held])
        newest = {version for version in versions if not any(is_older(version, o) for o in versions if o != version)}
        assert set(found.newest(versions)) == newest
        order = found.newest_first(versions)
        for place, version in enumerate(order):
            assert not any(is_older(earlier, version) for earlier in order[:place])
            assert all(found.is_older(version, o) == is_older(version, o) for o in versions if o != version)


class TestLostBytes:
    """The newest clean version is there in name; its bytes are not."""

    @pytest.fixture
    def toy(self, case_of: CaseOf) -> Case:
        states = [((), "oldest"), ((0,), "older"), ((1,), "newest"), ((2,), "bad")]
        return mark_bad(case_of(model(states)), md5("bad"))

    @pytest.mark.parametrize("state", ["corrupt", "missing"])
    def test_the_next_best_stands_beside_it_and_comes_first(self, toy: Case, state: str) -> None:
        answer = rollback(toy, [MODEL], look=lost({"newest": state}))
        assert [(row.outcome, row.thing.digest, row.bytes) for row in answer.rows] == [
            ("restore", md5("older"), "present"),
            ("unproved", md5("newest"), state),
        ]
        assert any(md5("newest") in note and state in note for note in answer.notes)
        refused = {(one.thing.digest, one.verdict, one.reason) for one in answer.rows[0].refused}
        assert refused == {(md5("bad"), "affected", ""), (md5("newest"), "clear", f"bytes {state}")}

    def test_none_is_passed_over_in_silence(self, toy: Case) -> None:
        answer = rollback(toy, [MODEL], look=lost({"newest": "missing", "older": "corrupt"}))
        assert outcomes(answer) == [("restore", md5("oldest")), ("unproved", md5("newest"))]
        assert {one.reason for one in answer.rows[0].refused} == {"", "bytes missing", "bytes corrupt"}

    def test_without_any_bytes_the_newest_is_named_and_its_commands_printed(self, toy: Case) -> None:
        answer = rollback(toy, [MODEL], look=lost(dict.fromkeys(("newest", "older", "oldest"), "missing")))
        assert outcomes(answer) == [("unproved", md5("newest"))]
        assert answer.rows[0].commands

    def test_the_script_takes_the_bytes_that_are_there(self, toy: Case) -> None:
        text = script(rollback(toy, [MODEL], look=lost({"newest": "corrupt"})))
        live = [line for line in text.splitlines() if line and not line.startswith("#")]
        assert md5("older").removeprefix("md5:") in live[-1]
        assert md5("newest").removeprefix("md5:") not in "\n".join(live)

    def test_what_is_clean_and_in_use_is_kept_though_its_bytes_are_elsewhere(self, case_of: CaseOf) -> None:
        case = mark_bad(case_of(model([((), "bad"), ((0,), "good")])), md5("bad"))
        answer = rollback(case, [MODEL], look=lost({"good": "missing"}))
        assert [(row.outcome, row.bytes) for row in answer.rows] == [("keep", "missing")]
        answer = rollback(case, [MODEL], look=lost({"good": "corrupt"}))
        assert [(row.outcome, row.bytes) for row in answer.rows] == [("unproved", "corrupt")]

    def test_a_tampered_object_is_found_out_and_never_restored(self, fraud_copy: "FraudSample", tmp_path: Path) -> None:
        with ingested(tmp_path / "case.duckdb", fraud_copy.repository) as case:
            mark_bad(case, fraud_copy.poisoned_subject)
            before = rollback(case, [fraud_copy.live_release], look=Finder()).rows[0]
            for folder in (fraud_copy.repository / ".dvc" / "cache", fraud_copy.storage):
                value = before.thing.digest.removeprefix("md5:")
                place = folder / "files" / "md5" / value[:2] / value[2:]
                place.chmod(0o644)
                place.write_text("{}", encoding="utf-8")
            rows = rollback(case, [fraud_copy.live_release], look=Finder()).rows
        unproved = next(row for row in rows if row.outcome == "unproved")
        assert (unproved.thing.digest, unproved.bytes) == (before.thing.digest, "corrupt")
        assert rows[0].outcome == "restore"
        assert rows[0].thing.digest in digests_of(restored(rows[0], tmp_path / "out", tmp_path / "home"))
        (tmp_path / "other").mkdir()
        assert shell(unproved.commands, tmp_path / "other", tmp_path / "home").returncode != 0


class TestClones:
    """A source is read from several places, and not all of them have the bytes."""

    @pytest.mark.parametrize("bare_last", [True, False])
    def test_bytes_are_taken_from_the_clone_that_has_them(
        self, fraud_repo: "FraudSample", tmp_path: Path, bare_last: bool
    ) -> None:
        clone = without_cache(fraud_repo.repository, tmp_path / "clone")
        order = [fraud_repo.repository, clone] if bare_last else [clone, fraud_repo.repository]
        with ingested(tmp_path / "case.duckdb", *order) as case:
            mark_bad(case, fraud_repo.poisoned_subject)
            row = rollback(case, [fraud_repo.models[0]], look=Finder()).rows[0]
        assert (row.outcome, row.bytes) == ("restore", "present")
        assert row.thing.digest in digests_of(restored(row, tmp_path / "out", tmp_path / "home"))

    @pytest.mark.parametrize("bare_last", [True, False])
    def test_a_rebuild_takes_its_inputs_from_there_too(self, tmp_path: Path, bare_last: bool) -> None:
        repo = poisoned_from_the_start(tmp_path / "repo")
        clone = without_cache(repo.path, tmp_path / "clone")
        with ingested(tmp_path / "case.duckdb", *([repo.path, clone] if bare_last else [clone, repo.path])) as case:
            mark_bad(case, f"raw.csv@{repo.oid('main')}")
            (row,) = rollback(case, ["sub/models/m.json"], look=Finder()).rows
        (step,) = (step for step in row.plan if step.thing.path == "raw.csv")
        assert f" {repo.path} raw.csv" in "\n".join(step.commands)

    def test_a_clone_that_was_removed_is_passed_over(self, fraud_repo: "FraudSample", tmp_path: Path) -> None:
        clone = without_cache(fraud_repo.repository, tmp_path / "clone")
        with ingested(tmp_path / "case.duckdb", fraud_repo.repository, clone) as case:
            mark_bad(case, fraud_repo.poisoned_subject)
            shutil.rmtree(clone)
            for look in (None, lost({})):
                row = rollback(case, [fraud_repo.models[0]], look=look).rows[0]
                assert f" {fraud_repo.repository} " in "\n".join(row.commands)

    @pytest.mark.parametrize(
        ("states", "taken"),
        [(("missing", "corrupt", "listed"), 2), (("missing", "corrupt"), 1), (("missing", "missing"), 0),
         (("corrupt", "listed", "present", "present"), 2)],
    )  # fmt: skip
    def test_the_best_of_what_is_found_counts_and_among_equals_the_last_read(
        self, case_of: CaseOf, tmp_path: Path, states: tuple[str, ...], taken: int
    ) -> None:
        toy = model([((), "good"), ((0,), "bad")])
        places = [str(tmp_path / str(number)) for number in range(len(states))]
        case = case_of()
        for place in reversed(places):
            Path(place).mkdir()
            case.ingest(replace(toy.source, locator=place), toy.records())
        by_place = dict(zip(places, states, strict=True))
        answer = rollback(mark_bad(case, md5("bad")), [MODEL], look=lambda place, _: Presence(by_place[place]))
        (row,) = answer.rows
        assert row.bytes == states[taken]
        assert f" {places[taken]} " in "\n".join(row.commands)
