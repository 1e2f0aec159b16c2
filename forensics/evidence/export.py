"""Making a bag: gathered, written beside its place, journalled, and only then put there, whole or not at all."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from forensics.answer import Answer
from forensics.case import Case
from forensics.case.database import transaction
from forensics.case.journal import head
from forensics.errors import UsageError
from forensics.evidence.bag import TAG_MANIFESTS, bag_files
from forensics.evidence.bundle import Bundle
from forensics.evidence.documents import with_documents
from forensics.evidence.formats import ALWAYS, writer
from forensics.evidence.gather import gather
from forensics.evidence.keys import key_id
from forensics.evidence.redaction import Pseudonyms
from forensics.evidence.seal import seal, statement
from forensics_queries.coverage import coverage
from forensics_queries.whereabouts import Look

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["Exported", "Page", "Pages", "export", "seal_path"]

#: A file that is not made from the bundle: it gets what turns people in a value into pseudonyms, or None.
Page = Callable[[Callable[[Any], Any] | None], bytes]

#: Makes such files of a case, by path below ``data/``: ``forensics.report.incident.pages``.
Pages = Callable[..., Mapping[str, Page]]


@dataclass(frozen=True, slots=True)
class Exported:
    """A file of the bag.

    Attributes:
        file: its path in the bag, or the name of the seal beside it.
        size: bytes.
        sha256: of its bytes.
    """

    file: str
    size: int
    sha256: str


def seal_path(folder: Path) -> Path:
    """Where the seal of a bag stands: beside it, so that the bag stays as it was sealed."""
    return folder.with_name(f"{folder.name}.dsse.json")


def export(
    case: Case,
    folder: Path,
    *,
    key: "Ed25519PrivateKey | None" = None,
    also: Sequence[str] = (),
    documents: bool = False,
    redact: bool = False,
    look: Look | None = None,
    pages: Pages | None = None,
    argv: Iterable[str] = (),
) -> Answer[Exported]:
    """Writes the evidence of a case as a bag, and journals that it did.

    Args:
        case: the case, open for writing.
        folder: the bag; nothing may be there yet. Its seal stands beside it, ``.dsse.json``.
        key: seals the bag.
        also: names of further formats.
        documents: adds the documents that facts came from, read again from their sources; never data files.
        redact: people become pseudonyms, the same person the same one in all bags of a case.
        look: finds bytes, for the rollback targets.
        pages: makes further files where anything is marked: the report. It is called with the case, ``look`` and
            ``argv``.
        argv: the command, for the journal.

    Returns:
        The files. The notes say with what record the journal in the bag ends.

    Raises:
        UsageError: something is there already, there is no such format, or documents were to be redacted, which no one
            could check against their ids any more.
    """
    if documents and redact:
        raise UsageError(
            "documents cannot be redacted: they are the bytes that their ids vouch for",
            hint="leave out --with-documents or --redact-actors",
        )
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - what the path says, no link followed
    writers = [writer(name) for name in dict.fromkeys((*ALWAYS, *also))]
    _check_place(folder)
    bundle = gather(case, look=look)
    pseudonyms = Pseudonyms.of(case) if redact else None
    kept: dict[str, bytes] = {}
    if documents:
        bundle, kept = with_documents(bundle)
    if pseudonyms:
        bundle = pseudonyms.redacted(bundle)
    payload = {file: write(bundle) for file, write in writers}
    payload |= kept
    if pages and bundle.questions:
        further = pages(case, look=look, argv=argv)
        payload |= {file: page(pseudonyms.value if pseudonyms else None) for file, page in further.items()}
    files = bag_files(payload, _info(bundle))
    envelope = seal(_statement(files, bundle), key) if key else b""
    done: dict[str, object] = {
        "folder": str(folder),
        "files": len(files),
        "manifests": {name: hashlib.sha256(files[name]).hexdigest() for name in TAG_MANIFESTS},
        "formats": [file for file, _ in writers],
        "documents": documents,
        "redacted": redact,
    }
    making = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        _write(making, files)
        with transaction(case.connection):
            for asked in bundle.questions:
                fed = {"question": asked.question, "parameters": asked.parameters, "rows": asked.rows}
                case.journal("question", {**fed, "sha256": asked.digest}, argv=argv)
            case.journal("export", done, argv=argv)
            if key:
                case.journal("seal", {"key": key_id(key.public_key()), "folder": str(folder)}, argv=argv)
                _write_seal(seal_path(folder), envelope)
            making.rename(folder)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        if key and not folder.exists():
            with suppress(OSError):
                seal_path(folder).unlink()
        raise
    sealed = {seal_path(folder).name: envelope} if key else {}
    shown = tuple(
        Exported(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in (files | sealed).items()
    )
    return Answer("export", {"folder": str(folder)}, shown, coverage(case), _notes(case, bundle, key, redact=redact))


def _check_place(folder: Path) -> None:
    for path in (folder, seal_path(folder)):
        if os.path.lexists(path):
            raise UsageError(f"{path} is there already, and no evidence is overwritten", hint="name a new folder")
    if not folder.parent.is_dir():
        raise UsageError(f"no folder {folder.parent} to write {folder.name} in", hint="make it, or name another")


def _info(bundle: Bundle) -> dict[str, str]:
    at = bundle.journal.made_at or 0
    return {
        "Bag-Software-Agent": f"{bundle.tool.name} {bundle.tool.version}",
        "Bagging-Date": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d"),
        "External-Identifier": bundle.case,
    }


def _statement(files: Mapping[str, bytes], bundle: Bundle) -> bytes:
    subjects = {name: hashlib.sha256(files[name]).hexdigest() for name in TAG_MANIFESTS}
    stated: dict[str, object] = {
        "case": bundle.case,
        "journal": {"seq": bundle.journal.seq, "digest": bundle.journal.digest},
        "tool": {"name": bundle.tool.name, "version": bundle.tool.version},
    }
    return statement(subjects, stated)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.chmod(0o777 & ~_umask())
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as stream:
            stream.write(data)


def _write_seal(path: Path, envelope: bytes) -> None:
    with path.open("xb") as stream:
        stream.write(envelope)


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current


def _notes(case: Case, bundle: Bundle, key: "Ed25519PrivateKey | None", *, redact: bool) -> tuple[str, ...]:
    seq, digest = head(case.connection)
    notes = [
        f"the bag's journal ends with record {bundle.journal.seq}, head {bundle.journal.digest}",
        f"the case's journal now ends with record {seq}, head {digest}",
        "write the heads down where nobody can change them: forensics verify --head checks against them",
    ]
    notes.append(
        f"sealed with key {key_id(key.public_key())}: it proves who and what, not when"
        if key
        else "not sealed: whoever changes it can make new manifests; seal it with --sign KEY"
    )
    if redact:
        notes.append("people are pseudonyms; records of the journal that named them cannot be recomputed from the bag")
    missing = [document for document in bundle.documents if document.problem]
    notes += [f"{document.document} could not be added: {document.problem}" for document in missing[:20]]
    if len(missing) > 20:
        notes.append(f"and {len(missing) - 20:,} further documents could not be added")
    return tuple(notes)
