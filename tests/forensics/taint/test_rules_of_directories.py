"""The rules of taint: directories, their parts and their listings. Each by its name.

Every history here comes out otherwise without its rule.
"""

from pathlib import Path

import pytest

from forensics.model import EdgeKind, Strength
from tests.support.history import History, md5


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
            assert judgement.bad_members(asked.node(whole.digest)) == [asked.node(md5("poison"))]

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


class TestRule5WhereAListingIsMissing:
    def test_a_member_equal_by_chance_is_no_proof_against_another_name_of_a_directory_that_a_run_made(
        self, history: History, tmp_path: Path
    ) -> None:
        at = history.commit()
        raw, fine = history.version("raw", "poison", at), history.version("fine", "f", at)
        bad = history.folder("bad", {"README": "constant", "data": "x"}, at)
        history.run([raw], [bad], at)
        members = {"README": "constant", "data": "y"}
        good = history.folder("good", members, at)
        history.run([fine], [good], at)
        logged = history.folder("bucket/good", members)
        with history.case(tmp_path) as asked:
            verdicts = asked.verdicts(asked.judge(md5("poison")), bad, good, logged)
            assert verdicts == ["affected", "unknown: same-bytes", "unknown: same-bytes"]

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


@pytest.mark.parametrize("strength", [Strength.INFERRED, Strength.MATCHED])
def test_parts_within_parts_are_judged_in_no_time_however_deep(
    history: History, tmp_path: Path, strength: Strength
) -> None:
    at = history.commit()
    paths = ["/".join(["raw"] * (depth + 1)) for depth in range(24)]
    parts = [history.version(path, path) for path in paths]
    for place, whole in enumerate(parts):
        for part in parts[place + 1 :]:
            history.edge(EdgeKind.PART, whole, part, strength)
    equal = history.version("elsewhere", paths[0], at)
    history.run(parts, [model := history.version("model", "m")], at)
    with history.case(tmp_path) as asked:
        judgement = asked.judge(parts[0], suspect=(equal,))
        last = "affected" if strength is Strength.MATCHED else "unknown: inferred"
        assert asked.verdicts(judgement, parts[0], parts[-1], model) == ["affected", last, "affected"]
