"""Each rule of taint, by its name, on a history that comes out otherwise if the rule is dropped."""

from pathlib import Path

import pytest

from forensics.model import EdgeKind, GapKind, SameBytes, Strength
from tests.support.history import History, md5


@pytest.fixture
def history() -> History:
    return History()


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
        history.same(script.digest, recorded.digest)  # type: ignore[arg-type]
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


class TestRule4SeveralProducers:
    def build(self, history: History) -> dict[str, object]:
        base = history.commit()
        bad, good = history.commit(base), history.commit(base)
        merge = history.commit(bad, good)
        poison, clean = history.version("raw", "poison", bad), history.version("raw", "clean", base)
        features = history.version("features", "equal", bad, good)
        history.run([poison], [features], bad)
        history.run([clean], [features], good)
        models = {name: history.version("model", name) for name in ("on-bad", "on-good", "on-merge")}
        for (_, model), at in zip(models.items(), (bad, good, merge), strict=True):
            history.run([features], [model], history.commit(at))
        return {"features": features, **models}

    def test_a_consumer_is_judged_by_the_producers_in_its_own_ancestry(self, history: History, tmp_path: Path) -> None:
        made = self.build(history)
        with history.case(tmp_path) as asked:
            judgement = asked.judge(md5("poison"))
            found = {name: asked.verdict(judgement, version) for name, version in made.items()}
        assert found == {
            "features": "unknown: same-bytes",
            "on-bad": "affected",
            "on-good": "clear",
            "on-merge": "unknown: same-bytes",
        }

    def test_the_path_of_such_a_consumer_runs_through_what_it_used(self, history: History, tmp_path: Path) -> None:
        made = self.build(history)
        with history.case(tmp_path) as asked:
            judgement = asked.judge(md5("poison"))
            assert asked.node(made["features"]) in judgement.path(asked.node(made["on-bad"]))

    def test_all_producers_affected_is_affected(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        raw, out = history.version("raw", "poison", at), history.version("out", "o", at)
        history.run([raw], [out], at)
        history.run([raw], [out], at)
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("poison")), out) == "affected"

    def test_one_affected_and_one_unknown_is_unknown(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        raw, out = history.version("raw", "raw", at), history.version("out", "out", at)
        history.run([raw], [out], at)
        history.run([raw], [out], at, used=Strength.INFERRED)
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("raw")), out) == "unknown: same-bytes"

    def test_it_holds_through_a_directory_made_of_several_outs(self, history: History, tmp_path: Path) -> None:
        first = history.commit()
        bad = history.commit(first)
        poison, clean = history.version("raw", "poison", bad), history.version("raw", "clean", first)
        part = history.version("many/a", "equal", first)
        history.run([clean], [part], first)
        history.run([poison], [part], bad)
        whole = history.folder("many", {"a": "equal"}, first)
        history.edge(EdgeKind.MEMBER, part, whole, Strength.MATCHED)
        early, late = history.version("early", "1", first), history.version("late", "2", bad)
        history.run([whole], [early], first)
        history.run([whole], [late], bad)
        with history.case(tmp_path) as asked:
            found = asked.verdicts(asked.judge(md5("poison")), early, late)
        assert found == ["clear", "unknown: same-bytes"]

    def test_a_consumer_is_judged_again_when_another_part_is_accused(self, history: History, tmp_path: Path) -> None:
        first = history.commit()
        later = history.commit(first)
        poison, clean = history.version("raw", "poison", later), history.version("raw", "clean", first)
        mixed, doubted = history.version("many/a", "equal", first), history.version("many/b", "b", first)
        history.run([clean], [mixed], first)
        history.run([poison], [mixed], later)
        # A longer way, so that the directory and its consumer have been judged when the second part comes under doubt.
        middle = history.version("middle", "middle", first)
        history.run([poison], [middle], first, used=Strength.INFERRED)
        history.run([middle], [doubted], first)
        whole = history.folder("many", {"a": "equal", "b": "b"}, first)
        for part in (mixed, doubted):
            history.edge(EdgeKind.MEMBER, part, whole, Strength.MATCHED)
        model = history.version("model", "m", first)
        history.run([whole], [model], first)
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("poison")), model).startswith("unknown")

    def test_an_uncertain_record_never_clears_what_a_certain_one_accuses(
        self, history: History, tmp_path: Path
    ) -> None:
        at = history.commit()
        raw, clean, out = (history.version(path, path, at) for path in ("raw", "clean", "out"))
        history.run([raw], [out], at)
        history.run([clean], [out], at, made=Strength.INFERRED)
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("raw")), out) == "affected"

    def test_a_release_is_judged_like_a_consumer(self, history: History, tmp_path: Path) -> None:
        base = history.commit()
        bad, good = history.commit(base), history.commit(base)
        poison, clean = history.version("raw", "poison", bad), history.version("raw", "clean", base)
        model = history.version("model", "equal", bad, good)
        history.run([poison], [model], bad)
        history.run([clean], [model], good)
        on_bad, on_good = history.release("fraud@v1", bad, model), history.release("fraud@v2", good, model)
        with history.case(tmp_path) as asked:
            assert asked.verdicts(asked.judge(md5("poison")), on_bad, on_good) == ["affected", "clear"]


