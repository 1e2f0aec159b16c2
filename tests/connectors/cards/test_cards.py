"""Model and dataset cards in git history, beside what git and DVC say of the same repository."""

from itertools import pairwise
from pathlib import Path

import pytest

from forensics.case import Case
from forensics.digest import Digest
from forensics.model import ArtifactKind, EdgeKind, FindingKind, GapKind, Role, Source, Strength, Version, version_key
from forensics_connectors.cards import CardsConnector
from forensics_connectors.cards.card import read_card
from forensics_connectors.contract import Connector
from forensics_connectors.dvc import DvcConnector
from forensics_connectors.git import GitConnector
from forensics_queries.blast_radius import blast_radius
from tests.support.dvcrepo import DvcRepo
from tests.support.gitrepo import GitRepo, snapshot
from tests.support.records import Facts, md5

HUB = "url:https://huggingface.co/"
PIN = "0123456789abcdef0123456789abcdef01234567"

#: Each line stands for nine of the one before.
BOMB = (
    "---\na: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    + "".join(f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in pairwise("abcdefgh"))
    + "base_model: x\n---\n"
)


def card(**said: object) -> str:
    lines = "".join(f"{key}: {value}\n" for key, value in said.items())
    return f"---\nlicense: mit\n{lines}---\n# A model\n"


def read(repo: GitRepo) -> Facts:
    connector = CardsConnector()
    source = connector.discover(str(repo.path))
    assert source is not None
    return Facts(connector.read(source))


def declared(facts: Facts) -> dict[tuple[str, str], tuple[Strength, str]]:
    """Path of the cause and path with digest of the effect, to how the edge is known."""
    names = {v.key: v.path for v in facts.all(Version)}
    ends = {v.key: f"{v.path}@{v.digest}" if not v.external else v.path for v in facts.all(Version)}
    edges = facts.edges(EdgeKind.DECLARED)
    return {(names[e.cause], ends[e.effect]): (e.strength, e.reason) for e in edges}


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return GitRepo(tmp_path / "repo")


def blob(repo: GitRepo, path: str, rev: str = "HEAD") -> str:
    return f"{path}@git:{repo.oid(f'{rev}:{path}')}"


def test_a_card_speaks_of_the_weights_beside_it(repo: GitRepo) -> None:
    said = card(base_model="org/base", base_model_relation="adapter", datasets="[org/data, plain]")
    repo.commit("m", **{"fraud/README.md": said, "fraud/model.safetensors": "w", "other.pkl": "o"})
    facts = read(repo)
    model = blob(repo, "fraud/model.safetensors")
    assert declared(facts) == {
        (f"{HUB}org/base", model): (Strength.DECLARED, "adapter"),
        (f"{HUB}datasets/org/data", model): (Strength.DECLARED, "dataset"),
        (f"{HUB}datasets/plain", model): (Strength.DECLARED, "dataset"),
    }
    assert {(role.path, role.kind, role.strength) for role in facts.all(Role)} == {
        ("fraud/model.safetensors", ArtifactKind.MODEL, Strength.DECLARED)
    }
    external = {version.key for version in facts.all(Version) if version.external}
    assert {gap.node for gap in facts.gaps(GapKind.EXTERNAL)} == external


def test_every_version_of_a_card_is_read_with_what_lay_beside_it(repo: GitRepo) -> None:
    repo.commit("1", **{"README.md": card(base_model="org/one"), "m.pkl": "1"})
    first = blob(repo, "m.pkl")
    repo.commit("2", **{"m.pkl": "2"})
    second = blob(repo, "m.pkl")
    repo.commit("3", **{"README.md": card(base_model="org/two"), "m.pkl": "3"})
    third = blob(repo, "m.pkl")
    repo.git("checkout", "-q", "-b", "side", "HEAD~2")
    repo.commit("4", **{"m.pkl": "4"})
    repo.commit("5", **{"README.md": None})
    repo.commit("6", **{"m.pkl": "6"})
    fourth = blob(repo, "m.pkl", "HEAD~2")
    found = declared(read(repo))
    assert set(found) == {
        (f"{HUB}org/one", first), (f"{HUB}org/one", second), (f"{HUB}org/two", third), (f"{HUB}org/one", fourth),
    }  # fmt: skip


