"""The check of a bag by somebody who has only the bag and a key, and of the journal of a case.

A bag comes from a stranger: nothing in it is run or followed, no name in it is opened but by walking the folder, and
sizes and counts are limited.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.answer import Answer, Coverage
from forensics.case import Case
from forensics.case.journal import Entry, breaks, entries
from forensics.errors import IntegrityError
from forensics.evidence.bag import ALGORITHMS, TAG_MANIFESTS, Found, manifest, read_bag, read_file
from forensics.evidence.export import seal_path
from forensics.evidence.seal import signers, trusted_statement
from forensics.evidence.strict import StrictError, parsed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = ["FAILS", "HOLDS", "OPEN", "Check", "load_schema", "verify_bag", "verify_case"]

HOLDS, FAILS, OPEN = "holds", "fails", "not checked"

_TAGS = ("bag-info.txt", "bagit.txt", *(f"manifest-{algorithm}.txt" for algorithm in ALGORITHMS), *TAG_MANIFESTS)
_EVIDENCE, _CUSTODY = "data/evidence.json", "data/custody.jsonl"
_LARGEST = 256 << 20  # bytes of a file that is parsed
_LARGEST_SEAL = 1 << 20
_MOST_TOLD = 100


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked.

    Attributes:
        check: ``files`` (what is there, and nothing else), ``manifest`` (their bytes), ``seal``, ``schema``,
            ``documents``, ``journal``, ``head`` or ``sources``.
        state: ``holds``, ``fails`` or ``not checked``.
        subject: what it was checked on: a file, a record, a source; empty for the bag.
        said: what was found.
    """

    check: str
    state: str
    subject: str
    said: str


def verify_case(case: Case, *, head: str = "") -> Answer[Check]:
    """Walks the journal of a case.

    Args:
        case: the case.
        head: a head that an export printed, in hexadecimal digits; empty if none is known.

    Returns:
        A row for the journal, which names the first record that does not fit, and one for the head where it is given.
    """
    journal = entries(case.connection)
    rows = [_chain(journal, frozenset(), case.path.name), *_heads(journal, head)]
    note = "" if head else "a chain alone can be computed anew: name the head that an export printed, with --head"
    return _answer("", rows, note)


def verify_bag(
    folder: Path,
    *,
    trusted: Sequence["Ed25519PublicKey"] = (),
    head: str = "",
    sources: Callable[[Mapping[str, Any]], Iterable[Check]] | None = None,
) -> Answer[Check]:
    """Checks a bag.

    Args:
        folder: the bag.
        trusted: keys that whoever asks trusts. None of them is ever taken from the bag.
        head: a head of the journal that was printed when the bag was made; empty if none is known.
        sources: checks what the bag states against its sources; it gets ``evidence.json``, which was checked.

    Returns:
        A row a check, and one for each thing that fails.
    """
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - what the path says, no link followed
    try:
        found = read_bag(folder)
    except IntegrityError as error:
        return _answer(str(folder), [Check("files", FAILS, str(folder), error.message)])
    rows = _files(found)
    rows += _manifests(folder, found)
    rows.append(_seal(folder, found, trusted))
    evidence, schema = _evidence(folder, found)
    rows.append(schema)
    rows += _documents(folder, found, evidence)
    journal, custody = _custody(folder, found, evidence)
    rows += custody
    rows += _heads(journal, head)
    if sources is not None:
        whole = evidence is not None and not any(row.state == FAILS for row in rows)
        rows += sources(evidence) if whole and evidence else [Check("sources", OPEN, "", "what the bag states fails")]
    return _answer(str(folder), rows)


