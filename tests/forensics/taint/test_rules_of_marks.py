"""The rules of taint: marks, direction and time. Each by its name.

Every history here comes out otherwise without its rule.
"""

from pathlib import Path

from tests.support.history import History, md5


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

    def test_what_a_run_used_stands_on_record_with_the_run_though_it_is_committed_later(
        self, history: History, tmp_path: Path
    ) -> None:
        first = history.commit()
        later = history.commit(first)
        raw, made = history.version("raw", "poison", later), history.version("out", "derived", first)
        history.run([raw], [made], first)
        copied = history.version("inputs/copied", "derived", later)
        with history.case(tmp_path) as asked:
            assert asked.verdicts(asked.judge(md5("poison")), made, copied) == ["affected", "affected"]
