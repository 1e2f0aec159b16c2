"""What artifacts are: declared in dvc.yaml, else guessed by their place in the stage graph (rule 16)."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from forensics.model import ArtifactKind, Origin, Ref, Role, Strength
from forensics_connectors.dvc.gto import parse_tag
from forensics_connectors.dvc.ledger import Ledger

__all__ = ["read_roles"]

_KINDS = {"model": ArtifactKind.MODEL, "dataset": ArtifactKind.DATASET, "data": ArtifactKind.DATASET}


def read_roles(ledger: Ledger, refs: Iterable[Ref]) -> Iterator[Role]:
    """Yields what each path is: as declared, and the last outputs of the stage graph as models (inferred)."""
    tags = (parse_tag(ref.name.removeprefix("refs/tags/")) for ref in refs if ref.tag)
    released = {tag.artifact for tag in tags if tag is not None}
    told: set[str] = set()
    for entry, origin in ledger.artifacts.items():
        if not entry.path or entry.external:
            continue
        name = f"{entry.directory}:{entry.name}" if entry.directory else entry.name
        kind = _KINDS.get(entry.kind.lower(), ArtifactKind.OTHER)
        strength = Strength.RECORDED
        if kind is ArtifactKind.OTHER and name in released:  # GTO registers models unless the type says otherwise
            kind, strength = ArtifactKind.MODEL, Strength.INFERRED
        told.add(entry.path)
        yield Role(entry.path, kind, strength, origin, name)
    for (path, kind), origin in ledger.roles.items():
        told.add(path)
        yield Role(path, kind, Strength.RECORDED, origin)
    for path, origin in _last(ledger):
        if path not in told:
            yield Role(path, ArtifactKind.MODEL, Strength.INFERRED, origin)


def _last(ledger: Ledger) -> Iterator[tuple[str, Origin]]:
    """The outputs that no stage of the history reads, whole or in part, alone or with what lies around them."""
    facts = ledger.facts
    read = sorted({facts[index].path for job in ledger.jobs for index in job.deps})
    written = {facts[index].path: facts[index].origin for job in ledger.jobs for index in job.outs}
    known = set(read)
    for path in sorted(written):
        place = bisect_left(read, f"{path}/")
        inside = place < len(read) and read[place].startswith(f"{path}/")
        parts = path.split("/")
        around = any("/".join(parts[:depth]) in known for depth in range(1, len(parts) + 1))
        if not inside and not around and not path.startswith("url:"):
            yield path, written[path]
