"""The rules of taint: what several producers mean. Each by its name.

Every history here comes out otherwise without its rule.
"""

from pathlib import Path

import pytest

from forensics.model import EdgeKind, Event, Strength
from tests.support.history import WHERE, History, md5


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

    @pytest.mark.parametrize(
        ("read", "verdict"), [(15, "clear"), (25, "unknown: same-bytes"), (None, "unknown: same-bytes")]
    )
    def test_in_a_store_only_what_wrote_before_it_was_read_counts(
        self, history: History, tmp_path: Path, read: int | None, verdict: str
    ) -> None:
        poison, clean = history.version("raw", "poison"), history.version("raw", "clean")
        features, model = history.version("features", "equal"), history.version("model", "m")
        first, second = history.run([clean], [features]), history.run([poison], [features])
        train = history.run([features], [model])
        events = (first, "OUTPUT", 10), (second, "OUTPUT", 20), (train, "INPUT", read)
        history.records += [Event(run.key, features.key, kind, at, "", WHERE) for run, kind, at in events]
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(md5("poison")), model) == verdict

    def test_what_a_bad_commit_imported_is_bad_though_nothing_is_known_against_its_origin(
        self, history: History, tmp_path: Path
    ) -> None:
        bad = history.commit(history.commit())
        origin, taken = history.version("upstream/encoder", "swapped"), history.version("encoder", "swapped", bad)
        history.edge(EdgeKind.IMPORTED, origin, taken)
        with history.case(tmp_path) as asked:
            assert asked.verdict(asked.judge(bad), taken) == "affected"

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

    def test_what_another_branch_brought_in_by_hand_may_be_a_copy_of_what_is_bad(
        self, history: History, tmp_path: Path
    ) -> None:
        base = history.commit()
        bad, picked = history.commit(base), history.commit(base)
        raw = history.version("raw", "poison", bad, picked)
        on_bad, on_picked = history.version("model", "1", bad), history.version("model", "2", picked)
        history.run([raw], [on_bad], bad)
        history.run([raw], [on_picked], picked)
        with history.case(tmp_path) as asked:
            found = asked.verdicts(asked.judge(bad), raw, on_bad, on_picked)
        assert found == ["unknown: same-bytes", "affected", "unknown: same-bytes"]


class TestRule4OfADirectoryAndItsParts:
    """What is read out of a directory is judged by what made the directory, as the consumer saw it."""

    def build(self, history: History, part: str) -> list[object]:
        first = history.commit()
        bad = history.commit(first)
        poison, clean = history.version("raw", "poison", bad), history.version("raw", "clean", first)
        whole = history.folder("out", {"a": "equal", "b": "other"}, first)
        history.run([clean], [whole], first)
        history.run([poison], [whole], bad)
        read = history.version(part, "equal")
        history.edge(EdgeKind.PART, whole, read, Strength.MATCHED)
        early, late = history.version("early", "1", first), history.version("late", "2", bad)
        history.run([read], [early], first)
        history.run([read], [late], bad)
        return [whole, read, early, late]

    def test_a_consumer_of_a_part_is_judged_by_the_producers_in_its_own_ancestry(
        self, history: History, tmp_path: Path
    ) -> None:
        made = self.build(history, "out/a")
        with history.case(tmp_path) as asked:
            found = asked.verdicts(asked.judge(md5("poison")), *made)
        assert found == ["unknown: same-bytes", "unknown: same-bytes", "clear", "unknown: same-bytes"]

    def test_the_path_of_such_a_consumer_runs_through_the_directory(self, history: History, tmp_path: Path) -> None:
        whole, _, _, late = self.build(history, "out/a")
        with history.case(tmp_path) as asked:
            assert asked.node(whole) in asked.judge(md5("poison")).path(asked.node(late))

    def test_a_part_is_judged_again_when_more_accuses_its_directory(self, history: History, tmp_path: Path) -> None:
        at = history.commit()
        raw = history.version("raw", "poison", at)
        whole, part = history.folder("out", {"a": "x"}, at), history.version("out/a", "x")
        history.edge(EdgeKind.PART, whole, part, Strength.MATCHED)
        history.run([raw], [whole], at)
        middle = history.version("middle", "m", at)
        history.run([raw], [middle], at)
        history.run([middle], [whole], at)
        with history.case(tmp_path) as asked:
            assert asked.verdicts(asked.judge(md5("poison")), whole, part) == ["affected", "affected"]