def load_schema() -> dict[str, Any]:
    """The JSON Schema of ``evidence.json`` as it ships."""
    text = files("forensics.evidence").joinpath("schemas", "evidence-1.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _answer(folder: str, rows: list[Check], *notes: str) -> Answer[Check]:
    return Answer("verify", {"folder": folder}, tuple(rows), Coverage(), tuple(filter(None, notes)))


def _files(found: Mapping[str, Found]) -> list[Check]:
    """What a bag must hold, and that nothing stands beside it."""
    rows = [Check("files", FAILS, name, "missing") for name in (*_TAGS, _EVIDENCE, _CUSTODY) if name not in found]
    beside = [path for path in found if path not in _TAGS and not path.startswith("data/")]
    rows += [Check("files", FAILS, path, "added: it belongs to no bag of ours") for path in beside]
    return rows or [Check("files", HOLDS, "", f"{len(found):,} files, no links, nothing beside them")]


def _manifests(folder: Path, found: Mapping[str, Found]) -> list[Check]:
    payload = {path: one for path, one in found.items() if path.startswith("data/")}
    tags = {path: one for path, one in found.items() if path in _TAGS and path not in TAG_MANIFESTS}
    rows: dict[tuple[str, str], Check] = {}
    for algorithm in ALGORITHMS:
        for covered, name in ((payload, f"manifest-{algorithm}.txt"), (tags, f"tagmanifest-{algorithm}.txt")):
            for row in _manifest(folder, found, covered, name, algorithm):
                rows.setdefault((row.subject, row.said), row)
    size, count = sum(one.size for one in payload.values()), len(payload)
    return list(rows.values()) or [Check("manifest", HOLDS, "", f"{count:,} files, {size:,} bytes, sha256 and sha512")]


def _manifest(
    folder: Path, found: Mapping[str, Found], covered: Mapping[str, Found], name: str, algorithm: str
) -> Iterable[Check]:
    if name not in found:
        return
    stated = _read(folder, name, found)
    expected = manifest(covered, algorithm)
    if stated == expected:
        return
    lines = stated.decode("utf-8", "replace").split("\n")[:-1]
    pairs = [line.partition("  ") for line in lines]
    digests = {path: digest for digest, _, path in pairs}
    told = 0
    for path in sorted(digests.keys() | covered.keys()):
        if path not in covered:
            said = f"removed, or {name} was changed: it is listed there and missing"
        elif path not in digests:
            said = f"added, or {name} was changed: it is not listed there"
        elif digests[path] != covered[path].digests[algorithm]:
            said = f"changed: its bytes are not those of {name}"
        else:
            continue
        told += 1
        if told <= _MOST_TOLD:
            yield Check("manifest", FAILS, path, said)
    if told > _MOST_TOLD:
        yield Check("manifest", FAILS, name, f"{told - _MOST_TOLD:,} further files do not fit it")
    if not told:
        yield Check("manifest", FAILS, name, "changed: it is not as it was written")


def _seal(folder: Path, found: Mapping[str, Found], trusted: Sequence["Ed25519PublicKey"]) -> Check:
    path = seal_path(folder)
    try:
        envelope = _envelope(path)
        if envelope is None:
            said = f"there is no {path.name} beside the bag, so nobody vouches for it"
            return Check("seal", FAILS if trusted else OPEN, path.name, said)
        if not trusted:
            claimed = ", ".join(signers(envelope))
            return Check("seal", OPEN, path.name, f"claims key {claimed}: name a key you trust with --trusted-key")
        statement, key = trusted_statement(envelope, trusted)
    except IntegrityError as error:
        return Check("seal", FAILS, path.name, error.message)
    wanted = {name: found[name].digests["sha256"] for name in TAG_MANIFESTS if name in found}
    if _subjects(statement) != wanted or len(wanted) != len(TAG_MANIFESTS):
        return Check("seal", FAILS, path.name, f"key {key} sealed another bag, or the manifests changed since")
    return Check("seal", HOLDS, path.name, f"sealed by trusted key {key}")


def _subjects(statement: Mapping[str, Any]) -> dict[str, str]:
    try:
        return {str(one["name"]): str(one["digest"]["sha256"]) for one in statement["subject"]}
    except (KeyError, TypeError):
        return {}


def _envelope(path: Path) -> bytes | None:
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise IntegrityError("it is no plain file")
    try:
        with path.open("rb") as stream:
            data = stream.read(_LARGEST_SEAL + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise IntegrityError(f"it cannot be read: {error.strerror}") from None
    if len(data) > _LARGEST_SEAL:
        raise IntegrityError("it is larger than any seal")
    return data


def _evidence(folder: Path, found: Mapping[str, Found]) -> tuple[dict[str, Any] | None, Check]:
    """``evidence.json``, where it is what its schema says."""
    from jsonschema import Draft202012Validator

    if _EVIDENCE not in found:
        return None, Check("schema", FAILS, _EVIDENCE, "missing")
    try:
        evidence = parsed(_read(folder, _EVIDENCE, found))
        error = next(Draft202012Validator(load_schema()).iter_errors(evidence), None)
    except (StrictError, IntegrityError) as problem:
        return None, Check("schema", FAILS, _EVIDENCE, str(problem))
    except RecursionError:
        return None, Check("schema", FAILS, _EVIDENCE, "nested too deeply")
    if error is not None:
        return None, Check("schema", FAILS, _EVIDENCE, f"{error.json_path}: {error.message[:200]}")
    return evidence, Check("schema", HOLDS, _EVIDENCE, str(evidence["schema"]))


def _documents(folder: Path, found: Mapping[str, Found], evidence: Mapping[str, Any] | None) -> Iterable[Check]:
    """Whether the documents are those that the evidence names: by the id of their blob, or their sha256."""
    held = [document for document in evidence["documents"] if document["file"]] if evidence else []
    failed = 0
    for document in held:
        path = f"data/{document['file']}"
        data = _read(folder, path, found) if path in found else None
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


def _custody(
    folder: Path, found: Mapping[str, Found], evidence: Mapping[str, Any] | None
) -> tuple[list[Entry], list[Check]]:
    if _CUSTODY not in found:
        return [], [Check("journal", FAILS, _CUSTODY, "missing")]
    try:
        journal = [_entry(line) for line in _read(folder, _CUSTODY, found).splitlines()]
    except (StrictError, IntegrityError) as error:
        return [], [Check("journal", FAILS, _CUSTODY, str(error))]
    hidden = frozenset(evidence["hidden"]) if evidence and evidence["redacted"] else frozenset()
    row = _chain(journal, hidden, _CUSTODY)
    rows = [row]
    last = (journal[-1].seq, journal[-1].digest) if journal else (0, "0" * 64)
    if evidence and row.state != FAILS and last != (evidence["journal"]["seq"], evidence["journal"]["digest"]):
        said = f"ends with record {last[0]}, head {last[1]}; evidence.json says otherwise"
        rows = [Check("journal", FAILS, _CUSTODY, said)]
    if hidden:
        said = f"{len(hidden):,} records name people, so their text was redacted and only their links were checked"
        rows.append(Check("journal", HOLDS, _CUSTODY, said))
    return journal, rows


def _entry(line: bytes) -> Entry:
    """One record as it stands in the file; every field must be there, and of its type."""
    found = parsed(line)
    names = {field.name: int if field.name == "seq" else str for field in fields(Entry)}
    if not isinstance(found, dict) or {name: type(value) for name, value in found.items()} != names:
        raise StrictError("a line is no record of a journal")
    return Entry(**found)


def _chain(journal: list[Entry], hidden: frozenset[int], where: str) -> Check:
    broken = next(iter(breaks(journal, hidden)), None)
    if broken is not None:
        entry, why = broken
        return Check("journal", FAILS, f"record {entry.seq}", why)
    last = f"head {journal[-1].digest}" if journal else "no record"
    return Check("journal", HOLDS, where, f"{len(journal):,} records, {last}")


def _heads(journal: list[Entry], head: str) -> list[Check]:
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


def _read(folder: Path, path: str, found: Mapping[str, Found]) -> bytes:
    if found[path].size > _LARGEST:
        raise IntegrityError(f"{path} is too large to be read")
    return read_file(folder, path, found[path])
