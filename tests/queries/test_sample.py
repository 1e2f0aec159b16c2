"""The plain questions on the sample incident, read from its repository by the connectors."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from forensics.case import Case
from forensics_connectors.contract import find_connector
from forensics_queries.blame import blame
from forensics_queries.log import log
from forensics_queries.path import path
from forensics_queries.subject import resolve
from forensics_queries.things import things
from forensics_queries.trace import trace

if TYPE_CHECKING:
    from sample_repos.fraud import FraudSample

MARCH = "data/raw/vendor_b/2025-03.csv"


@pytest.fixture(scope="session")
def sample(fraud_repo: "FraudSample", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    file = tmp_path_factory.mktemp("sample") / "case.duckdb"
    with Case.open(file, write=True, new=True) as case:
        connector, source = find_connector(str(fraud_repo.repository))
        case.ingest(source, connector.read(source))
        yield case


def test_the_subject_of_every_thing_means_that_thing(sample: Case) -> None:
    nodes = [row[0] for row in sample.rows("SELECT id FROM node WHERE id % 5 = 0")]
    for thing in things(sample, nodes).values():
        assert resolve(sample, thing.subject).nodes == (thing.id,), thing.subject


def test_blame_names_the_contractor_for_the_poisoned_file(sample: Case) -> None:
    rows = blame(sample, f"{MARCH}@fraud@v1.3.0").rows
    assert {row.claimed_mail for row in rows} == {"ext.contractor@example.com"}
    assert [row.action for row in rows] == ["introduced"]


def test_blame_tells_the_first_delivery_from_its_return(sample: Case) -> None:
    assert [(row.claimed_mail.partition("@")[0], row.action) for row in blame(sample, MARCH).rows] == [
        ("vendor-feed", "introduced"),
        ("ext.contractor", "introduced"),
        ("kofi.mensah", "restored"),
    ]


def test_trace_of_the_live_model_reaches_the_contractor(sample: Case) -> None:
    found = {row.thing.subject for row in trace(sample, "fraud#prod").rows}
    assert "actor:ext.contractor@example.com" in found


def test_a_chain_leads_from_the_poisoned_file_to_the_live_model(sample: Case) -> None:
    bad = blame(sample, f"{MARCH}@fraud@v1.3.0").rows[0].thing.subject
    links = path(sample, bad, "fraud#prod").rows
    assert links[0].step.thing.subject == bad
    assert links[-1].step.thing.kind == "release"
    assert all(link.step.document for link in links[1:])


def test_log_lists_every_release_of_the_model(sample: Case) -> None:
    released = {name for row in log(sample, "models/fraud.json").rows for name in row.releases}
    registered = {row[0] for row in sample.rows("SELECT name FROM releases WHERE artifact_name = 'fraud'")}
    assert registered
    assert registered <= released
