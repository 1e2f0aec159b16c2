"""``releases``, and where what the blast radius and the rollback name was in use."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forensics.case import Case
from forensics.case.database import transaction
from forensics.errors import UsageError
from forensics.model import Acquired, Deployment, Finding, FindingKind, Origin, Record, Source
from forensics.report.schema import load
from forensics_connectors.contract import find_connector
from forensics_queries.blast_radius import blast_radius
from forensics_queries.exposure import exposures
from forensics_queries.marks import add_mark
from forensics_queries.moment import moment
from forensics_queries.releases import InUse, releases
from forensics_queries.rollback import rollback
from tests.support.gitrepo import GitRepo
from tests.support.incident import INCIDENT
from tests.support.toy import Step, Toy, digest_of

if TYPE_CHECKING:
    from sample_repos.fraud import FraudSample

START = 1_700_000_000
POISON = str(digest_of("POISON"))
MODEL = str(digest_of("model 3"))


def deploy(case: Case, *stated: tuple[str, str, str, int | None, int | None], state: str = "one", bad: int = 0) -> None:
    """Reads deployments: model, subject, environment, start, end."""
    records: list[Record] = [
        Deployment(*row, Origin("deployments.csv", locus=f"line {number} in {state}"))
        for number, row in enumerate(stated, 2)
    ]
    records += [
        Finding(FindingKind.BAD_ROW, f"line {number}: no", Origin("deployments.csv", locus=f"{number} in {state}"))
        for number in range(bad)
    ]
    source = Source("deployments", "/x/deployments.csv", "deployments", ("place",), state=state)
    case.ingest(source, [*records, Acquired(state, {})])


def in_use(rows: tuple[InUse, ...], state: str = "live") -> list[tuple[str, str, str]]:
    return [(row.verdict, row.window.where, row.window.release) for row in rows if row.window.state == state]


def test_without_a_mark_nothing_is_called_clear(incident: Case) -> None:
    answer = releases(incident)
    assert in_use(answer.rows) == [
        ("no marks", "prod", "fraud@v1.1.0"),
        ("no marks", "staging", "fraud@v1.2.0"),
    ]
    assert any("no verdict" in note for note in answer.notes)
    assert not answer.short


def test_live_ones_come_first_and_affected_ones_before_others(writable: Case) -> None:
    add_mark(writable, "bad", POISON, reason="poison", author="ann@example.com")
    answer = releases(writable)
    assert in_use(answer.rows) == [
        ("affected", "prod", "fraud@v1.1.0"),
        ("clear", "staging", "fraud@v1.2.0"),
    ]
    assert in_use(answer.rows, "ended") == [("clear", "prod", "fraud@v1.0.0")]
    ended = answer.rows[2].window
    assert (ended.claimed_since, ended.claimed_until) == (START, START + 1)
    assert ended.ended_by == "fraud@v1.1.0 took its place"
    assert [thing.digest for thing in answer.rows[0].things] == [MODEL]


def test_deployments_are_judged_by_the_release_the_bytes_or_the_path_that_they_name(writable: Case) -> None:
    add_mark(writable, "bad", POISON, reason="poison", author="ann@example.com")
    deploy(
        writable,
        ("fraud", "v1.1.0", "a", START, None),
        ("fraud", MODEL, "b", None, None),
        ("fraud", "models/fraud.json@retrain", "c", None, None),
        ("fraud", "models/fraud.json", "d", None, None),
        ("fraud", "fraud@v1.2.0", "e", START, START + 5),
        ("fraud", "fraud@v1.2.0", "f", 2**34, None),
    )
    answer = releases(writable)
    found = {row.window.where: (row.verdict, row.window.state, row.reason) for row in answer.rows}
    assert {where: found[where] for where in "abcdef"} == {
        "a": ("affected", "live", ""),
        "b": ("affected", "live", ""),
        "c": ("clear", "live", ""),
        "d": ("unknown", "live", "unresolved"),
        "e": ("clear", "ended", ""),
        "f": ("clear", "planned", ""),
    }
    assert not answer.short


@pytest.mark.parametrize(
    "subject",
    [
        "fraud@v9",
        "md5:" + "9" * 32,
        "file:/etc/hostname",
        "mark:1",
        "actor:mallory@example.com",
        "main",
        "\x1b[2J",
        " ",
    ],
)
def test_what_cannot_be_resolved_is_unknown_and_makes_the_answer_short(writable: Case, subject: str) -> None:
    add_mark(writable, "bad", POISON, reason="poison", author="ann@example.com")
    deploy(writable, ("fraud", subject, "prod-eu", START, None))
    answer = releases(writable)
    row = next(row for row in answer.rows if row.window.where == "prod-eu")
    assert (row.verdict, row.reason, row.window.state) == ("unknown", "unresolved", "live")
    assert row.problem
    assert answer.short
    assert any("could not be read or resolved" in note for note in blast_radius(writable).notes)


def test_a_release_and_a_digest_in_one_row_are_one_window_with_the_worse_verdict(writable: Case) -> None:
    add_mark(writable, "bad", POISON, reason="poison", author="ann@example.com")
    origin = Origin("deployments.csv", locus="line 2")
    stated = [Deployment("fraud", subject, "eu", START, None, origin) for subject in ("fraud@v1.2.0", MODEL)]
    source = Source("deployments", "/x/deployments.csv", "deployments", ("place",), state="one")
    writable.ingest(source, [*stated, Acquired("one", {})])
    (row,) = (row for row in releases(writable).rows if row.window.where == "eu")
    assert row.verdict == "affected"
    assert row.window.release == f"fraud@v1.2.0, {MODEL}"


def test_only_what_the_file_says_now_counts(writable: Case) -> None:
    row = ("fraud", "fraud@v1.1.0", "eu", START)
    deploy(writable, (*row, None), state="one", bad=1)
    assert releases(writable).short
    deploy(writable, (*row, START + 9), state="two")
    answer = releases(writable)
    assert [one.window.state for one in answer.rows if one.window.where == "eu"] == ["ended"]
    assert not answer.short
    deploy(writable, state="three")
    assert not [one for one in releases(writable).rows if one.window.where == "eu"]


def test_a_narrowed_list_keeps_what_may_be_of_the_subject(writable: Case) -> None:
    deploy(writable, ("", "nobody-knows", "eu", START, None), ("other", str(digest_of("0.9")), "us", START, None))
    assert {row.window.where for row in releases(writable).rows} == {"prod", "staging", "eu", "us"}
    for subject in ("fraud", "models/fraud.json"):
        assert {row.window.where for row in releases(writable, subject).rows} == {"prod", "staging", "eu"}
    assert {row.window.where for row in releases(writable, "fraud@v1.2.0").rows} == {"staging", "eu"}
    assert {row.window.where for row in releases(writable, MODEL).rows} == {"prod", "eu"}
    assert {row.window.where for row in releases(writable, "other").rows} == {"us", "eu"}
    with pytest.raises(UsageError):
        releases(writable, "no-such-thing")


def test_as_of_a_revision_shows_the_stages_of_its_claimed_time(incident: Case) -> None:
    answer = releases(incident, as_of=INCIDENT.oid(0))
    assert in_use(answer.rows) == [("no marks", "prod", "fraud@v1.0.0")]
    assert not in_use(answer.rows, "ended")
    with pytest.raises(UsageError, match="had read nothing"):
        releases(incident, as_of="2001-01-01")


def test_the_blast_radius_says_where_each_version_was_in_use(writable: Case) -> None:
    deploy(writable, ("fraud", MODEL, "edge", START, START + 3), ("fraud", "models/fraud.json@main", "lab", None, None))
    rows = {row.thing.digest: row for row in blast_radius(writable, [POISON]).rows}
    assert [(one.state, one.where) for one in rows[MODEL].windows] == [("live", "prod"), ("ended", "edge")]
    assert rows[MODEL].stages == ("prod",)
    assert rows[str(digest_of("model 7"))].stages == ("lab",)
    first = blast_radius(writable, [POISON]).rows[:2]
    assert {row.thing.digest for row in first} == {MODEL, str(digest_of("model 7"))}


def test_a_file_deployed_out_of_a_directory_makes_the_directory_live(writable: Case) -> None:
    deploy(writable, ("rules", POISON, "edge", START, None))
    live = [row.thing.path for row in blast_radius(writable, [POISON]).rows if row.stages == ("edge",)]
    assert live == ["data/raw"] * len(live)
    assert live


def test_the_rollback_names_the_releases_of_what_it_refuses(writable: Case) -> None:
    newer = [str(digest_of(f"model {number}")) for number in (4, 7)]
    for digest in newer:
        add_mark(writable, "bad", digest, reason="poison", author="ann@example.com")
    refused = {one.thing.digest: one.releases for row in rollback(writable).rows for one in row.refused}
    assert refused == {newer[0]: ("fraud@v1.2.0",), newer[1]: ()}


def test_a_release_without_any_version_on_record_is_not_called_clear(case_of: Callable[..., Case]) -> None:
    case = case_of(INCIDENT)
    case.connection.execute("DELETE FROM edge WHERE kind = 'released'")
    add_mark(case, "bad", POISON, reason="poison", author="ann@example.com")
    assert {(row.verdict, row.reason) for row in releases(case).rows} == {("unknown", "unresolved")}


def test_a_release_that_is_joined_by_path_alone_is_not_called_clear(case_of: Callable[..., Case]) -> None:
    case = case_of(INCIDENT)
    case.connection.execute("UPDATE edge SET strength = 'inferred' WHERE kind = 'released'")
    add_mark(case, "bad", POISON, reason="poison", author="ann@example.com")
    assert {(row.verdict, row.reason) for row in releases(case).rows} == {("unknown", "inferred")}


# -- replaying stages


class Tag(NamedTuple):
    release: int
    action: str
    stage: str


TAGS = st.lists(
    st.builds(
        Tag, st.integers(0, 2), st.sampled_from(["assign"] * 3 + ["unassign", "deregister"]), st.sampled_from("xy")
    ),
    max_size=12,
)
PLAIN = Toy(
    "plain",
    tuple(Step((n - 1,) if n else (), {"m": f"model {n}"}) for n in range(3)),
    releases=tuple(("m", f"v{n}", n) for n in range(3)),
    models={"m": "m"},
)


@pytest.fixture
def plain(case_of: Callable[..., Case]) -> Case:
    return case_of(PLAIN)


def put(case: Case, tags: list[Tag], removed: frozenset[int] = frozenset()) -> None:
    """Writes stage moves one second apart; removed ones stood in the refs of an earlier reading alone."""
    nodes = [row[0] for row in case.rows("SELECT id FROM release ORDER BY name")]
    commits = [row[0] for row in case.rows("SELECT id FROM git_commit ORDER BY position")]
    moves, refs = [], [[2, "moves", commits[0]]]
    for number, tag in enumerate(tags):
        stage = "" if tag.action == "deregister" else tag.stage
        at = commits[tag.release]
        moves.append([nodes[tag.release], stage, tag.action, at, START + number, f"move{number}", number])
        refs += [[acquisition, f"move{number}", at] for acquisition in ((1,) if number in removed else (1, 2))]
    with transaction(case.connection):
        case.connection.execute("DELETE FROM stage_move; DELETE FROM ref WHERE starts_with(name, 'move')")
        case.connection.executemany("INSERT INTO ref VALUES (1, ?, ?, 'tag', ?, '', '', NULL, '')", refs)
        if moves:
            row = "(1, ?, 'm', ?, ?, ?, ?, '', ?, ?, NULL, 1)"
            case.connection.executemany(f"INSERT INTO stage_move VALUES {row}", moves)


def holder(tags: list[Tag], stage: str) -> int | None:
    """By the words of the rule: the one assigned last, of those that were not taken out since."""
    for place in range(len(tags) - 1, -1, -1):
        tag = tags[place]
        if (tag.action, tag.stage) != ("assign", stage):
            continue
        later = [after for after in tags[place + 1 :] if after.release == tag.release]
        if all(one.action == "assign" or (one.action == "unassign" and one.stage != stage) for one in later):
            return tag.release
    return None


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TAGS, st.frozensets(st.integers(0, 11)))
def test_windows_hold_at_every_moment_who_the_rule_says(plain: Case, tags: list[Tag], removed: frozenset[int]) -> None:
    put(plain, tags, removed)
    there = [tag for number, tag in enumerate(tags) if number not in removed]
    now = [one.window for one in exposures(moment(plain, None))]
    live = {(window.where, window.release) for window in now if window.state == "live"}
    assert live == {(s, f"m@v{who}") for s in "xy" if (who := holder(there, s)) is not None}
    shown = plain.rows("SELECT unnest(stages), name FROM releases")
    assert set(shown) == live
    gone = sum(window.ended_by == "its tag is gone from the source" for window in now)
    assert gone == sum(tags[n].action == "assign" for n in removed if n < len(tags))
    for number in range(len(tags)):
        at = START + number
        held = {
            (window.where, window.release)
            for window in now
            if "gone" not in window.ended_by
            and (window.claimed_since or 0) <= at
            and (window.claimed_until is None or at < window.claimed_until)
        }
        before = [tag for place, tag in enumerate(tags[: number + 1]) if place not in removed]
        assert held == {(s, f"m@v{who}") for s in "xy" if (who := holder(before, s)) is not None}


def test_the_stages_are_those_that_gto_shows(tmp_path: Path) -> None:
    from gto.api import show

    (tmp_path / "repo").mkdir()
    repo = GitRepo(tmp_path / "repo")
    oids = [
        repo.commit(**{"dvc.yaml": "artifacts:\n  m:\n    path: model\n    type: model\n", "model": text})
        for text in ("one", "two", "three")
    ]
    tags = [(0, "m@v1.0.0"), (1, "m@v2.0.0"), (2, "m@v3.0.0"), (0, "m#prod#1"), (1, "m#prod#2"), (1, "m#prod!#3"),
            (2, "m#dev#4"), (1, "m#dev#5"), (1, "m#lab#6"), (2, "m#lab#7"), (2, "m@v3.0.0!#8"), (0, "m#old#9"),
            (0, "m#old!#10")]  # fmt: skip
    for second, (commit, name) in enumerate(tags):
        repo.git("tag", "-a", name, "-m", "x", oids[commit], GIT_COMMITTER_DATE=f"{START + second} +0000")
    shown = show(str(repo.path))["m"]
    with Case.open(tmp_path / "gto.duckdb", write=True, new=True) as case:
        connector, source = find_connector(str(repo.path))
        case.ingest(source, connector.read(source))
        found = {(row.window.where, row.window.release) for row in releases(case).rows if row.window.state == "live"}
    assert found == {(stage, f"m@{version}") for stage, version in shown["stage"].items() if version}
    assert ("prod", "m@v1.0.0") in found


# -- the sample


def test_the_sample_shows_the_poisoned_models_live_and_since_when(
    fraud_repo: "FraudSample", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from forensics.cli import main
    from forensics_connectors.deployments import DeploymentsConnector

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORENSICS_CASE", raising=False)
    stated = tmp_path / "deployments.csv"
    stated.write_text(
        "model,release,environment,from,to\nfraud,v1.2.0,edge,2025-05-06,\nfraud,v7,lab,2025-05-06,2025-05-07\n"
    )
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        for connector, locator in ((None, fraud_repo.repository), (DeploymentsConnector(), stated)):
            reader, source = (
                find_connector(str(locator)) if connector is None else (connector, connector.discover(str(locator)))
            )
            assert source is not None
            case.ingest(source, reader.read(source))
        add_mark(case, "bad", fraud_repo.poisoned_subject, reason="flipped", author="ann@example.com")
        live = in_use(releases(case).rows)
    assert live[:3] == [
        ("affected", "edge", "v1.2.0"),
        ("affected", "prod", fraud_repo.live_release),
        ("affected", "prod", "chargeback@v1.1.0"),
    ]
    assert main(["releases"]) == 3
    shown = capsys.readouterr().out
    assert "4 live: 3 affected, 1 clear" in shown
    assert "not resolved: nothing in the case is called v7" in shown
    assert main(["releases", "-f", "json"]) == 3
    jsonschema.validate(json.loads(capsys.readouterr().out), load("releases"))
    assert main(["releases", "chargeback", "-f", "csv"]) == 3
    assert "fraud@v1.3.0" not in capsys.readouterr().out
    assert main(["blast-radius", "-q"]) == 0
    assert "AFFECTED AND LIVE in edge" in capsys.readouterr().out
