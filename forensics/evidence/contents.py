"""The check of what stands in a bag: its evidence, its documents and its journal, all of it from a stranger."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from forensics.case.journal import Entry, breaks
from forensics.errors import IntegrityError
from forensics.evidence.bag import Found, read_file
from forensics.evidence.check import FAILS, HOLDS, Check
from forensics.evidence.strict import StrictError, parsed

__all__ = [
    "CUSTODY", "EVIDENCE", "check_chain", "check_documents", "check_head", "load_schema", "read_evidence",
    "read_journal", "read_whole",
]  # fmt: skip

EVIDENCE, CUSTODY = "data/evidence.json", "data/custody.jsonl"

_LARGEST = 256 << 20  # bytes of a file that is parsed


def load_schema() -> dict[str, Any]:
    """The JSON Schema of ``evidence.json`` as it ships."""
    text = files("forensics.evidence").joinpath("schemas", "evidence-1.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def read_evidence(folder: Path, found: Mapping[str, Found]) -> tuple[dict[str, Any] | None, Check]:
    """``evidence.json``, where it is what its schema says."""
    from jsonschema import Draft202012Validator

    if EVIDENCE not in found:
        return None, Check("schema", FAILS, EVIDENCE, "missing")
    try:
        evidence = parsed(read_whole(folder, EVIDENCE, found))
        error = next(Draft202012Validator(load_schema()).iter_errors(evidence), None)
    except (StrictError, IntegrityError) as problem:
        return None, Check("schema", FAILS, EVIDENCE, str(problem))
    except RecursionError:
        return None, Check("schema", FAILS, EVIDENCE, "nested too deeply")
    if error is not None:
        return None, Check("schema", FAILS, EVIDENCE, f"{error.json_path}: {error.message[:200]}")
    return evidence, Check("schema", HOLDS, EVIDENCE, str(evidence["schema"]))


def check_documents(folder: Path, found: Mapping[str, Found], evidence: Mapping[str, Any] | None) -> Iterable[Check]:
    """Whether the documents are those that the evidence names: by the id of their blob, or their sha256."""
    held = [document for document in evidence["documents"] if document["file"]] if evidence else []
    failed = 0
    for document in held:
        path = f"data/{document['file']}"
        data = read_whole(folder, path, found) if path in found else None
        if data is None or not _is_named(document["digest"], data):
            failed += 1
            yield Check("documents", FAILS, path, f"is not {document['document']}, {document['digest']}")
    if held and not failed:
        yield Check("documents", HOLDS, "", f"{len(held):,} documents have the digests that the evidence names")


def _is_named(digest: str, data: bytes) -> bool:
    algorithm, _, value = digest.partition(":")
    if algorithm == "git":
        new = hashlib.sha1 if len(value) == 40 else hashlib.sha256
        return new(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest() == value
    return algorithm == "sha256" and hashlib.sha256(data).hexdigest() == value


def read_journal(
    folder: Path, found: Mapping[str, Found], evidence: Mapping[str, Any] | None
) -> tuple[list[Entry], list[Check]]:
    """The journal in the bag, and whether it is a chain that ends where the evidence says."""
    if CUSTODY not in found:
        return [], [Check("journal", FAILS, CUSTODY, "missing")]
    try:
        journal = [_entry(line) for line in read_whole(folder, CUSTODY, found).splitlines()]
    except (StrictError, IntegrityError) as error:
        return [], [Check("journal", FAILS, CUSTODY, str(error))]
    hidden = frozenset(evidence["hidden"]) if evidence and evidence["redacted"] else frozenset()
    row = check_chain(journal, hidden, CUSTODY)
    rows = [row]
    last = (journal[-1].seq, journal[-1].digest) if journal else (0, "0" * 64)
    if evidence and row.state != FAILS and last != (evidence["journal"]["seq"], evidence["journal"]["digest"]):
        said = f"ends with record {last[0]}, head {last[1]}; evidence.json says otherwise"
        rows = [Check("journal", FAILS, CUSTODY, said)]
    if hidden:
        said = f"{len(hidden):,} records name people, so their text was redacted and only their links were checked"
        rows.append(Check("journal", HOLDS, CUSTODY, said))
    return journal, rows


def _entry(line: bytes) -> Entry:
    """One record as it stands in the file; every field must be there, and of its type."""
    found = parsed(line)
    names = {field.name: int if field.name == "seq" else str for field in fields(Entry)}
    if not isinstance(found, dict) or {name: type(value) for name, value in found.items()} != names:
        raise StrictError("a line is no record of a journal")
    return Entry(**found)


def check_chain(journal: list[Entry], hidden: frozenset[int], where: str) -> Check:
    """Whether a journal is a chain; the first record that does not fit is named."""
    broken = next(iter(breaks(journal, hidden)), None)
    if broken is not None:
        entry, why = broken
        return Check("journal", FAILS, f"record {entry.seq}", why)
    last = f"head {journal[-1].digest}" if journal else "no record"
    return Check("journal", HOLDS, where, f"{len(journal):,} records, {last}")


def check_head(journal: list[Entry], head: str) -> list[Check]:
    """Whether a head that was printed is that of a record; nothing where none is given."""
    if not head:
        return []
    wanted = head.strip().lower()
    record = next((entry for entry in journal if entry.digest == wanted), None)
    if record is None:
        return [Check("head", FAILS, head, "no record has this digest: it is not the journal whose head was printed")]
    after = len(journal) - record.seq
    return [
        Check("head", HOLDS, f"record {record.seq}", f"{after:,} records came after it" if after else "the last one")
    ]


def read_whole(folder: Path, path: str, found: Mapping[str, Found]) -> bytes:
    """A file of the bag that is to be taken apart.

    Raises:
        IntegrityError: it is too large for that, or changed since it was hashed.
    """
    if found[path].size > _LARGEST:
        raise IntegrityError(f"{path} is too large to be read")
    return read_file(folder, path, found[path])
