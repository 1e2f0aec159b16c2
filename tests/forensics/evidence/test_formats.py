"""Every format is held against the validator of its own standard, on both samples and on hostile names."""

import io
import json
import os
import subprocess
from pathlib import Path

import pytest

from forensics.case import Case
from forensics.cli import cli
from forensics.evidence.bundle import Bundle
from forensics.evidence.formats import ALWAYS, FORMATS, writer
from forensics.evidence.gather import gather
from forensics_queries.marks import add_mark
from tests.support.incident import INCIDENT
from tests.support.samples import shared_folder, shared_sample
from tests.support.toy import Run, Step, Toy

#: A folder with the commands of an environment with roc-validator, rocrate and stix2-validator, which cannot be
#: installed beside DVC; ``.ci/run`` makes one.
VALIDATORS = os.environ.get("FORENSICS_VALIDATORS", "")
NASTY = "data/<script>alert(1)</script>\x1b[2J\u202egnp`=cmd()`\n'\"];.csv"
HOSTILE = Toy(
    "ho\x1b]stile <b>",
    (
        Step((), {NASTY: "bad", "models/m": "one"}, mail='"a <x>" b@', message="]]> <![CDATA[ \x00\x1b[2J "),
        Step((0,), {NASTY: "bad", "models/m": "two"}),
    ),
    runs=(Run("train\n<i>", 0, (NASTY,), ("models/m",)), Run("train\n<i>", 1, (NASTY,), ("models/m",))),
    releases=(("m", "v1", 0),),
    assigned=(("m", "prod", 0),),
    models={"models/m": "m"},
)
ROCRATE = Path(__file__).parents[2] / "support" / "crates.py"
NAMES = ("fraud", "supply chain", "hostile", "no mark")
apart = pytest.mark.skipif(not VALIDATORS, reason="FORENSICS_VALIDATORS names no environment with the validators")


def ingested(folder: Path, *sources: Path) -> Path:
    file = folder / "case.duckdb"
    arguments = ["ingest", "--quiet", "--case", str(file), *map(str, sources)]
    assert not cli.main(arguments, prog_name="forensics", standalone_mode=False)
    return file


def marked(file: Path, subject: str, technique: str = "") -> Bundle:
    with Case.open(file, write=True) as case:
        add_mark(case, "bad", subject, reason="planted", author="ana@example.com", technique=technique)
        return gather(case)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> dict[str, Bundle]:
    from sample_repos import fraud, supply_chain

    folders = {name: tmp_path_factory.mktemp("case") for name in NAMES}
    one = shared_sample(fraud.build, shared_folder(tmp_path_factory, request, "fraud-sample"))
    two = shared_sample(supply_chain.build, shared_folder(tmp_path_factory, request, "supply-chain"))
    found = {
        "fraud": marked(
            ingested(folders["fraud"], one.repository, one.store), f"commit:{one.poisoned_commit}", "AML.T0020"
        ),
        "supply chain": marked(ingested(folders["supply chain"], *two.sources), two.swapped_subject),
    }
    for name, toy in (("hostile", HOSTILE), ("no mark", INCIDENT)):
        file = folders[name] / "case.duckdb"
        with Case.open(file, write=True, new=True) as case:
            case.ingest(toy.source, toy.records())
            if name == "no mark":
                found[name] = gather(case)
    found["hostile"] = marked(folders["hostile"] / "case.duckdb", f"commit:{HOSTILE.oid(0)}")
    return found


@pytest.fixture(params=NAMES)
def bundle(request: pytest.FixtureRequest, bundles: dict[str, Bundle]) -> Bundle:
    return bundles[request.param]


def written(bundle: Bundle, name: str) -> bytes:
    return writer(name)[1](bundle)


def test_every_format_gives_the_same_bytes_again(bundle: Bundle) -> None:
    assert {name: written(bundle, name) for name in FORMATS} == {name: written(bundle, name) for name in FORMATS}


def test_every_format_has_a_file_of_its_own() -> None:
    assert len({writer(name)[0] for name in FORMATS}) == len(FORMATS) > len(ALWAYS)


def test_prov_reads_it_and_writes_it_again(bundle: Bundle) -> None:
    from prov.model import ProvDocument

    text = written(bundle, "prov").decode()
    document = ProvDocument.deserialize(content=text)
    assert ProvDocument.deserialize(content=document.serialize()) == document
    stated = json.loads(text)
    assert len(stated.get("entity", {})) >= sum(node.thing.kind == "version" for node in bundle.nodes)
    assert len(stated.get("used", {})) == sum(link.kind == "used" for link in bundle.links)


