"""The rules of taint: what equal bytes and the strength of a path mean. Each by its name.

Every history here comes out otherwise without its rule.
"""

from pathlib import Path

import pytest

from forensics.model import EdgeKind, Strength
from tests.support.history import History, md5


class TestRule1VerdictByTheStrongestPath:
    @pytest.mark.parametrize(
        ("strength", "verdict"),
        [
            (Strength.RECORDED, "affected"),
            (Strength.MATCHED, "affected"),
            (Strength.INFERRED, "unknown: inferred"),
            (Strength.ASSUMED, "unknown: assumed"),
        ],
    )
    def test_a_weak_edge_spreads_suspicion_and_no_more(
        self, history: History, tmp_path: Path, strength: Strength, verdict: str
    ) -> None:
        at = history.commit()
        raw, model = history.version("raw", "poison", at), history.version("model", "m", at)
        history.run([raw], [model], at, used=strength)
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("poison")), model) == verdict

    def test_a_certain_path_beats_a_shorter_weak_one(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        raw, middle, model = (history.version(path, path, at) for path in ("raw", "middle", "model"))
        history.run([raw], [middle], at)
        run = history.run([middle], [model], at)
        history.edge(EdgeKind.USED, raw, run, Strength.INFERRED)
        with history.case(tmp_path) as asked:
            judgement = asked.judge(md5("raw"))
            assert asked.verdicts(judgement, middle) == ["affected"]
            assert asked.verdict(judgement, model) == "affected"

    def test_a_suspect_mark_makes_unknown(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        raw, model = history.version("raw", "poison", at), history.version("model", "m", at)
        history.run([raw], [model], at)
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(suspect=(md5("poison"),)), model) == "unknown: suspect"


class TestRule2SameBytesSameFate:
    def test_marked_bytes_are_bad_under_every_name(self, history: History, tmp_path: Path) -> None:
        first, second = history.commit(), history.commit()
        one, copy = history.version("raw", "poison", first), history.version("backup/raw", "poison", second)
        model = history.version("model", "m", second)
        history.run([copy], [model], second)
        with history.case(tmp_path) as asked:
            assert asked.verdicts(asked.judge(one), copy, model) == ["affected", "affected"]

    def test_equal_values_of_both_md5s_are_assumed_to_be_equal_bytes(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        new = history.version("raw", "poison", at)
        old = history.version("old", "poison", at, algorithm="md5-dos2unix")
        with history.case(tmp_path) as asked:
            assert asked.verdicts(asked.judge(new), new, old) == ["affected", "unknown: assumed"]

    def test_two_digests_of_bytes_at_hand_are_one_content(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        script = history.file("train.py", "code", at)
        recorded = history.version("other.py", "code", at)
        assert script.digest is not None
        assert recorded.digest is not None
        history.same(script.digest, recorded.digest)
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(script.digest), recorded) == "affected"

    def test_the_empty_file_joins_nothing(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        one, two = history.version("a/__init__.py", "", at), history.version("b/__init__.py", "", at)
        with history.case(tmp_path) as asked:
            assert asked.verdicts(asked.judge(one), one, two) == ["affected", "clear"]


class TestRule3ChanceEqualityIsNotDescent:
    def test_equal_to_an_affected_output_but_made_by_unaffected_runs_is_unknown(
        self, history: History, tmp_path: Path
    ) -> None:
        base = history.commit()
        bad, good = history.commit(base), history.commit(base)
        raw, other = history.version("raw", "poison", bad), history.version("other", "clean", good)
        made, equal = history.version("count", "7", bad), history.version("number", "7", good)
        history.run([raw], [made], bad)
        history.run([other], [equal], good)
        with history.case(tmp_path) as asked:
            assert asked.verdicts(asked.judge(md5("poison")), made, equal) == ["affected", "unknown: same-bytes"]

    def test_bytes_recorded_before_every_bad_origin_are_clear(self, history: History, tmp_path: Path) -> None:
        before = history.commit()
        after = history.commit(before)
        raw, other = history.version("raw", "poison", after), history.version("other", "clean", before)
        made, equal = history.version("count", "7", after), history.version("number", "7", before)
        history.run([raw], [made], after)
        history.run([other], [equal], before)
        with history.case(tmp_path) as asked:
            assert asked.verdicts(asked.judge(md5("poison")), made, equal) == ["affected", "clear"]

    def test_a_copy_that_nothing_on_record_made_is_affected(self, history: History, tmp_path: Path) -> None:
        bad = history.commit()
        later = history.commit(bad)
        raw, made = history.version("raw", "poison", bad), history.version("out", "derived", bad)
        history.run([raw], [made], bad)
        copied = history.version("inputs/copied", "derived", later)
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("poison")), copied) == "affected"

    def test_so_is_a_file_of_a_directory_that_was_copied(self, history: History, tmp_path: Path) -> None:
        bad = history.commit()
        later = history.commit(bad)
        raw, made = history.version("raw", "poison", bad), history.folder("out", {"a": "derived"}, bad)
        history.run([raw], [made], bad)
        copied, part = history.folder("inputs", {"a": "derived"}, later), history.version("inputs/a", "derived")
        history.edge(EdgeKind.PART, copied, part, Strength.MATCHED)
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("poison")), part) == "affected"

    def test_a_file_of_such_a_copy_that_is_older_than_every_bad_origin_is_clear(
        self, history: History, tmp_path: Path
    ) -> None:
        before = history.commit()
        bad = history.commit(before)
        history.version("backup/a", "old", before)
        slipped = history.folder("raw", {"a": "old", "b": "new"}, bad)
        copied = history.folder("inputs", {"a": "old", "b": "new"}, history.commit(bad))
        old, new = history.version("inputs/a", "old"), history.version("inputs/b", "new")
        for part in (old, new):
            history.edge(EdgeKind.PART, copied, part, Strength.MATCHED)
        with history.case(tmp_path) as asked:
            found = asked.verdicts(asked.judge(bad), slipped, copied, old, new)
        assert found == ["affected", "affected", "clear", "affected"]

    def test_a_copy_whose_listing_is_missing_casts_doubt_on_what_is_read_out_of_it(
        self, history: History, tmp_path: Path
    ) -> None:
        bad = history.commit()
        raw, made = history.version("raw", "poison", bad), history.folder("out", {"a": "derived"}, bad, listed=False)
        history.run([raw], [made], bad)
        copied = history.folder("inputs", {"a": "derived"}, history.commit(bad), listed=False)
        part = history.version("inputs/a", "derived")
        history.edge(EdgeKind.PART, copied, part, Strength.INFERRED)
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("poison")), part).startswith("unknown")
