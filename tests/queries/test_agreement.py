"""Questions that are asked of one case do not contradict each other: on both sample incidents, and on the toy one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copy

import pytest

from forensics.api.searching import search_sources
from forensics.case import Case
from forensics.evidence.gather import gather
from forensics.model import NodeKind
from forensics.report.incident.assembly import incident
from forensics_connectors.contract import find_readers
from forensics_queries.blast_radius import Affected, blast_radius
from forensics_queries.gate import gate
from forensics_queries.log import log
from forensics_queries.marks import add_mark
from forensics_queries.next_test import next_test
from forensics_queries.observe import observe
from forensics_queries.releases import releases
from forensics_queries.rollback import rollback
from forensics_queries.suspects import suspects
from forensics_queries.things import things
from forensics_queries.timeline import timeline
from forensics_queries.what_if import what_if
from sample_repos import fraud, supply_chain
from tests.support.incident import INCIDENT
from tests.support.samples import shared_folder, shared_sample

INCIDENTS = ("toy", "fraud", "supply chain")

#: For each: what is bad, a model that misbehaves because of it and one that is fine, and a path whose log is read.
TOLD = {
    "toy": ("data/raw/vendor_b/feb.csv", "fraud@v1.1.0", "fraud@v1.0.0", "models/fraud.json"),
    "fraud": ("data/raw/vendor_b/2025-03.csv@fraud@v1.3.0", "fraud@v1.3.0", "fraud@v1.1.0", "fraud:models/fraud.json"),
    "supply chain": ("", "router@v1.1.0", "replies@v1.1.0", "consumer:models/router/model.json"),
}


def read(case: Case, sources: tuple[Path, ...]) -> None:
    for locator in sources:
        for connector, source in find_readers(str(locator)):
            case.ingest(source, connector.read(source))
    list(search_sources(case))


@pytest.fixture(scope="session")
def investigated(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Callable[[str], tuple[Path, str]]:
    """Each case, made once, with its source of poison."""
    made: dict[str, tuple[Path, str]] = {}

    def make(name: str) -> tuple[Path, str]:
        if name in made:
            return made[name]
        path, bad = tmp_path_factory.mktemp("agreement") / "case.duckdb", TOLD[name][0]
        with Case.open(path, write=True, new=True) as case:
            if name == "toy":
                case.ingest(INCIDENT.source, INCIDENT.records())
            elif name == "fraud":
                one = shared_sample(fraud.build, shared_folder(tmp_path_factory, request, "fraud-sample"))
                read(case, (one.repository, one.store))
                bad = one.poisoned_subject
            else:
                two = shared_sample(supply_chain.build, shared_folder(tmp_path_factory, request, "supply-chain"))
                read(case, two.sources)
                bad = two.swapped_subject
        made[name] = path, bad
        return made[name]

    return make


@pytest.fixture(params=INCIDENTS)
def told(request: pytest.FixtureRequest, investigated, tmp_path: Path) -> Iterator[tuple[Case, str, str, str, str]]:
    """A case that may be written, what is bad in it, a model that misbehaves, one that is fine, and a path."""
    path, bad = investigated(request.param)
    copy(path, tmp_path / "case.duckdb")
    with Case.open(tmp_path / "case.duckdb", write=True) as case:
        yield case, bad, *TOLD[request.param][1:]


def verdicts(rows: tuple[Affected, ...]) -> dict[int, str]:
    return {row.thing.id: row.verdict for row in rows}


def versions(case: Case) -> dict[int, str]:
    """The subject of every version of the case."""
    nodes = [
        row[0] for row in case.connection.execute("SELECT version_id FROM versions ORDER BY version_id").fetchall()
    ]
    return {node: thing.subject for node, thing in things(case, nodes).items()}


def test_whatever_is_marked_every_question_gives_one_verdict(told):
    case, bad, *_, path = told
    add_mark(case, "bad", bad, reason="planted", author="ann@example.com")
    known = versions(case)
    reached = blast_radius(case)
    judged = verdicts(reached.rows)
    assert {"affected"} <= set(judged.values())

    gated = gate(case, list(known.values()))
    singly = {row.subject: row for row in gated.rows if row.judged == 1}
    assert len(singly) > len(known) / 2
    for node, subject in known.items():
        if subject in singly:
            assert singly[subject].verdict == judged.get(node, "clear"), subject

    for used in releases(case).rows:
        found = {judged.get(thing.id, "clear") for thing in used.things if thing.kind == NodeKind.VERSION}
        if found:
            assert used.verdict == max(found, key=("clear", "unknown", "affected").index), used.window

    back = rollback(case)
    for target in back.rows:
        assert (target.thing.id in judged) == (target.outcome == "rebuild"), target.artifact
        for refused in target.refused:
            assert refused.verdict == judged.get(refused.thing.id, "clear")
    models = {row.thing.path for row in reached.rows if row.kind == "model" and row.thing.source}
    assert {target.artifact for target in back.rows} <= models

    brought = {entry.commit.id: entry.claimed_time for entry in log(case, path).rows if entry.commit is not None}
    written = {row.thing.id: row.happened_time for row in timeline(case).rows if row.kind == "commit"}
    assert brought
    assert brought.items() <= written.items()

    tables = {table.question: table for row in incident(case).rows for table in row.tables}
    assert tables["blast-radius"].rows == reached.rows
    assert tables["rollback"].rows == back.rows
    bundle = gather(case)
    assert (bundle.affected, bundle.targets) == (reached.rows, back.rows)
    for node in bundle.nodes:
        if node.thing.kind == NodeKind.VERSION:
            assert node.verdict == judged.get(node.thing.id, "clear"), node.thing.subject


def test_to_suppose_something_bad_is_to_ask_what_it_affects(told):
    case, bad, *_ = told
    judged = verdicts(blast_radius(case, [bad]).rows)
    rows = what_if(case, bad=[bad]).rows
    assert {row.thing.id: row.after for row in rows if row.part == "worse"} == judged
    target = next(row for row in rollback(case, supposed=[bad]).rows if row.outcome in {"keep", "restore"})
    assert target.thing.id not in judged

    add_mark(case, "bad", bad, reason="planted", author="ann@example.com")
    rows = what_if(case, clean=[bad]).rows
    assert {row.thing.id: row.before for row in rows if row.part != "cut"} == judged
    assert {row.after for row in rows if row.part == "freed"} == {"clear"}


def test_suspects_next_test_rollback_and_the_report_rest_on_one_posterior(told):
    case, _, ill, well, _ = told
    observe(case, [ill], "bad", author="ann@example.com", reason="odd answers")
    observe(case, [well], "good", author="ann@example.com")
    ranked = {row.thing.id: row.probability for row in suspects(case, everyone=True).rows}
    for row in next_test(case).rows:
        if row.action == "inspect":
            assert row.bad == ranked[row.thing.id]

    doubted = {row.thing.id: row.p for row in blast_radius(case, observed=True).rows}
    back = rollback(case)
    for target in back.rows:
        assert target.outcome == "evaluate" or target.p <= 0.05
        assert doubted.get(target.thing.id, target.p) == target.p
        for refused in target.refused:
            assert refused.p == doubted.get(refused.thing.id, refused.p)
            assert refused.verdict != "affected"
    tables = {table.question: table for row in incident(case).rows for table in row.tables}
    assert tables["suspects"].rows == suspects(case).rows
    assert tables["rollback"].rows == back.rows
    assert gather(case).targets == back.rows
