"""Who accuses bytes that several versions share: against brute force, and what it costs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.model import EdgeKind, Version
from forensics.taint import Level, Lineage, Seed, judge
from forensics.taint.equality import EVERYBODY, Equality
from tests.support.history import Asked, History

ACCUSERS = [f"v{n}" for n in range(4)]


@pytest.fixture
def holders(history: History, tmp_path: Path) -> Iterator[tuple[Asked, list[Version]]]:
    """Versions of the same bytes that nothing on record made."""
    versions = [history.version(name, "same") for name in ACCUSERS]
    with history.case(tmp_path) as asked:
        yield asked, versions


def test_what_others_say_of_a_version_is_as_brute_force_has_it(holders: tuple[Asked, list[Version]]) -> None:
    asked, versions = holders
    lineage = Lineage(asked.case)
    nodes = [asked.node(version) for version in versions]
    content = lineage.content(nodes[0])
    assert content is not None

    @settings(deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(nodes), st.sampled_from([Level.UNKNOWN, Level.AFFECTED])), max_size=12))
    def check(accusations: list[tuple[int, Level]]) -> None:
        equality = Equality(lineage, frozenset(), lambda _: Level.CLEAR)
        told: dict[int, Level] = {}
        for accuser, level in accusations:
            before = {node: equality.of(node)[0] for node in nodes}
            concerned = equality.accuse(content, accuser, level)
            told[accuser] = max(level, told.get(accuser, Level.CLEAR))
            for node in nodes:
                said = max((told[other] for other in told if other != node), default=Level.CLEAR)
                assert equality.of(node)[0] is said
                assert said is before[node] or concerned in (node, EVERYBODY)

    check()


class Counting(Lineage):
    """Counts how many neighbours were looked at."""

    looked = 0

    def effects(self, node: int, *kinds: EdgeKind) -> list[tuple[int, object]]:  # type: ignore[override]
        found = super().effects(node, *kinds)
        self.looked += len(found)
        return found  # type: ignore[return-value]


def test_a_directory_in_many_versions_costs_what_its_listings_hold(tmp_path: Path) -> None:
    """Every version of a directory accuses the members that it shares with the others."""

    def looked(versions: int) -> int:
        history = History()
        at = history.commit()
        bad = history.version("raw", "poison", at)
        folders = [
            history.folder("out", {**{f"f{n}": f"f{n}" for n in range(40)}, "x": str(i)}) for i in range(versions)
        ]
        for folder in folders:
            history.run([bad], [folder], at)
            history.run([folder], [history.version("model", folder.key)], at)
        (tmp_path / str(versions)).mkdir()
        with history.case(tmp_path / str(versions)) as asked:
            lineage = Counting(asked.case)
            judged = judge(asked.case, [Seed(asked.node(bad), Level.AFFECTED, "bad")], lineage=lineage)
            assert all(judged.level(asked.node(folder)) is Level.AFFECTED for folder in folders)
        return lineage.looked

    assert looked(24) < 2.5 * looked(12)
