"""What git itself tracks among the files that stages read and wrote: joined by computing the digests of its blobs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from forensics.digest import Digest
from forensics.model import Origin, Record, SameBytes, Strength
from forensics_connectors.dvc.hashing import MD5, UNIX, file_digests
from forensics_connectors.dvc.ledger import Ledger
from forensics_connectors.dvc.trees import FILES
from forensics_connectors.git.history import History
from forensics_connectors.git.view import View

__all__ = ["Blobs", "Code", "match_code"]

_LIMIT = 256 << 20


class Blobs:
    """Both md5s of git blobs, each computed once."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._digests: dict[str, tuple[Digest, Digest] | None] = {}

    def load(self, oids: Iterable[str]) -> None:
        """Computes the digests of many blobs."""
        wanted = dict.fromkeys(oid for oid in oids if oid not in self._digests)
        for oid, data in self._view.read_blobs(wanted, _LIMIT):
            self._digests[oid] = None if data is None else file_digests(data)

    def digests(self, oid: str) -> tuple[Digest, Digest] | None:
        """``md5`` and ``md5-dos2unix`` of a blob, None (and a finding of the view) where it cannot be read."""
        if oid not in self._digests:
            self.load([oid])
        return self._digests[oid]

    def same_bytes(self, oid: str, origin: Origin) -> Iterator[Record]:
        """Says that the digests of a blob are those of one content."""
        both = self.digests(oid)
        if both is not None:
            yield SameBytes(Digest("git", oid), both[0], Strength.MATCHED, origin)
            yield SameBytes(both[0], both[1], Strength.MATCHED, origin)


@dataclass(slots=True)
class Code:
    """How versions that DVC's documents name are joined to git.

    Attributes:
        blobs: for a version (by index) the blobs at its path that have its digest.
        paths: all blobs at each path of a dependency or output that is a file in git at some commit, each with the
            position of the first commit that holds it there.
        folders: positions of commits that change something below a dependency that is a folder in git.
    """

    blobs: dict[int, tuple[str, ...]] = field(default_factory=dict)
    paths: dict[str, dict[str, int]] = field(default_factory=dict)
    folders: dict[str, list[int]] = field(default_factory=dict)


def match_code(history: History, ledger: Ledger, blobs: Blobs) -> Code:
    """Finds the git blobs that are the files which documents name by md5."""
    code = Code()
    files: dict[str, list[int]] = {}
    folders: set[str] = set()
    for index, fact in enumerate(ledger.facts):
        named = fact.is_dep or (fact.is_out and not fact.cached)
        if named and not (fact.external or fact.outside) and fact.digest is not None:
            if fact.is_directory:
                folders.add(fact.path)
            elif fact.digest.algorithm in (MD5, UNIX):
                files.setdefault(fact.path, []).append(index)
    # What a stage is to write and git holds, though no entry of a lock names it any more, was made by some run.
    for path in ledger.declared_outs:
        files.setdefault(path, [])
    seen = _blobs_at(history, files, folders, code)
    blobs.load(oid for oids in seen.values() for oid in oids)
    for path, oids in seen.items():
        code.paths[path] = oids
        found: dict[Digest, list[str]] = {}
        for oid in oids:
            for digest in blobs.digests(oid) or ():
                found.setdefault(digest, []).append(oid)
        for index in files[path]:
            fact = ledger.facts[index]
            if fact.digest in found and not fact.tracked and not fact.cached:
                code.blobs[index] = tuple(found[fact.digest])
    return code


def _blobs_at(
    history: History, files: dict[str, list[int]], folders: set[str], code: Code
) -> dict[str, dict[str, int]]:
    """Every blob that any commit holds at the given files; notes which commits change the given folders."""
    seen: dict[str, dict[str, int]] = {}
    above: dict[str, list[str]] = {}
    for position, groups in enumerate(history.changes):
        for change in (change for group in groups for change in group):
            path = change.path
            if path in files and change.new_oid is not None and change.new_mode in FILES:
                seen.setdefault(path, {}).setdefault(change.new_oid, position)
            if path not in above:
                above[path] = [folder for folder in _parents(path) if folder in folders] if folders else []
            for folder in above[path]:
                positions = code.folders.setdefault(folder, [])
                if not positions or positions[-1] != position:
                    positions.append(position)
    return seen


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