def test_a_merge_brings_card_and_model_together(repo: GitRepo) -> None:
    repo.commit("0", **{"notes": "x"})
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("card", **{"README.md": card(base_model="org/base")})
    repo.git("checkout", "-q", "main")
    repo.commit("model", **{"m.pkl": "1"})
    repo.git("merge", "-q", "--no-ff", "-m", "both", "side")
    edges = declared(read(repo))
    assert (f"{HUB}org/base", blob(repo, "m.pkl")) in edges


def test_a_model_under_dvc_is_the_version_that_dvc_names(tmp_path: Path) -> None:
    repo = DvcRepo(tmp_path / "repo")
    repo.write({"models/m.pkl": "weights", "models/README.md": card(base_model="org/base")})
    repo.dvc("add", "models/m.pkl")
    repo.commit("one")
    facts = read(repo)
    (edge,) = facts.edges(EdgeKind.DECLARED)
    assert edge.effect == version_key("models/m.pkl", Digest("md5", md5("weights")))
    assert edge.strength is Strength.DECLARED


def test_the_output_of_a_stage_is_described_too(tmp_path: Path) -> None:
    repo = DvcRepo(tmp_path / "repo")
    repo.write({"README.md": card(base_model="org/base")})
    repo.dvc("run", name="train", cmd="echo w > m.pt", outs=["m.pt"])
    repo.commit("one")
    (edge,) = read(repo).edges(EdgeKind.DECLARED)
    assert edge.effect == version_key("m.pt", Digest("md5", md5("w\n")))


def test_a_card_far_from_any_model_is_a_guess_for_all_of_them(repo: GitRepo) -> None:
    repo.commit("1", **{"README.md": card(base_model="org/base"), "a/m.pkl": "1", "b/m.pkl": "2"})
    repo.commit("2", **{"c/m.pkl": "3"})
    facts = read(repo)
    paths = {f"{folder}/m.pkl" for folder in "abc"}
    assert declared(facts) == {(f"{HUB}org/base", blob(repo, p)): (Strength.INFERRED, "base-model") for p in paths}
    assert not facts.all(Role)


def test_a_model_that_comes_to_lie_beside_the_card_is_what_it_means(repo: GitRepo) -> None:
    repo.commit("1", **{"README.md": card(base_model="org/base"), "a/m.pkl": "1"})
    repo.commit("2", **{"top.pkl": "2"})
    repo.commit("3", **{"a/m.pkl": "3"})
    repo.commit("4", **{"top.pkl": None})
    found = declared(read(repo))
    assert {effect.split("@")[0]: strength for (_, effect), (strength, _) in found.items()} == {
        "a/m.pkl": Strength.INFERRED, "top.pkl": Strength.DECLARED,
    }  # fmt: skip
    assert (f"{HUB}org/base", blob(repo, "a/m.pkl")) in found  # again a guess once the other is gone


def test_without_any_model_the_card_stands_for_it(repo: GitRepo) -> None:
    repo.commit("1", **{"README.md": card(base_model="org/base")})
    assert declared(read(repo)) == {
        (f"{HUB}org/base", blob(repo, "README.md")): (Strength.DECLARED, "base-model"),
    }


def test_a_commit_pins_and_a_branch_does_not(repo: GitRepo) -> None:
    said = card(base_model=f"[org/a@{PIN}, org/b@main, 'https://huggingface.co/org/c/tree/{PIN}']", datasets="[d/d]")
    said = said.replace(
        "---\n# A", f"model-index:\n- results:\n  - dataset: {{type: d/d, name: D, revision: {PIN}}}\n---\n# A"
    )
    repo.commit("1", **{"README.md": said, "m.bin": "1"})
    model = blob(repo, "m.bin")
    assert declared(read(repo)) == {
        (f"{HUB}org/a@{PIN}", model): (Strength.RECORDED, "declared-base-model"),
        (f"{HUB}org/b@main", model): (Strength.DECLARED, "base-model"),
        (f"{HUB}org/c@{PIN}", model): (Strength.RECORDED, "declared-base-model"),
        (f"{HUB}datasets/d/d@{PIN}", model): (Strength.RECORDED, "declared-dataset"),
    }


