"""The check of a bag by somebody who has only the bag and a key, and of the journal of a case.

A bag comes from a stranger: nothing in it is run or followed, no name in it is opened but by walking the folder, and
sizes and counts are limited.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.answer import Answer, Coverage
from forensics.case import Case
from forensics.case.journal import entries
from forensics.errors import IntegrityError
from forensics.evidence.bag import ALGORITHMS, TAG_MANIFESTS, Found, manifest, read_bag
from forensics.evidence.check import FAILS, HOLDS, OPEN, Check
from forensics.evidence.contents import (
    CUSTODY,
    EVIDENCE,
    check_chain,
    check_documents,
    check_head,
    read_evidence,
    read_journal,
    read_whole,
)
from forensics.evidence.export import seal_path
from forensics.evidence.seal import signers, trusted_statement

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = ["Check", "verify_bag", "verify_case"]

_TAGS = ("bag-info.txt", "bagit.txt", *(f"manifest-{algorithm}.txt" for algorithm in ALGORITHMS), *TAG_MANIFESTS)
_LARGEST_SEAL = 1 << 20
_MOST_TOLD = 100


def verify_case(case: Case, *, head: str = "") -> Answer[Check]:
    """Walks the journal of a case.

    Args:
        case: the case.
        head: a head that an export printed, in hexadecimal digits; empty if none is known.

    Returns:
        A row for the journal, which names the first record that does not fit, and one for the head where it is given.
    """
    journal = entries(case.connection)
    rows = [check_chain(journal, frozenset(), case.path.name), *check_head(journal, head)]
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
    rows: list[Check] = []
    try:
        found = read_bag(folder)
        rows += _files(found)
        rows += _manifests(folder, found)
        rows.append(_seal(folder, found, trusted))
        evidence, schema = read_evidence(folder, found)
        rows.append(schema)
        rows += check_documents(folder, found, evidence)
        journal, custody = read_journal(folder, found, evidence)
        rows += custody
        rows += check_head(journal, head)
    except IntegrityError as error:
        return _answer(str(folder), [*rows, Check("files", FAILS, str(folder), error.message)])
    if sources is not None:
        whole = evidence is not None and not any(row.state == FAILS for row in rows)
        rows += sources(evidence) if whole and evidence else [Check("sources", OPEN, "", "what the bag states fails")]
    return _answer(str(folder), rows)


def _answer(folder: str, rows: list[Check], *notes: str) -> Answer[Check]:
    return Answer("verify", {"folder": folder}, tuple(rows), Coverage(), tuple(filter(None, notes)))


def _files(found: Mapping[str, Found]) -> list[Check]:
    """What a bag must hold, and that nothing stands beside it."""
    rows = [Check("files", FAILS, name, "missing") for name in (*_TAGS, EVIDENCE, CUSTODY) if name not in found]
    beside = [path for path in found if path not in _TAGS and not path.startswith("data/")]
    rows += [Check("files", FAILS, path, "added: it belongs to no bag of ours") for path in beside]
    return rows or [Check("files", HOLDS, "", f"{len(found):,} files, no links, nothing beside them")]


def _manifests(folder: Path, found: Mapping[str, Found]) -> list[Check]:
    payload = {path: one for path, one in found.items() if path.startswith("data/")}
    tags = {path: one for path, one in found.items() if path in _TAGS and path not in TAG_MANIFESTS}
    rows: dict[str, Check] = {}
    for algorithm in ALGORITHMS:
        for covered, name in ((payload, f"manifest-{algorithm}.txt"), (tags, f"tagmanifest-{algorithm}.txt")):
            for row in _manifest(folder, found, covered, name, algorithm):
                rows.setdefault(row.subject, row)
    size, count = sum(one.size for one in payload.values()), len(payload)
    return list(rows.values()) or [Check("manifest", HOLDS, "", f"{count:,} files, {size:,} bytes, sha256 and sha512")]


def _manifest(
    folder: Path, found: Mapping[str, Found], covered: Mapping[str, Found], name: str, algorithm: str
) -> Iterable[Check]:
    if name not in found:
        return
    stated = read_whole(folder, name, found)
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