def test_cyclonedx_holds_it_to_its_strict_schema(bundle: Bundle) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = written(bundle, "cyclonedx").decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    models = [part for part in json.loads(text)["components"] if part["type"] == "machine-learning-model"]
    assert bool(models) == any(node.thing.artifact_kind == "model" for node in bundle.nodes)
    known = {part["bom-ref"] for part in json.loads(text)["components"]}
    assert all(ref["ref"] in known for model in models for ref in model["modelCard"]["modelParameters"]["datasets"])


def test_ocsf_has_a_detection_finding_of_every_version_that_is_not_clear(bundle: Bundle) -> None:
    import jsonschema
    from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.8.0")).get_class_schema("detection_finding")
    validator = jsonschema.validators.validator_for(schema)(schema)
    lines = [json.loads(line) for line in written(bundle, "ocsf").splitlines()]
    assert [line["unmapped"]["verdict"] for line in lines] == [row.verdict for row in bundle.affected]
    for line in lines:
        validator.validate(line)
    wrong = dict(lines[0] if lines else {}, severity_id=42)
    assert not validator.is_valid(wrong)
    events = [json.loads(line) for line in written(bundle, "hec").splitlines()]
    assert [event["event"] for event in events] == lines
    assert all(event["time"] * 1000 == line["time"] for event, line in zip(events, lines, strict=True))


def test_networkx_reads_the_graph_as_it_is(bundle: Bundle) -> None:
    import networkx as nx

    graph = nx.read_graphml(io.BytesIO(written(bundle, "graphml")), force_multigraph=True)
    assert sorted(graph.nodes) == sorted(node.uid for node in bundle.nodes)
    assert graph.number_of_edges() == len(bundle.links)
    uids = {node.thing.id: node.uid for node in bundle.nodes}
    expected = sorted((uids[link.cause], uids[link.effect], link.kind) for link in bundle.links)
    assert sorted((a, b, data["edge"]) for a, b, data in graph.edges(data=True)) == expected


def test_parquet_has_a_row_for_every_link(bundle: Bundle) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(written(bundle, "parquet")))
    assert table.column("edge_kind").to_pylist() == [link.kind for link in bundle.links]
    titles = {node.uid: node.thing.title for node in bundle.nodes}
    pairs = zip(table.column("cause_uid").to_pylist(), table.column("cause_title").to_pylist(), strict=True)
    assert all(titles[uid] == title for uid, title in pairs)


@pytest.mark.parametrize("name", ["dot", "mermaid", "graphml"])
def test_drawings_hold_no_control_character_of_a_name(bundle: Bundle, name: str) -> None:
    text = written(bundle, name).decode()
    assert not [character for character in text if ord(character) < 32 and character not in "\n\t"]
    assert "\u202e" not in text
    assert "<script>" not in text or name == "dot"  # which is no markup


def checked(command: str, *arguments: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([Path(VALIDATORS, command), *arguments], check=False, capture_output=True, text=True)


@apart
def test_stix_holds_it_to_its_standard(bundle: Bundle, tmp_path: Path) -> None:
    file = tmp_path / "incident.stix.json"
    file.write_bytes(written(bundle, "stix"))
    said = checked("stix2_validator", "--strict-types", file)
    assert said.returncode == 0, said.stdout
    broken = json.loads(file.read_text())
    broken["objects"][0].pop("created")
    file.write_text(json.dumps(broken))
    assert checked("stix2_validator", file).returncode != 0


@apart
def test_the_crate_is_a_process_run_crate(bundle: Bundle, tmp_path: Path) -> None:
    for name in (*ALWAYS, "ro-crate"):
        (tmp_path / writer(name)[0]).write_bytes(written(bundle, name))
    said = checked("python", ROCRATE, tmp_path)
    assert said.returncode == 0, said.stdout + said.stderr
    stated = json.loads((tmp_path / "ro-crate-metadata.json").read_text())
    stated["@graph"][1].pop("datePublished")
    (tmp_path / "ro-crate-metadata.json").write_text(json.dumps(stated))
    assert checked("python", ROCRATE, tmp_path).returncode != 0
