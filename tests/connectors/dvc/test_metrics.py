"""Numbers in metrics files: of any format that DVC reads, in git and in the cache, and none of what is not certain."""

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.case import Case
from forensics.model import Finding, FindingKind, Measurement
from forensics_connectors.dvc import DvcConnector
from forensics_connectors.dvc.metrics import read_numbers
from tests.support.dvcrepo import DvcRepo
from tests.support.records import Facts, conforms, read

NAMES = st.text(st.characters(codec="utf-8", exclude_characters=".\0\\"), min_size=1, max_size=8)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
TREES = st.recursive(
    FINITE | st.text(max_size=5) | st.booleans() | st.none(), lambda inner: st.dictionaries(NAMES, inner, max_size=4)
)


def numbers(path: str, document: str | bytes) -> dict[str, float]:
    problems: list[str] = []
    found = read_numbers(path, document.encode() if isinstance(document, str) else document, problems)
    assert not problems, problems
    return found


def refused(path: str, document: str | bytes) -> str:
    problems: list[str] = []
    assert read_numbers(path, document.encode() if isinstance(document, str) else document, problems) == {}
    return problems[0]


def flat(tree: object, *keys: str) -> dict[str, float]:
    if isinstance(tree, dict):
        return {name: found for key, inner in tree.items() for name, found in flat(inner, *keys, key).items()}
    return {".".join(keys) or "m": tree} if isinstance(tree, float) else {}


@settings(deadline=None)
@given(TREES)
def test_json_gives_its_numbers_by_their_keys(tree: object) -> None:
    assert numbers("m.json", json.dumps(tree)) == flat(tree)


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("m.json", '{"auc": 0.9, "test": {"auc": 1e-05, "n": 3}}'),
        ("m.yaml", "auc: 0.9\ntest:\n  auc: 1e-05\n  n: 3\n"),
        ("metrics", "auc: .9\ntest: {auc: 1.0e-5, n: 3}\n"),
        ("m.toml", "auc = 0.9\n[test]\nauc = 1e-05\nn = 3\n"),
    ],
)
def test_each_format_gives_nested_numbers_by_dotted_names(path: str, document: str) -> None:
    assert numbers(path, document) == {"auc": 0.9, "test.auc": 1e-05, "test.n": 3.0}


@pytest.mark.parametrize("path", ["auc.json", "auc.yaml"])
def test_a_document_that_is_one_number_has_the_name_of_the_file(path: str) -> None:
    assert numbers(f"eval/{path}", "0.93\n") == {"auc": 0.93}


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("m.json", '{"a": NaN, "b": Infinity, "c": 1e999, "d": "0.9", "e": true, "f": null, "g": [1, 2]}'),
        ("m.json", '{"a": 1' + "0" * 5000 + "}"),
        ("m.json", '{"a": 1' + "0" * 299 + "}"),
        ("m.json", json.dumps({"x" * 500: 1})),
        ("m.yaml", "a: .nan\nb: -.inf\nc: 1e999\nd: '0.9'\ne: true\nf: ~\ng: [1, 2]\nh: 2026-01-01\ni: 1:30\n"),
        ("m.yaml", "a: 1" + "0" * 5000),
        ("m.toml", "a = nan\nb = -inf\nd = '0.9'\ne = true\ng = [1, 2]\nh = 2026-01-01\n"),
        ("m.yaml", ""),
        ("m.json", "[]"),
    ],
)
def test_what_is_no_finite_number_is_no_measurement(path: str, document: str) -> None:
    assert numbers(path, document) == {}


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("m.json", '{"auc": 0.9, "auc": 0.1}'),
        ("m.json", '{"a.b": 1, "a": {"b": 2}}'),
        ("m.json", '{"a": ' * 100_000),
        ("m.json", '{"a": ' * 40 + "1" + "}" * 40),
        ("m.json", "{'auc': 1}"),
        ("m.json", json.dumps({str(n): n for n in range(3000)})),
        ("m.yaml", "auc: 0.9\nauc: 0.1\n"),
        ("m.yaml", "a: &a [*a]\n"),
        ("m.yaml", "<<<<<<< ours\nauc: 0.9\n=======\nauc: 0.1\n>>>>>>> theirs\n"),
        ("m.yaml", "a: {" * 100_000),
        ("m.toml", "auc = 0.9\nauc = 0.1\n"),
        ("m.toml", "a = " + "[" * 100_000),
        ("m.toml", "a = 1" + "0" * 5000),
        ("m.json", b"\xff\xfe"),
        ("m.json", b"1" + b" " * 2**20),
    ],
)
def test_a_document_that_is_broken_or_ambiguous_counts_for_nothing(path: str, document: str | bytes) -> None:
    assert refused(path, document)


