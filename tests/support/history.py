"""Small histories made of records alone: enough to ask what the rules of taint say of them."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from forensics.case import Case
from forensics.digest import Digest
from forensics.model import (
    Change,
    Commit,
    Edge,
    EdgeKind,
    Execution,
    Gap,
    GapKind,
    Listing,
    NodeKind,
    Origin,
    Record,
    Release,
    SameBytes,
    Source,
    Strength,
    Version,
    commit_key,
    content_key,
)
from forensics.taint import Judgement, Level, Lineage, Seed, judge

WHERE = Origin("dvc.lock")


def md5(text: str, *, folder: bool = False, algorithm: str = "md5") -> Digest:
    """A digest that stands for some bytes."""
    value = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return Digest(algorithm, value + (".dir" if folder else ""))


@dataclass
class History:
    """Records of one source, with short ways to state them."""

    records: list[Record] = field(default_factory=list)
    _commits: int = 0
    _runs: int = 0

    def commit(self, *parents: str, author: str = "ann@example.com") -> str:
        self._commits += 1
        oid = f"{self._commits:040x}"
        self.records.append(Commit(oid, parents, "A", author, 0, 0, "A", author, 0, 0, "", position=self._commits))
        return oid

    def version(
        self, path: str, content: str | None, *at: str, size: int | None = None, algorithm: str = "md5"
    ) -> Version:
        digest = md5(content, algorithm=algorithm) if content is not None else None
        return self._held(Version(path, digest, WHERE, size=size), at)

    def folder(
        self, path: str, members: dict[str, str], *at: str, listed: bool = True, size: int | None = None
    ) -> Version:
        digest = md5(repr(sorted(members.items())), folder=True)
        if listed:
            values = tuple(md5(content).value for content in members.values())
            self.records.append(Listing(digest, tuple(members), "md5", values, WHERE))
        else:
            self.records.append(Gap(GapKind.MISSING_LISTING, content_key(digest), "no listing", WHERE, size))
        return self._held(Version(path, digest, WHERE, size=size), at)

    def file(self, path: str, content: str, *at: str) -> Version:
        """A file of the git tree, held from a commit on."""
        version = self._held(Version(path, Digest("git", md5(content).value + "00000000"), WHERE, tracked=True), at)
        self.records += [Change(commit, 0, path, version.key, "git") for commit in at]
        return version

    def removed(self, path: str, at: str) -> None:
        self.records.append(Change(at, 0, path, "", "git"))

    def run(
        self,
        uses: list[Version],
        makes: list[Version],
        *at: str,
        used: Strength = Strength.RECORDED,
        made: Strength = Strength.RECORDED,
    ) -> Execution:
        self._runs += 1
        run = Execution(f"{self._runs:064x}", "train", "", "python train.py", WHERE, script="dvc.yaml")
        self.records.append(run)
        self.records += [Edge(EdgeKind.USED, version.key, run.key, WHERE, used) for version in uses]
        self.records += [Edge(EdgeKind.GENERATED, run.key, version.key, WHERE, made) for version in makes]
        self.records += [Edge(EdgeKind.RECORDED, commit_key(commit), run.key, WHERE) for commit in at]
        return run

    def edge(
        self,
        kind: EdgeKind,
        cause: Version | Execution,
        effect: Version | Execution,
        strength: Strength = Strength.RECORDED,
    ) -> None:
        self.records.append(Edge(kind, cause.key, effect.key, WHERE, strength))

    def same(self, first: Digest, second: Digest, strength: Strength = Strength.MATCHED) -> None:
        self.records.append(SameBytes(first, second, strength, WHERE))

    def gap(self, kind: GapKind, at: Version, size: int | None = None) -> None:
        self.records.append(Gap(kind, at.key, "", WHERE, size))

    def release(self, name: str, at: str, *versions: Version) -> Release:
        release = Release(name, "fraud", "v1", at, 0, "ann@example.com", "", f"refs/tags/{name}", WHERE)
        self.records.append(release)
        self.records += [Edge(EdgeKind.RELEASED, version.key, release.key, WHERE) for version in versions]
        return release

    def _held(self, version: Version, at: tuple[str, ...]) -> Version:
        self.records.append(version)
        self.records += [Edge(EdgeKind.INTRODUCED, commit_key(commit), version.key, WHERE) for commit in at]
        return version

    @contextmanager
    def case(self, folder: Path) -> Iterator["Asked"]:
        """The history in a case."""
        source = Source("git", "/somewhere/fraud", "fraud", ("0" * 40,), "sha1", "state")
        with Case.open(folder / "case.duckdb", write=True, new=True) as case:
            case.ingest(source, self.records)
            yield Asked(case, dict(case.rows("SELECT key, id FROM node")))


@dataclass
class Asked:
    """A case whose nodes are addressed by records, commit ids and digests."""

    case: Case
    nodes: dict[str, int]

    def node(self, named: object) -> int:
        match named:
            case Digest():
                return self.nodes[content_key(named)]
            case str():
                return self.nodes[named if "\0" in named else commit_key(named)]
            case _:
                key = named.key  # type: ignore[attr-defined]
                return self.nodes[f"1\0{key}"] if f"1\0{key}" in self.nodes else self.nodes[key]

    def judge(
        self, *bad: object, suspect: tuple[object, ...] = (), cleared: tuple[object, ...] = (), as_of: str = ""
    ) -> Judgement:
        seeds = [Seed(self.node(one), Level.AFFECTED, str(one)) for one in bad]
        seeds += [Seed(self.node(one), Level.UNKNOWN, str(one)) for one in suspect]
        return judge(
            self.case,
            seeds,
            cleared=[self.node(one) for one in cleared],
            as_of=self.node(as_of) if as_of else None,
            lineage=Lineage(self.case),
        )

    def verdict(self, judgement: Judgement, named: object) -> str:
        """``clear``, ``affected`` or ``unknown: reason``."""
        node = self.node(named)
        cause = judgement.cause(node)
        if cause is None:
            return "clear"
        return "affected" if cause.level is Level.AFFECTED else f"unknown: {cause.reason}"

    def verdicts(self, judgement: Judgement, *named: object) -> list[str]:
        return [self.verdict(judgement, one) for one in named]

    def kinds(self, judgement: Judgement) -> set[NodeKind]:
        return {judgement.lineage.kind(node) for node in range(judgement.lineage.graph.nodes)}


@contextmanager
def stored(folder: Path, store: History, repository: History) -> Iterator[Asked]:
    """The records of a store and of a repository in one case."""
    with Case.open(folder / "case.duckdb", write=True, new=True) as case:
        case.ingest(Source("mlmd", "/store.db", "store", ("s",), state="state", is_store=True), store.records)
        case.ingest(Source("git", "/repo", "repo", ("0" * 40,), "sha1", "state"), repository.records)
        nodes = dict(case.rows("SELECT key, id FROM node ORDER BY key DESC"))
        # Without the number of the source; what both have is the store's.
        bare = {key.partition("\0")[2]: node for key, node in nodes.items() if key[0].isdigit()}
        yield Asked(case, nodes | bare)
