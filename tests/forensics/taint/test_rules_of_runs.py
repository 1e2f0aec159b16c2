"""The rules of taint: what a run built on or read without saying so. Each by its name.

Every history here comes out otherwise without its rule.
"""

from pathlib import Path

from forensics.model import EdgeKind, Reference, ReferenceKind, Strength, Version
from tests.support.history import WHERE, History, md5, stored


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


class TestRule9WhatWasReadOnTheWayToACommit:
    """A store read ``data/raw.csv`` in a work tree, and a run made ``model`` of it."""

    @staticmethod
    def read(store: History, content: str, path: str = "/srv/data/raw.csv", algorithm: str = "md5") -> Version:
        found = store.version(path, content, algorithm=algorithm)
        store.records.append(Reference(found.key, ReferenceKind.URI, path, WHERE, strength=Strength.INFERRED))
        return found

    def test_a_state_that_no_commit_holds_is_unknown_for_who_committed_another_there(
        self, history: History, tmp_path: Path
    ) -> None:
        store = History()
        edited, model = self.read(store, "edited"), store.version("model", "m")
        store.run([edited], [model])
        first, bad, other = history.commit(), history.commit(author="eve@example.com"), history.commit()
        history.version("data/raw.csv", "old", first)
        committed = history.version("data/raw.csv", "new", bad)
        history.version("data/other.csv", "o", other)
        with stored(tmp_path, store, history) as asked:
            for subject in (bad, "actor\0eve@example.com"):
                found = asked.judge(subject)
                assert asked.verdicts(found, edited, model) == ["unknown: inferred"] * 2
                cause = found.cause(asked.node(edited))
                assert cause is not None
                assert cause.place == asked.node(committed)
            for clean in (other, md5("new"), md5("old")):
                assert asked.verdicts(asked.judge(clean), edited, model) == ["clear"] * 2

    def test_it_is_told_by_another_algorithm_too_that_a_commit_holds_no_such_state(
        self, history: History, tmp_path: Path
    ) -> None:
        store = History()
        edited, same = (self.read(store, content, algorithm="sha256") for content in ("edited", "new"))
        bad = history.commit()
        committed = history.version("data/raw.csv", "new", bad)
        assert committed.digest is not None
        history.same(committed.digest, md5("new", algorithm="sha256"))
        with stored(tmp_path, store, history) as asked:
            assert asked.verdicts(asked.judge(bad), edited, same) == ["unknown: inferred", "affected"]
            assert asked.verdicts(asked.judge(md5("new")), edited, same) == ["clear", "affected"]

    def test_a_state_of_another_commit_is_that_commits(self, history: History, tmp_path: Path) -> None:
        store = History()
        whole, part = self.read(store, "old"), self.read(store, "p", path="/srv/data/parts/p.csv")
        edited = self.read(store, "edited", path="/srv/data/parts/q.csv")
        first, bad = history.commit(), history.commit()
        history.version("data/raw.csv", "old", first)
        history.version("data/raw.csv", "new", bad)
        history.folder("data/parts", {"p.csv": "p", "q.csv": "q"}, first)
        history.folder("data/parts", {"p.csv": "p2", "q.csv": "q2"}, bad)
        with stored(tmp_path, store, history) as asked:
            found = asked.verdicts(asked.judge(bad), whole, part, edited)
            assert found == ["clear", "clear", "unknown: inferred"]

    def test_what_a_run_of_the_store_made_there_is_that_runs(self, history: History, tmp_path: Path) -> None:
        store = History()
        made = self.read(store, "made")
        store.run([], [made])
        bad = history.commit()
        history.version("data/raw.csv", "new", bad)
        with stored(tmp_path, store, history) as asked:
            assert asked.verdict(asked.judge(bad), made) == "clear"

    def test_one_name_says_too_little(self, history: History, tmp_path: Path) -> None:
        store = History()
        elsewhere, whole = self.read(store, "1", path="/tmp/raw.csv"), self.read(store, "2", path="raw.csv")
        bad = history.commit()
        history.version("raw.csv", "new", bad)
        with stored(tmp_path, store, history) as asked:
            assert asked.verdicts(asked.judge(bad), elsewhere, whole) == ["clear", "unknown: inferred"]