@settings(deadline=None)
@given(st.sampled_from([".json", ".yaml", ".toml", ""]), st.binary(max_size=200) | st.text(max_size=200))
def test_no_bytes_make_the_reader_fail(suffix: str, document: bytes | str) -> None:
    problems: list[str] = []
    data = document if isinstance(document, bytes) else document.encode("utf-8", "surrogatepass")
    for name, value in read_numbers(f"m{suffix}", data, problems).items():
        name.encode()
        assert math.isfinite(value)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> DvcRepo:
    """A stage with a metric in git and one in the cache, and a file that dvc.yaml calls a metric without any stage."""
    repo = DvcRepo(tmp_path_factory.mktemp("metrics") / "repo")
    repo.write({"data.txt": "1\n"})
    repo.dvc("add", "data.txt")
    train = "cp data.txt model.bin"
    said = "echo '{\"test\": {\"auc\": 0.'$(cat data.txt)'}}'"
    repo.dvc(
        "run", name="train", deps=["data.txt"], outs=["model.bin"], metrics_no_cache=["scores.json"],
        metrics=["kept.json"], cmd=f"{train} && {said} > scores.json && {said} > kept.json",
    )  # fmt: skip
    with (repo.path / "dvc.yaml").open("a") as file:
        file.write("metrics:\n  - by_hand.yaml\n")
    repo.commit("first")
    repo.write({"data.txt": "2\n", "by_hand.yaml": "recall: 0.5\n"})
    repo.dvc("add", "data.txt")
    repo.dvc("reproduce")
    repo.commit("second")
    repo.write({"by_hand.yaml": "recall: [\n"})
    repo.commit("break it")
    return repo


def test_metrics_in_git_and_in_the_cache_are_measured_at_every_commit(measured: DvcRepo) -> None:
    facts = Facts(read(measured.path))
    found = {(m.version.split("\0")[1], m.name, m.value) for m in facts.all(Measurement)}
    assert found == {
        ("scores.json", "test.auc", 0.1), ("scores.json", "test.auc", 0.2),
        ("kept.json", "test.auc", 0.1), ("kept.json", "test.auc", 0.2),
        ("by_hand.yaml", "recall", 0.5),
    }  # fmt: skip
    (broken,) = (one for one in facts.all(Finding) if "by_hand.yaml" in one.message)
    assert broken.kind is FindingKind.UNREADABLE
    assert not broken.admits


def test_a_reading_with_measurements_keeps_the_contract(measured: DvcRepo) -> None:
    conforms(read(measured.path))


def test_bytes_that_are_not_what_their_name_says_measure_nothing(measured: DvcRepo, tmp_path: Path) -> None:
    copy = tmp_path / "repo"
    shutil.copytree(measured.path, copy, symlinks=True)
    for found in (copy / ".dvc/cache/files/md5").rglob("*"):
        if found.is_file() and b"auc" in found.read_bytes():
            found.chmod(0o644)
            found.write_text('{"test": {"auc": 0.99}}')
    assert "kept.json" not in {m.version.split("\0")[1] for m in Facts(read(copy)).all(Measurement)}


def test_a_second_reading_adds_no_measurement(measured: DvcRepo, tmp_path: Path) -> None:
    connector = DvcConnector()
    source = connector.discover(str(measured.path))
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        case.ingest(source, connector.read(source))
        before = case.rows("SELECT name, value, path FROM measurements ORDER BY ALL")
        case.ingest(replace(source, state="another"), connector.read(source))
        assert case.rows("SELECT name, value, path FROM measurements ORDER BY ALL") == before
        assert len(before) == 5