def test_a_path_in_the_repository_is_what_lies_there(repo: GitRepo) -> None:
    said = card(base_model="../base", datasets="[data/train.csv, ./gone]")
    repo.commit("1", **{"base/b.onnx": "b", "data/train.csv": "d", "fraud/README.md": said, "fraud/m.onnx": "m"})
    facts = read(repo)
    model = blob(repo, "fraud/m.onnx")
    assert declared(facts) == {
        ("base/b.onnx", model): (Strength.DECLARED, "base-model"),
        ("data/train.csv", model): (Strength.DECLARED, "dataset"),
        ("fraud/gone", model): (Strength.DECLARED, "dataset"),
    }
    assert [gap.node for gap in facts.gaps(GapKind.NO_DIGEST)] == [version_key("fraud/gone", None)]


def test_a_newer_version_is_a_hint_from_the_old_to_the_new(repo: GitRepo) -> None:
    repo.commit("1", **{"README.md": card(new_version="org/next"), "m.h5": "1"})
    facts = read(repo)
    (edge,) = facts.edges(EdgeKind.DECLARED)
    assert (edge.strength, edge.reason) == (Strength.INFERRED, "new-version")
    assert edge.effect == f"external\0{HUB}org/next\0"
    assert not facts.gaps(GapKind.EXTERNAL)


def test_a_dataset_card_speaks_of_data(repo: GitRepo) -> None:
    said = card(source_datasets="[extended|org/raw, original, extended]", size_categories="[n<1K]")
    repo.commit("1", **{"README.md": said, "train.parquet": "1", "m.pkl": "2"})
    facts = read(repo)
    data = blob(repo, "train.parquet")
    assert declared(facts) == {(f"{HUB}datasets/org/raw", data): (Strength.DECLARED, "source-dataset")}
    unnamed = [gap for gap in facts.gaps(GapKind.EXTERNAL) if "not name" in gap.detail]
    assert [gap.node.split("\0")[1] for gap in unnamed] == ["train.parquet"]


@pytest.mark.parametrize(
    "text",
    [
        "# no front matter\nbase_model: x\n",
        "---\nlicense: mit\n---\n",
        "---\nbase_model: never closed\n",
        "---\nlayout: post\ntitle: '{{ x }}'\n---\n",
        "---\nbase_model:\n---\n",
        "",
    ],
)
def test_a_readme_that_names_no_origin_is_no_card(text: str) -> None:
    assert not read_card(text.encode()).has_lineage


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("---\nbase_model: [\n---\n", FindingKind.UNREADABLE),
        (f"---\nbase_model: {'[' * 5000}\n---\n", FindingKind.TOO_LARGE),
        ("---\nbase_model: a\nbase_model: b\n---\n", FindingKind.DUPLICATE_KEY),
        ("---\nbase_model: {weight: [1]}\n---\n", FindingKind.UNREADABLE),
        (f"---\ndatasets: [{', '.join(f'd{n}' for n in range(2000))}]\n---\n", FindingKind.TOO_LARGE),
        (BOMB, FindingKind.TOO_LARGE),
    ],
)  # fmt: skip
def test_a_card_that_cannot_be_read_is_a_finding_that_admits(text: str, kind: FindingKind) -> None:
    assert (kind, True) in {(problem.kind, problem.admits) for problem in read_card(text.encode()).problems}


def test_findings_name_the_card(repo: GitRepo) -> None:
    oid = repo.commit("1", **{"a/README.md": "---\nbase_model: [\n---\n", "a/m.pkl": "1"})
    (finding,) = read(repo).findings(FindingKind.UNREADABLE)
    assert (finding.origin.path, finding.origin.commit, finding.admits) == ("a/README.md", oid, True)