class TestRule5Directories:
    def test_a_bad_member_taints_the_directory_but_not_its_other_members(
        self, history: History, tmp_path: Path
    ) -> None:
        at = history.commit()
        whole = history.folder("raw", {"a": "poison", "b": "fine"}, at)
        other = history.version("elsewhere/b", "fine", at)
        model = history.version("model", "m", at)
        history.run([whole], [model], at)
        with history.case(tmp_path) as asked:
            judgement = asked.judge(md5("poison"))
            assert asked.verdicts(judgement, whole, model, other) == ["affected", "affected", "clear"]
            assert judgement.dose(asked.node(whole.digest)) == 1

    def test_a_consumer_of_one_part_is_influenced_by_that_part_alone(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        whole = history.folder("raw", {"a": "poison", "b": "fine"}, at)
        part, poisoned = history.version("raw/b", "fine"), history.version("raw/a", "poison")
        history.edge(EdgeKind.PART, whole, part, Strength.MATCHED)
        history.edge(EdgeKind.PART, whole, poisoned, Strength.MATCHED)
        model, worse = history.version("model", "m", at), history.version("worse", "w", at)
        history.run([part], [model], at)
        history.run([poisoned], [worse], at)
        with history.case(tmp_path) as asked:
            assert asked.verdicts(asked.judge(md5("poison")), model, worse) == ["clear", "affected"]

    def test_a_directory_bad_as_a_whole_taints_what_is_read_out_of_it(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        raw = history.version("source", "poison", at)
        whole = history.folder("out", {"a": "x", "b": "y"}, at)
        history.run([raw], [whole], at)
        part = history.version("out/b", "y")
        history.edge(EdgeKind.PART, whole, part, Strength.MATCHED)
        model = history.version("model", "m", at)
        history.run([part], [model], at)
        with history.case(tmp_path) as asked:
            assert asked.verdicts(asked.judge(md5("poison")), part, model) == ["affected", "affected"]

    def test_its_members_are_tainted_unless_their_bytes_are_older_than_the_poison(
        self, history: History, tmp_path: Path
    ) -> None:
        before = history.commit()
        bad = history.commit(before)
        later = history.commit(bad)
        history.folder("raw", {"a": "old"}, before)
        slipped = history.folder("raw", {"a": "old", "b": "new"}, bad)
        keeps_new = history.folder("copy", {"b": "new"}, later)
        keeps_old = history.folder("other", {"a": "old", "c": "unrelated"}, later)
        with history.case(tmp_path) as asked:
            judgement = asked.judge(bad)
            assert asked.verdicts(judgement, slipped, keeps_new, keeps_old) == ["affected", "affected", "clear"]


class TestRule7DepsThatContainOuts:
    def test_an_affected_part_makes_the_whole_bad_in_part(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        raw, part = history.version("raw", "poison", at), history.version("out/a", "derived", at)
        history.run([raw], [part], at)
        whole = history.folder("out", {"a": "derived", "b": "other"}, at)
        history.edge(EdgeKind.MEMBER, part, whole, Strength.MATCHED)
        model = history.version("model", "m", at)
        history.run([whole], [model], at)
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("poison")), model) == "affected"

    def test_joined_by_path_alone_it_is_unknown(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        raw, part = history.version("raw", "poison", at), history.version("out/a", "derived", at)
        history.run([raw], [part], at)
        whole = history.folder("out", {"a": "derived"}, at, listed=False)
        history.edge(EdgeKind.MEMBER, part, whole, Strength.INFERRED)
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("poison")), whole).startswith("unknown")


class TestRule8MemoryOfAStage:
    def test_what_was_built_on_its_affected_previous_version_is_unknown(self, history: History, tmp_path: Path) -> None:
        first = history.commit()
        second = history.commit(first)
        raw, clean = history.version("raw", "poison", first), history.version("raw", "clean", second)
        old, new = history.version("state", "1", first), history.version("state", "2", second)
        history.run([raw], [old], first)
        run = history.run([clean], [new], second)
        history.edge(EdgeKind.USED, old, run, Strength.INFERRED)
        with history.case(tmp_path) as asked:
            assert asked.verdicts(asked.judge(md5("poison")), old, new) == ["affected", "unknown: inferred"]


