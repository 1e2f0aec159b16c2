"""The rules of taint: what a run built on or read without saying so. Each by its name.

Every history here comes out otherwise without its rule.
"""

from pathlib import Path

from forensics.model import EdgeKind, Strength
from tests.support.history import History, md5


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
