"""The only module here that calls the product: reads a repository into a case, and asks."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from forensics.case import Case
from forensics.errors import UsageError
from forensics.taint import Judgement
from forensics_connectors.contract import find_connector
from forensics_queries.blame import blame
from forensics_queries.blast_radius import blast_radius, judged
from forensics_queries.trace import trace
from tests.truth.check import Verdict
from tests.truth.facts import Subject
from tests.truth.repository import Repository


@cache
def _empty_case() -> bytes:
    """Making the tables of a case takes longer than reading a small history into it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "case.duckdb"
        Case.open(path, write=True, new=True).close()
        return path.read_bytes()


@contextmanager
def ingested(repository: Path, case: Path) -> Iterator[Case]:
    """A new case with one repository in it, open for questions."""
    connector, source = find_connector(str(repository), "dvc")
    case.write_bytes(_empty_case())
    with Case.open(case, write=True) as opened:
        opened.ingest(source, connector.read(source))
        yield opened


def text(subject: Subject, repository: Repository) -> str:
    """The subject as a user types it."""
    found = subject.text
    for index, oid in enumerate(repository.oids):
        found = found.replace(f"{{{index}}}", oid)
    return found


def judgement(case: Case, asked: str) -> Judgement | None:
    """What the rules of taint say; None where the case knows no such subject."""
    try:
        return judged(case, [asked], None)[0]
    except UsageError:
        return None


def verdicts(case: Case, asked: str) -> dict[tuple[str, str], Verdict] | None:
    """The verdict on every version of the case, by path and digest; None where the subject is not in it."""
    judged = judgement(case, asked)
    if judged is None:
        return None
    found = {}
    others: dict[tuple[str, str], Verdict] = {}
    same = _same_bytes(case)
    for node, content, path, digest in case.rows("SELECT version_id, content_id, path, digest FROM versions"):
        cause = judged.cause(node)
        reasons = (cause.reason,) if cause and cause.reason else ()
        verdict = Verdict(int(judged.level(node)), reasons)
        found[path, digest or ""] = verdict
        if digest and digest.startswith("git:"):
            others |= {(path, other): verdict for other in same.get(content, ())}
    return others | found


def _same_bytes(case: Case) -> dict[int, set[str]]:
    """Other digests of the bytes of contents: a file in git goes by its git id, DVC's documents name it by md5."""
    pairs = case.rows(
        """SELECT a.content_id, a.digest, b.content_id, b.digest FROM edges e
        JOIN contents a ON a.content_id = e.cause_id JOIN contents b ON b.content_id = e.effect_id
        WHERE e.kind = 'content' AND e.strength = 'matched'"""
    )
    same: dict[int, dict[int, str]] = {}
    for first, one, second, two in pairs:
        group = same.get(first, {first: one}) | same.get(second, {second: two})
        for member in group:
            same[member] = group
    return {node: set(group.values()) for node, group in same.items()}


def titles(case: Case, judged: Judgement, path: str, digest: str) -> list[str]:
    """The explaining path of one version, for people who look into a failure."""
    nodes = case.rows("SELECT version_id FROM versions WHERE path = $1 AND digest = $2", [path, digest])
    lines = []
    for (node,) in nodes:
        for step in judged.path(node):
            kind = judged.lineage.kind(step)
            (key,) = case.rows("SELECT key FROM node WHERE id = $1", [step])[0]
            lines.append(f"{kind} {str(key).replace(chr(0), ' ')} {judged.level(step).name}")
    return lines


def affected(case: Case, asked: str) -> set[tuple[str, str]]:
    """Path and digest of what ``blast-radius`` lists as affected."""
    rows = blast_radius(case, [asked]).rows
    return _names(case, ((row.thing.path, row.thing.digest) for row in rows if row.verdict == "affected"))


def ancestors(case: Case, asked: str) -> set[tuple[str, str]]:
    """Path and digest of the versions that ``trace`` lists on record."""
    rows = trace(case, asked).rows
    versions = (
        (row.thing.path, row.thing.digest) for row in rows if row.thing.kind == "version" and not row.same_bytes
    )
    return _names(case, versions)


def _names(case: Case, versions: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Versions under all digests of their bytes."""
    same = _same_bytes(case)
    digests = {digest: content for content, digest in case.rows("SELECT content_id, digest FROM contents")}
    found = set(versions)
    return found | {(path, other) for path, digest in found for other in same.get(digests.get(digest, -1), ())}


def known_as(case: Case) -> dict[tuple[str, str], str]:
    """How to ask for a version, by its path and any digest of its bytes."""
    same = _same_bytes(case)
    rows = case.rows("SELECT path, digest, content_id FROM versions WHERE digest IS NOT NULL")
    return {
        (path, other): f"{path}@{digest}"
        for path, digest, content in rows
        for other in {digest, *same.get(content, ())}
    }


def introducers(case: Case, asked: str) -> set[tuple[str, str]]:
    """Path and commit id of what ``blame`` lists as introduced."""
    rows = blame(case, asked).rows
    return {(row.path, row.commit.digest.partition(":")[2]) for row in rows if row.action == "introduced"}