def beside(repo: GitRepo) -> Source | None:
    source = DvcConnector().discover(str(repo.path))
    assert source is not None
    return CardsConnector().beside(source)


def test_only_a_tip_with_a_card_is_read_beside(tmp_path: Path) -> None:
    plain, tagged, bare = (GitRepo(tmp_path / name) for name in ("plain", "tagged", "none"))
    plain.commit("1", **{"README.md": "# x\n"})
    assert beside(plain) is None
    tagged.commit("1", **{"deep/er/README.md": card(base_model="org/base")})
    tagged.git("tag", "-a", "v1", "-m", "x")
    tagged.commit("2", **{"deep/er/README.md": None})
    assert beside(tagged) == CardsConnector().discover(str(tagged.path)) is not None
    assert CardsConnector().discover(str(tmp_path)) is None
    assert CardsConnector().beside(Source("mlmd", str(tagged.path), "store", ("rows",))) is None
    assert bare.path.exists()


def ingest(case: Case, repo: GitRepo, *connectors: Connector) -> list[bool]:
    done = []
    for connector in connectors:
        source = connector.discover(str(repo.path))
        assert source is not None
        done.append(case.ingest(source, connector.read(source), connector=connector.kind).unchanged)
    return done


def test_two_connectors_read_one_source_and_each_knows_its_own_state(repo: GitRepo, tmp_path: Path) -> None:
    repo.commit("1", **{"README.md": card(base_model="org/base"), "m.pkl": "1"})
    before = snapshot(repo.path)
    both = (GitConnector(), CardsConnector())
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        assert ingest(case, repo, *both) == [False, False]
        facts = case.rows("SELECT * FROM edges ORDER BY ALL")
        assert ingest(case, repo, *both) == [True, True]
        repo_rows = case.rows("SELECT DISTINCT source_id FROM acquisitions")
        assert len(repo_rows) == 1
        assert case.rows("SELECT * FROM edges ORDER BY ALL") == facts
        assert not case.rows("FROM missed")
    assert snapshot(repo.path) == before


@pytest.mark.parametrize("first", [GitConnector, CardsConnector])
@pytest.mark.parametrize(("base", "verdict"), [(f"org/base@{PIN}", "affected"), ("org/base", "unknown")])
def test_a_pinned_base_accuses_and_one_that_may_move_makes_unknown(
    repo: GitRepo, tmp_path: Path, first: type, base: str, verdict: str
) -> None:
    repo.commit("1", **{"README.md": card(base_model=base), "m.pkl": "1", "other/x.pkl": "2"})
    second = CardsConnector if first is GitConnector else GitConnector
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        ingest(case, repo, first(), second())
        answer = blast_radius(case, [f"{HUB}org/base"])
        found = {row.thing.path: row.verdict for row in answer.rows}
    assert found["m.pkl"] == verdict
    assert "other/x.pkl" not in found


def test_a_repository_of_dvc_keeps_its_gaps_and_releases_when_cards_are_read(tmp_path: Path) -> None:
    repo = DvcRepo(tmp_path / "repo")
    repo.write({"m.pkl": "weights", "README.md": card(base_model="org/base")})
    repo.dvc("add", "m.pkl")
    repo.commit("one")
    repo.git("tag", "-a", "m@v1.0.0", "-m", "x")
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        ingest(case, repo, DvcConnector())
        before = case.rows("SELECT * FROM gap ORDER BY ALL"), case.rows("SELECT * FROM releases ORDER BY ALL")
        ingest(case, repo, CardsConnector())
        gaps = [row for row in case.rows("SELECT * FROM gap ORDER BY ALL") if row[1] != "external"]
        assert (gaps, case.rows("SELECT * FROM releases ORDER BY ALL")) == before
        assert not case.rows("FROM missed") + case.rows("FROM filled")
