"""SUBJECT: one text, one meaning."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.case import Case
from forensics.digest import Digest
from forensics.errors import UsageError
from forensics.model import Acquired, Edge, EdgeKind, Gap, GapKind, Origin, Source, Version, content_key
from forensics_queries.find import find
from forensics_queries.subject import Subject, resolve
from forensics_queries.things import things
from tests.support.incident import BAD, GOOD, INCIDENT
from tests.support.toy import Step, Toy, digest_of

POISON = str(digest_of("POISON"))


def titles(case: Case, subject: str) -> list[tuple[str, str]]:
    shown = things(case, resolve(case, subject).nodes)
    return sorted((thing.path or thing.title, thing.digest) for thing in shown.values())


def refusal(case: Case, subject: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        resolve(case, subject)
    return caught.value


@pytest.mark.parametrize("text", [POISON, POISON[:10], POISON.removeprefix("md5:"), POISON[4:9], POISON.upper()[4:10]])
def test_a_digest_or_the_start_of_one_means_the_bytes(incident: Case, text: str) -> None:
    assert [digest for _, digest in titles(incident, text)] == [POISON]


def test_a_path_means_every_version_of_it(incident: Case) -> None:
    texts = {str(digest_of(f"model {number}")) for number in (0, 1, 3, 4, 7)}
    assert {digest for _, digest in titles(incident, "models/fraud.json")} == texts
    assert titles(incident, "./models/fraud.json") == titles(incident, "path:models/fraud.json")


@pytest.mark.parametrize(
    ("revision", "model"),
    [("HEAD", 7), ("main", 7), ("retrain", 4), ("base", 1), ("refs/tags/base", 1), ("HEAD~1", 4), ("HEAD~2^1", 3),
     ("HEAD~2^2", 4), (INCIDENT.oid(2), 1), (INCIDENT.oid(2)[:7], 1), ("fraud@v1.1.0", 3)],
)  # fmt: skip
def test_a_path_at_a_revision_means_what_that_commit_holds(incident: Case, revision: str, model: int) -> None:
    expected = [("models/fraud.json", str(digest_of(f"model {model}")))]
    assert titles(incident, f"models/fraud.json@{revision}") == expected
    assert titles(incident, f"fraud:models/fraud.json@{revision}") == expected


def test_a_metric_that_git_holds_too_means_both_versions(incident: Case) -> None:
    assert [digest.partition(":")[0] for _, digest in titles(incident, "metrics.json@base")] == ["git", "md5"]


def test_a_file_inside_a_directory_means_its_bytes(incident: Case) -> None:
    inside = resolve(incident, "data/raw/vendor_b/feb.csv@HEAD")
    assert [thing.digest for thing in things(incident, inside.nodes).values()] == [POISON]
    assert [member.name for member in inside.members] == ["vendor_b/feb.csv"]
    assert resolve(incident, "data/raw/vendor_b/feb.csv").nodes == inside.nodes
    folder = {digest for _, digest in titles(incident, "data/raw/vendor_b@HEAD")}
    assert folder == {POISON, str(digest_of(GOOD["vendor_b/jan.csv"]))}


def test_a_path_that_a_commit_does_not_hold_is_refused_with_the_reason(incident: Case) -> None:
    assert "does not hold" in refusal(incident, "data/raw/vendor_b/feb.csv@retrain").message
    assert "does not hold" in refusal(incident, "metrics.json@HEAD").message


def test_a_missing_listing_is_said_to_be_missing(case_of: Callable[..., Case]) -> None:
    case = case_of(Toy("blind", (Step((), {"data": BAD}),), unlisted=frozenset({"data"})))
    assert "listing is missing" in refusal(case, "data/vendor_b/feb.csv@HEAD").message


def test_releases_are_named_by_version_and_by_stage(incident: Case) -> None:
    assert resolve(incident, "fraud#prod").nodes == resolve(incident, "fraud@v1.1.0").nodes
    assert resolve(incident, "release:fraud#staging").nodes == resolve(incident, "release:fraud@v1.2.0").nodes
    assert "assigned" in refusal(incident, "fraud#canary").message


def test_commits_actors_and_runs_are_subjects(incident: Case) -> None:
    assert resolve(incident, INCIDENT.oid(2)[:8]).nodes == resolve(incident, "commit:main~3^1").nodes
    assert resolve(incident, "actor:MALLORY@example.com").kind == "actor"
    assert len(resolve(incident, "dvc.yaml:train").nodes) == 4
    at_head = resolve(incident, "dvc.yaml:train@HEAD")
    assert at_head.nodes == resolve(incident, at_head.pinned[0]).nodes
    assert len(at_head.nodes) == 1


def test_a_local_file_is_hashed_and_looked_up(incident: Case, tmp_path: Path) -> None:
    suspect = tmp_path / "suspect.csv"
    suspect.write_text("POISON")
    assert [digest for _, digest in titles(incident, f"file:{suspect}")] == [POISON]
    suspect.write_text("harmless")
    assert "nowhere in the case" in refusal(incident, f"file:{suspect}").message
    assert "not a file" in refusal(incident, f"file:{tmp_path}").message


def test_a_name_with_an_at_sign_can_still_be_meant(incident: Case) -> None:
    assert (
        titles(incident, "notes@HEAD@HEAD") == titles(incident, "notes@HEAD") == [("notes@HEAD", str(digest_of("odd")))]
    )
    assert titles(incident, "e@x/y@HEAD") == [("e@x/y", str(digest_of("odd too")))]


def test_nothing_is_refused_with_near_names(incident: Case) -> None:
    assert "models/fraud.json" in refusal(incident, "model/fraud.json").hint
    assert "data/raw" in refusal(incident, "data/row").hint
    for text in (
        "",
        "  ",
        "zzzz",
        "abc",
        "@",
        "@HEAD",
        "x@",
        ":",
        "#",
        "mark:",
        "mark:9",
        "node:99999",
        "url:",
        "file:",
    ):
        refusal(incident, text)


FULL = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    "text", [f"md5:{FULL[:32]}", FULL[:32].upper(), f"sha256:{FULL}", f"content:md5:{FULL[:32]}", f"digest:{FULL[:32]}"]
)
def test_a_digest_that_a_missing_listing_may_hold_is_refused_saying_so(
    incident: Case, case_of: Callable[..., Case], text: str
) -> None:
    toy = Toy("blind", (Step((), {"data": BAD, "other": GOOD}),), unlisted=frozenset({"data", "other"}))
    case = case_of()
    gaps = [
        Gap(GapKind.MISSING_LISTING, content_key(digest_of(held)), "", Origin("data.dvc", toy.oid(0)))
        for held in (BAD, GOOD)
    ]
    case.ingest(
        toy.source, [*(one for one in toy.records() if not isinstance(one, Acquired)), *gaps, Acquired("1", {})]
    )
    said = "listing is missing may still hold it: 2 of them; ingest with the DVC cache beside the repository"
    assert said in refusal(case, text).hint
    for other in (f"md5:{FULL[:31]}", f"md5:{FULL[:32]}.dir", f"commit:{FULL[:40]}", "other/data.csv"):
        assert "listing" not in refusal(case, other).hint
    case.ingest(replace(toy.source, state="two"), replace(toy, unlisted=frozenset({"other"})).records())
    assert "hold it: 1 of them" in refusal(case, text).hint
    assert "listing" not in refusal(incident, text).hint


def test_the_same_path_in_two_sources_is_ambiguous_and_the_candidates_are_not(case_of: Callable[..., Case]) -> None:
    toys = [Toy(name, (Step((), {"data.csv": name}),)) for name in ("left", "right")]
    case = case_of(*toys)
    for text in ("data.csv", "data.csv@HEAD"):
        error = refusal(case, text)
        assert len(error.candidates) == 2
        meanings = {resolve(case, candidate).nodes for candidate in error.candidates}
        assert len(meanings) == 2
    assert len(resolve(case, "right:data.csv@HEAD").nodes) == 1


def test_a_tag_and_a_branch_of_one_name_are_ambiguous(case_of: Callable[..., Case]) -> None:
    steps = (Step((), {"a": "1"}), Step((0,), {"a": "2"}))
    case = case_of(Toy("twice", steps, branches={"v1": 0}, tags={"v1": 1}))
    assert len(refusal(case, "a@v1").candidates) == 2
    assert resolve(case, "a@refs/tags/v1").nodes != resolve(case, "a@refs/heads/v1").nodes


def test_externals_are_found_by_the_start_of_their_address(case_of: Callable[..., Case]) -> None:
    toy = Toy("importer", (Step((), {"data.csv": "in"}),))
    case = case_of()
    origin = Origin("data.csv.dvc", toy.oid(0))
    places = ("https://vendor.example/a.csv", "https://vendor.example/b.csv", "url:https://hub.example/c")
    outside = [Version(place, None, origin, external=True) for place in places]
    edge = Edge(EdgeKind.IMPORTED, outside[0].key, toy.version(0, "data.csv").key, origin)
    records = [record for record in toy.records() if not isinstance(record, Acquired)]
    case.ingest(toy.source, [*records, *outside, edge, Acquired("one", {})])
    assert len(resolve(case, "url:https://vendor.example/").nodes) == 2
    assert len(resolve(case, "url:https://vendor.example/a").nodes) == 1
    for thing in things(case, resolve(case, "url:https://").nodes).values():
        assert resolve(case, thing.subject).nodes == (thing.id,)
    (hub,) = things(case, resolve(case, "url:https://hub.example/").nodes).values()
    assert hub.subject == "url:https://hub.example/c@?"
    # As it was written once, in marks that stand.
    assert resolve(case, f"url:{hub.subject}").nodes == (hub.id,)
    assert [row.subject for row in find(case, "hub.example").rows] == ["url:https://hub.example/c"]


def test_an_address_is_not_taken_for_another_that_is_spelled_alike(case_of: Callable[..., Case]) -> None:
    toy = Toy("importer", (Step((), {"data.csv": "in"}),))
    case = case_of()
    origin = Origin("data.csv.dvc", toy.oid(0))
    places = ("a.example/x", "url:a.example/x", "url:url:a.example/x")
    outside = [Version(place, None, origin, external=True) for place in places]
    case.ingest(toy.source, [*outside, *toy.records()])
    for thing in things(case, [row[0] for row in case.rows("SELECT version_id FROM versions")]).values():
        assert resolve(case, thing.subject).nodes == (thing.id,)


PARTS = [*"ab@:#^~/. '\"%\n\tHé", "md5:", "HEAD", "@?", "fraud", "path:"]
HOSTILE = st.lists(st.sampled_from(PARTS), min_size=1, max_size=12).map("".join)


def _plain(name: str) -> bool:
    return not name.startswith("/") and all(part not in {"", ".", ".."} for part in name.split("/"))


@given(st.dictionaries(HOSTILE.filter(_plain), st.sampled_from(["x", "y"]), min_size=1, max_size=6), HOSTILE, HOSTILE)
@settings(deadline=None, max_examples=8)
def test_the_subject_of_a_thing_means_that_thing_whatever_the_names(
    files: dict[str, str], first: str, second: str
) -> None:
    toys = [
        Toy(first, (Step((), files, mail=f"{second}@example.com"), Step((0,), {}, files)), tags={second: 0}),
        Toy(second + "2", (Step((), {**files, "z": "z"}),), branches={"HEAD": 0}),
    ]
    with TemporaryDirectory() as folder, Case.open(Path(folder) / "case.duckdb", write=True, new=True) as case:
        for toy in toys:
            case.ingest(toy.source, toy.records())
        for thing in things(case, [row[0] for row in case.rows("SELECT id FROM node")]).values():
            found = resolve(case, thing.subject)
            assert found.nodes == (thing.id,), thing.subject
            assert _means_the_same(case, found)


@given(st.text(max_size=20))
@settings(deadline=None, max_examples=30)
def test_any_text_means_something_or_is_refused(incident_path: Path, text: str) -> None:
    with Case.open(incident_path) as case, suppress(UsageError):
        assert resolve(case, text).nodes


@pytest.mark.parametrize(
    "text", ["data/raw@HEAD", "HEAD", "fraud#prod", POISON[:9], "data/raw/vendor_b@HEAD", "dvc.yaml:train", "data/raw"]
)
def test_what_is_pinned_means_the_same(incident: Case, text: str) -> None:
    assert _means_the_same(incident, resolve(incident, text))


def test_md5_of_lines_turned_is_what_dvc_computes(tmp_path: Path) -> None:
    from dvc_data.hashfile.hash import file_md5

    from forensics_queries.local_file import file_digests

    for number, data in enumerate(
        (b"", b"a\r\nb\r\n", b"\0\r\n", b"x" * (2**20 - 1) + b"\r\n\r\n", bytes(range(256)) * 9)
    ):
        file = tmp_path / str(number)
        file.write_bytes(data)
        found = {digest.algorithm: digest.value for digest in file_digests(str(file))[:3]}
        assert found["md5"] == file_md5(str(file), name="md5")
        assert found["md5-dos2unix"] == file_md5(str(file), name="md5-dos2unix")
        blob = file_digests(str(file))[3]
        assert blob.value == hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def _means_the_same(case: Case, subject: Subject) -> bool:
    return {node for pinned in subject.pinned for node in resolve(case, pinned).nodes} == set(subject.nodes)


def test_a_tag_that_is_gone_still_means_what_it_meant_and_is_said_to_be_gone(case_of: Callable[..., Case]) -> None:
    steps = (Step((), {"a": "1"}), Step((0,), {"a": "2"}))
    before, after = Toy("moving", steps, tags={"v1": 0, "v2": 0}), Toy("moving", steps, tags={"v2": 1})
    case = case_of(before)
    case.ingest(replace(after.source, state="two"), after.records())
    gone = resolve(case, "a@v1")
    assert "gone" in gone.meaning
    assert gone.nodes == resolve(case, f"a@{before.oid(0)}").nodes
    assert resolve(case, "a@v2").nodes == resolve(case, "a@HEAD").nodes


def test_the_id_of_a_row_means_a_version_as_long_as_the_row_had_one_state(case_of: Callable[..., Case]) -> None:
    case = case_of()
    for state, digit in (("one", "a"), ("two", "b")):
        source = Source("mlmd", "/x/metadata.db", "store", ("rows",), state=state, is_store=True)
        digests = {"3": Digest("md5", digit * 32), "4": Digest("md5", "c" * 32)}
        made = [
            Version(f"model-{row}", digest, Origin("Artifact", locus=row), identity=f"{row} {digest}")
            for row, digest in digests.items()
        ]
        case.ingest(source, [*made, Acquired(state, {})])
        shown = things(case, [row[0] for row in case.rows("SELECT id FROM version")]).values()
        expected = {"mlmd:artifact/4", *(["mlmd:artifact/3"] if state == "one" else [])}
        assert {thing.subject for thing in shown if thing.subject.startswith("mlmd:")} == expected
        for thing in shown:
            assert resolve(case, thing.subject).nodes == (thing.id,)
    assert len(resolve(case, "mlmd:artifact/3").nodes) == 2