class TestRule9UndeclaredCode:
    def test_a_bad_commit_taints_the_runs_that_it_recorded(self, history: History, tmp_path: Path) -> None:
        base = history.commit()
        bad = history.commit(base)
        raw, before, after = (history.version(path, path, base) for path in ("raw", "m1", "m2"))
        history.run([raw], [before], base)
        history.run([raw], [after], bad)
        with history.case(tmp_path) as asked:
            assert asked.verdicts(asked.judge(bad), before, after) == ["clear", "affected"]

    def test_a_bad_file_in_the_tree_of_a_run_that_does_not_name_it_is_unknown(
        self, history: History, tmp_path: Path
    ) -> None:
        base = history.commit()
        bad = history.commit(base)
        later = history.commit(bad)
        mended = history.commit(later)
        helper = history.file("helper.py", "backdoor", bad)
        history.file("helper.py", "mended", mended)
        raw = history.version("raw", "raw", base)
        early, within, after = (history.version("model", name) for name in ("1", "2", "3"))
        for model, at in ((early, base), (within, later), (after, mended)):
            history.run([raw], [model], at)
        with history.case(tmp_path) as asked:
            found = asked.judge(helper.digest)
            assert asked.verdicts(found, early, within, after) == ["clear", "unknown: undeclared-code", "clear"]
            cause = found.cause(asked.node(within))
            assert cause is not None
            assert cause.place == asked.node(helper)

    def test_metadata_of_a_bad_commit_is_no_code(self, history: History, tmp_path: Path) -> None:
        base = history.commit()
        bad = history.commit(base)
        later = history.commit(bad)
        history.file("dvc.lock", "whatever", bad)
        raw, model = history.version("raw", "raw", base), history.version("model", "m", later)
        history.run([raw], [model], later)
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(bad), model) == "clear"


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

    def test_a_root_with_a_full_digest_is_no_gap(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        history.version("raw", "poison", at)
        root = history.version("other", "fine", at)
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("poison")), root) == "clear"


class TestRule12Marks:
    def test_a_bad_actor_is_his_claimed_commits(self, history: History, tmp_path: Path) -> None:
        good = history.commit()
        bad = history.commit(good, author="mallory@example.com")
        innocent, slipped = history.version("a", "a", good), history.version("b", "b", bad)
        with history.case(tmp_path) as asked:
            found = asked.verdicts(asked.judge("actor\0mallory@example.com"), innocent, slipped)
        assert found == ["clear", "affected"]

    def test_a_bad_run_is_its_outputs(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        raw, out = history.version("raw", "raw", at), history.version("out", "out", at)
        run = history.run([raw], [out], at)
        with history.case(tmp_path) as asked:
            assert asked.verdicts(asked.judge(run), raw, out) == ["clear", "affected"]

    def test_cleared_stops_the_taint_there_and_says_so(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        raw, middle, model = (history.version(path, path, at) for path in ("raw", "middle", "model"))
        history.run([raw], [middle], at)
        history.run([middle], [model], at)
        with history.case(tmp_path) as asked:
            judgement = asked.judge(md5("raw"), cleared=(middle,))
            assert asked.verdicts(judgement, middle, model) == ["clear", "clear"]
            assert judgement.stopped == {asked.node(middle)}


class TestRule13DirectionAndCycles:
    def test_siblings_are_not_descendants(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        raw, one, two = (history.version(path, path, at) for path in ("raw", "one", "two"))
        history.run([raw], [one, two], at)
        with history.case(tmp_path) as asked:
            assert asked.verdicts(asked.judge(md5("one")), raw, one, two) == ["clear", "affected", "clear"]

    def test_self_training_is_answered_completely(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        model, labels = history.version("model", "m", at), history.version("labels", "l", at)
        history.run([model], [labels], at)
        history.run([labels], [model], at)
        with history.case(tmp_path) as asked:
            assert asked.verdicts(asked.judge(md5("l")), model, labels) == ["affected", "affected"]


class TestRule14TimeIsTheGraphs:
    def test_as_of_a_revision_sees_its_ancestry_alone(self, history: History, tmp_path: Path) -> None:
        first = history.commit()
        second = history.commit(first)
        raw, old, new = (
            history.version("raw", "raw", first),
            history.version("m", "1", first),
            history.version("m", "2", second),
        )
        history.run([raw], [old], first)
        history.run([raw], [new], second)
        with history.case(tmp_path) as asked:
            assert asked.verdicts(asked.judge(md5("raw")), old, new) == ["affected", "affected"]
            assert asked.verdicts(asked.judge(md5("raw"), as_of=first), old, new) == ["affected", "clear"]


class TestRule5WhereAListingIsMissing:
    def test_a_bad_directory_of_unknown_members_casts_doubt_on_its_later_versions(
        self, history: History, tmp_path: Path
    ) -> None:
        before = history.commit()
        bad = history.commit(before)
        old = history.folder("raw", {"a": "old"}, before)
        slipped = history.folder("raw", {"a": "old", "b": "new"}, bad, listed=False)
        later = history.folder("raw", {"a": "old", "b": "new", "c": "more"}, history.commit(bad))
        with history.case(tmp_path) as asked:
            found = asked.verdicts(asked.judge(bad), old, slipped, later)
        assert found == ["clear", "affected", "unknown: missing-listing"]
