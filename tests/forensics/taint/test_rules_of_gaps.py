"""The rules of taint: what could have come through a gap. Each by its name.

Every history here comes out otherwise without its rule.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from forensics.digest import Digest
from forensics.model import (
    ArtifactKind,
    Details,
    Edge,
    EdgeKind,
    Gap,
    GapKind,
    Reference,
    ReferenceKind,
    SameBytes,
    Strength,
    Version,
    commit_key,
    content_key,
)
from forensics_connectors.mlmd.records import records
from tests.support.history import WHERE, History, md5, stored
from tests.support.mlmdrows import INPUT, MADE, OUTPUT, Shelf


class TestRule10Rehash:
    def test_a_version_known_by_another_algorithm_is_a_gap(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        history.version("raw", "poison", at, size=5)
        same_size = history.version("old", "a", at, size=5, algorithm="md5-dos2unix")
        other_size = history.version("older", "b", at, size=6, algorithm="md5-dos2unix")
        model = history.version("model", "m", at, size=9)
        history.run([same_size], [model], at)
        with history.case(tmp_path) as asked:
            found = asked.verdicts(asked.judge(md5("poison")), same_size, model, other_size)
        assert found == ["unknown: other-algorithm", "unknown: other-algorithm", "clear"]

    def test_a_rehash_joins_as_assumed(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        old = history.version("raw", "legacy", at, size=5, algorithm="md5-dos2unix")
        new = history.version("raw", "modern", at, size=5)
        assert old.digest is not None
        assert new.digest is not None
        history.records.append(SameBytes(old.digest, new.digest, Strength.ASSUMED, old.origin, "rehash"))
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(new.digest), old).startswith("unknown")

    def test_a_row_that_was_written_over_may_be_what_its_name_says_it_was(
        self, history: History, tmp_path: Path
    ) -> None:
        shelf = Shelf()
        row = shelf.artifact(uri=md5("new").value, name=f"runs/out:{md5('old').value}:1")
        read = shelf.artifact(uri="s3://bucket/read", md5=md5("read").value)
        first, reader, second = shelf.execution(), shelf.execution(), shelf.execution()
        shelf.event(row, first, OUTPUT, MADE + 1)
        shelf.event(row, reader, INPUT, MADE + 2)
        shelf.event(read, reader, OUTPUT, MADE + 3)
        shelf.event(row, second, OUTPUT, MADE + 4)
        store = History(list(records(shelf.store())))
        copy = history.version("copy", "old", history.commit())
        written = f"version\0runs/out\0{md5('new')}\x001\0{md5('new').value}"
        made = f"version\0bucket/read\0{md5('read')}\x002\0s3://bucket/read"
        with stored(tmp_path, store, history) as asked:
            by_row, by_copy = asked.judge(written), asked.judge(copy)
            by_first, by_second = asked.judge("execution\0mlmd/1"), asked.judge("execution\0mlmd/3")
            assert asked.verdicts(by_row, copy, made) == ["unknown: inferred", "affected"]
            assert asked.verdicts(by_copy, written, made) == ["unknown: inferred"] * 2
            assert asked.verdicts(by_first, copy, made) == ["unknown: inferred", "affected"]
            assert asked.verdicts(by_second, copy, made) == ["clear"] * 2

    def test_what_a_store_knows_by_its_address_alone_may_be_the_marked_file(
        self, history: History, tmp_path: Path
    ) -> None:
        logged, model = history.version("/srv/data/raw.csv", None), history.version("model", "m")
        uri = Reference(logged.key, ReferenceKind.URI, "/srv/data/raw.csv", WHERE, strength=Strength.INFERRED)
        history.records.append(uri)
        history.run([logged], [model])
        repository = History()
        at = repository.commit()
        file, report = repository.version("data/raw.csv", "raw", at), repository.version("report", "r", at)
        repository.run([file], [report], at)
        with stored(tmp_path, history, repository) as asked:
            assert asked.verdicts(asked.judge(logged), file, report) == ["unknown: inferred"] * 2

    def test_what_a_run_wrote_where_a_marked_content_stands_may_be_that_content(
        self, history: History, tmp_path: Path
    ) -> None:
        at = history.commit()
        stands = history.version("out.csv", "poison", at)
        wrote, other = Version("store/out.csv", None, WHERE), Version("store/other.csv", None, WHERE)
        model = history.version("model", "m")
        history.records += [wrote, other]
        history.run([], [wrote, other])
        history.run([wrote], [model])
        history.records.append(
            Edge(EdgeKind.IMPORTED, wrote.key, stands.key, WHERE, Strength.INFERRED, reason="by-uri")
        )
        with history.case(tmp_path) as asked:
            found = asked.verdicts(asked.judge(md5("poison")), wrote, model, other)
        assert found == ["unknown: inferred", "unknown: inferred", "clear"]


class TestRule11GapsAdmitOrDoNot:
    def test_a_missing_listing_admits_a_file_that_fits(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        history.version("suspect.csv", "poison", at, size=100)
        large = history.folder("large", {"x": "1"}, at, listed=False, size=1000)
        small = history.folder("small", {"x": "2"}, at, listed=False, size=50)
        model, other = history.version("model", "m", at, size=99), history.version("other", "o", at, size=99)
        history.run([large], [model], at)
        history.run([small], [other], at)
        with history.case(tmp_path) as asked:
            found = asked.judge(md5("poison"))
            assert asked.verdicts(found, model, other) == ["unknown: missing-listing", "clear"]
            cause = found.cause(asked.node(model))
            assert cause is not None
            assert cause.place == asked.node(large.digest)

    def test_a_bad_commit_cannot_have_come_through_a_gap_recorded_before_it(
        self, history: History, tmp_path: Path
    ) -> None:
        before = history.commit()
        bad = history.commit(before)
        lost = history.version("early", "e", before)
        history.gap(GapKind.NO_PRODUCER, lost)
        late = history.version("late", "l", history.commit(bad))
        history.gap(GapKind.NO_PRODUCER, late)
        history.version("raw", "raw", bad)
        with history.case(tmp_path) as asked:
            assert asked.verdicts(asked.judge(bad), lost, late) == ["clear", "unknown: no-producer"]

    def test_a_content_may_have_been_there_before_its_first_record(self, history: History, tmp_path: Path) -> None:
        before = history.commit()
        hiding = history.folder("raw", {"x": "1"}, before, listed=False)
        history.folder("raw", {"x": "1", "y": "poison"}, history.commit(before))
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("poison")), hiding) == "unknown: missing-listing"

    def test_a_content_that_is_seen_to_arrive_was_not_there_before(self, history: History, tmp_path: Path) -> None:
        before = history.commit()
        other = history.folder("other", {"x": "1"}, before, listed=False)
        history.folder("raw", {"x": "1"}, before)
        history.folder("raw", {"x": "1", "y": "poison"}, history.commit(before))
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("poison")), other) == "clear"

    def test_a_content_is_not_seen_to_arrive_where_history_was_cut_off(self, history: History, tmp_path: Path) -> None:
        first = history.commit()
        history.records.append(Gap(GapKind.SHALLOW, commit_key(first), "cut", WHERE))
        model = history.version("model", "m", first)
        history.gap(GapKind.NO_PRODUCER, model)
        history.version("raw", "clean", first)
        history.version("raw", "poison", history.commit(first))
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("poison")), model) == "unknown: no-producer"

    def test_what_a_run_made_that_is_not_on_record_was_there_before_its_first_record(
        self, history: History, tmp_path: Path
    ) -> None:
        before = history.commit()
        other = history.folder("other", {"x": "1"}, before, listed=False)
        history.version("raw", "clean", before)
        made = history.version("raw", "poison", history.commit(before))
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("poison")), other) == "clear"
        history.gap(GapKind.NO_PRODUCER, made)
        (tmp_path / "lost").mkdir()
        with history.case(tmp_path / "lost") as asked:
            assert asked.verdict(asked.judge(md5("poison")), other) == "unknown: missing-listing"

    def test_a_part_that_could_not_be_found_says_nothing_of_the_other_members(
        self, history: History, tmp_path: Path
    ) -> None:
        at = history.commit()
        history.version("suspect.csv", "poison", at)
        blind = history.folder("out", {"a": "1"}, at, listed=False)
        listed = history.folder("out", {"b": "2"}, history.commit(at))
        history.gap(GapKind.UNLINKED, blind)
        with history.case(tmp_path) as asked:
            found = asked.verdicts(asked.judge(md5("poison")), blind, listed)
        assert found == ["unknown: unlinked", "clear"]

    def test_a_file_known_only_as_read_out_of_a_directory_may_be_in_it(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        clean, made = history.version("clean", "clean", at), history.folder("out", {"a": "poison"}, at, listed=False)
        history.run([clean], [made], at)
        part, model = history.version("out/a", "poison"), history.version("model", "m", at)
        history.run([part], [model], history.commit(at))
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("poison")), made) == "unknown: missing-listing"

    def test_what_a_run_made_is_judged_by_its_inputs(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        history.version("poisoned.csv", "poison", at)
        clean, made = history.version("clean.csv", "clean", at), history.folder("made", {"x": "1"}, at, listed=False)
        history.run([clean], [made], at)
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("poison")), made) == "clear"

    def test_a_run_that_names_no_data_has_its_data_from_elsewhere(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        history.version("poisoned.csv", "poison", at)
        code = replace(history.version("download.py", "code", at), kind=ArtifactKind.CODE)
        history.records.append(code)
        fetched = history.folder("fetched", {"x": "1"}, at, listed=False)
        history.run([code], [fetched], at)
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("poison")), fetched) == "unknown: missing-listing"

    def test_a_root_with_a_full_digest_is_no_gap(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        history.version("raw", "poison", at)
        root = history.version("other", "fine", at)
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("poison")), root) == "clear"

    def test_code_that_no_commit_holds_admits_a_file_that_git_alone_knows(
        self, history: History, tmp_path: Path
    ) -> None:
        at = history.commit()
        script = history.file("lib/train.py", "code", at)
        library = history.folder("lib", {"train.py": "code", "more.py": "m"})
        history.gap(GapKind.CODE_NOT_COMMITTED, library)
        model = history.version("model", "m", at)
        history.run([library], [model], at)
        with history.case(tmp_path) as asked:
            found = asked.verdicts(asked.judge(script.digest), library, model)
        assert found == ["unknown: code-not-committed", "unknown: code-not-committed"]

    @pytest.mark.parametrize("leaves", [False, True])
    def test_what_has_no_digest_is_a_gap_for_its_own_store_once_what_is_bad_left_it(
        self, history: History, tmp_path: Path, leaves: bool
    ) -> None:
        written = history.version("runs/m", "m")
        bad = history.run([], [written])
        read = history.version("out/o", None)
        history.gap(GapKind.HASHLESS, read)
        repository = History()
        at = repository.commit()
        copy = repository.version("data/m", "m" if leaves else "other", at)
        repository.run([copy], [repository.version("out/o", "o", at)], at)
        with stored(tmp_path, history, repository) as asked:
            assert asked.verdict(asked.judge(bad), read) == ("unknown: hashless" if leaves else "clear")

    @pytest.mark.parametrize(
        ("first", "second", "verdict"),
        [
            ("/home/ann/runs/m.bin", "D:/share/runs/m.bin", "unknown: hashless"),
            ("/home/ann/runs/m.bin", "gs://bucket/runs/m.bin", "unknown: hashless"),
            ("/home/ann/runs/m.bin", "/home/ann/other/m.bin", "clear"),
            ("s3://here/runs/m.bin", "s3://there/runs/m.bin", "clear"),
        ],
    )
    def test_two_machines_may_call_one_file_by_two_addresses(
        self, history: History, tmp_path: Path, first: str, second: str, verdict: str
    ) -> None:
        written, read = (history.version(uri.partition(":/")[2] or uri, None) for uri in (first, second))
        bad = history.run([], [written])
        history.gap(GapKind.HASHLESS, read)
        for version, uri in ((written, first), (read, second)):
            history.records.append(Details(version.key, "File", "", uri, "", "", None, None, WHERE))
        with stored(tmp_path, history, History()) as asked:
            assert asked.verdict(asked.judge(bad), read) == verdict

    def test_nothing_stands_before_what_a_store_holds_too(self, history: History, tmp_path: Path) -> None:
        made, copied = history.version("runs/m", "m"), history.version("runs/n", "n")
        bad = history.run([], [made])
        history.run([made], [copied])
        repository = History()
        before = repository.commit()
        tracked = repository.version("data/n", "n", before)
        repository.version("data/m", "m", repository.commit(before))
        with stored(tmp_path, history, repository) as asked:
            levels = [asked.verdict(asked.judge(seed), tracked) for seed in (made, bad)]
        assert levels == ["affected", "affected"]

    @pytest.mark.parametrize("seed", ["file", "commit", "data", "run"])
    def test_code_that_a_store_knows_by_its_digest_alone_admits_files_of_git(
        self, history: History, tmp_path: Path, seed: str
    ) -> None:
        module = replace(
            history.version("module:train", None), digest=Digest("tfx-code", "0" * 64), kind=ArtifactKind.CODE
        )
        assert module.digest is not None
        history.records += [module, Gap(GapKind.MISSING_LISTING, content_key(module.digest), "no listing", WHERE)]
        model = history.version("model", "m")
        history.run([module], [model])
        repository = History()
        bad = repository.commit()
        subjects = {
            "commit": bad,
            "file": repository.file("train.py", "code", bad).digest,
            "data": repository.version("raw", "poison", repository.commit()).digest,
            "run": history.run([], [history.version("other", None)]),
        }
        with stored(tmp_path, history, repository) as asked:
            verdict = asked.verdict(asked.judge(subjects[seed]), model)
        assert verdict == ("clear" if seed == "run" else "unknown: missing-listing")
