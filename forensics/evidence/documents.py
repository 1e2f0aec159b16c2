"""The documents that facts came from, read again: ``dvc.lock`` and ``.dvc`` files, rows of ML Metadata. Never data."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from forensics.errors import SourceError
from forensics.evidence.bundle import AcquisitionRecord, Bundle, Document

__all__ = ["with_documents"]

_LARGEST = 10 << 20  # bytes of one document


def with_documents(bundle: Bundle) -> tuple[Bundle, dict[str, bytes]]:
    """Adds the documents that the links of a bundle name.

    A blob is checked against its id, and that against the commit's, which is recorded. A row has no such proof: it is
    taken as it stands now, and said to be doubtful where the store has changed since it was read.

    Returns:
        The bundle with its documents, and their bytes by path below ``data/``.
    """
    documents: list[Document] = []
    files: dict[str, bytes] = {}
    for source in bundle.sources:
        readings = [reading for reading in bundle.acquisitions if reading.source == source.source]
        readers = {"git": _blobs, "mlmd": _rows}
        if source.kind in readers and readings:
            for document, data in readers[source.kind](bundle, source.source, readings):
                documents.append(document)
                if document.file:
                    files[document.file] = data
    return replace(bundle, documents=tuple(documents)), files


def _is_metadata(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in {"dvc.lock", "dvc.yaml"} or name.endswith(".dvc")


def _blobs(bundle: Bundle, source: int, readings: Iterable[AcquisitionRecord]) -> Iterator[tuple[Document, bytes]]:
    from forensics_connectors.git.proof import prove

    wanted = sorted(
        {
            (link.document_commit, link.document)
            for link in bundle.links
            if link.source == source and link.document_commit and _is_metadata(link.document)
        }
    )
    left, problem = wanted, "the repository cannot be read any more"
    found: dict[tuple[str, str], tuple[Document, bytes]] = {}
    for locator in dict.fromkeys(reading.locator for reading in reversed(list(readings))):
        try:
            for one in prove(locator, left, _LARGEST):
                digest = f"git:{one.blob}" if one.blob else ""
                file = f"documents/{source}/{one.blob}" if one.data is not None else ""
                document = Document(source, one.path, one.commit, digest, file, one.problem)
                found[one.commit, one.path] = document, one.data or b""
        except SourceError as error:
            problem = error.message
        left = [key for key in wanted if key not in found or not found[key][0].file]
    for commit, path in wanted:
        yield found.get((commit, path), (Document(source, path, commit, "", "", problem), b""))


def _rows(bundle: Bundle, source: int, readings: Iterable[AcquisitionRecord]) -> Iterator[tuple[Document, bytes]]:
    from forensics_connectors.contract import find_connector
    from forensics_connectors.mlmd.originals import originals

    wanted: dict[str, set[int]] = {}
    for link in bundle.links:
        if link.source == source and link.document_locus.isdecimal():
            wanted.setdefault(link.document, set()).add(int(link.document_locus))
    newest = list(readings)[-1]
    try:
        state = find_connector(newest.locator, "mlmd")[1].state
        tables = originals(newest.locator, wanted)
    except SourceError as error:
        for table in sorted(wanted):
            yield Document(source, table, "", "", "", error.message), b""
        return
    changed = "" if state == newest.state else "the store has changed since it was read"
    for table, rows in sorted(tables.items()):
        data = "".join(json.dumps(row, sort_keys=True) + "\n" for row in rows).encode()
        gone = len(wanted[table]) - len(rows)
        problem = f"{gone:,} of its rows are gone" if gone else changed
        file = f"documents/{source}/{table}.jsonl"
        yield Document(source, table, "", f"sha256:{hashlib.sha256(data).hexdigest()}", file, problem), data
