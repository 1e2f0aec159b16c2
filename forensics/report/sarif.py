"""Answers of ``gate`` as SARIF 2.1.0, which code hosts show beside the line that is to blame.

One result for each subject that is not clear; what else a reader must know stands as notifications of the invocation.
Source of the format: OASIS SARIF 2.1.0 with errata 01.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from forensics import __version__
from forensics.answer import Answer
from forensics.report.page import Page
from forensics.report.rows import chain
from forensics.report.text import safe
from forensics.report.words import REASONS, VERDICTS

__all__ = ["SCHEMA", "render"]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_ROOT = "SRCROOT"
_RULES = {
    "affected": VERDICTS["affected"],
    "unknown": VERDICTS["unknown"],
    "not-in-the-case": "the case does not know these bytes, so nothing can be said of them",
    "no-marks": "no mark of something bad or suspect stands, so nothing can be judged",
}


def render(answer: Answer[Any], page: Page) -> Iterator[str]:
    """One log with one run. Rows that are clear have no result."""
    results = [_result(row) for row in page.rows(answer) if row.verdict != "clear"]
    invocation = {
        "executionSuccessful": True,
        "toolExecutionNotifications": [
            {"level": "warning" if answer.short else "note", "message": _message(said)} for said in _said(answer, page)
        ],
    }
    driver = {
        "name": "lineage-forensics",
        "semanticVersion": __version__,
        "rules": [{"id": name, "shortDescription": {"text": meaning}} for name, meaning in _RULES.items()],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "the root of the repository"}}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    yield json.dumps(log, indent=1, sort_keys=True).replace("\x7f", "\\u007f") + "\n"


def _said(answer: Answer[Any], page: Page) -> Iterator[str]:
    yield from answer.notes
    yield from (f"not read: {reason}" for reason in answer.coverage.reasons)
    if page.cut(answer):
        yield f"{page.cut(answer):,} more results not shown, cut by --limit"


def _result(row: Any) -> dict[str, Any]:
    rule = _rule(row)
    digest = row.thing.digest if row.thing else ""
    # Neither the line nor the wording, which change while the finding stays the same.
    fingerprint = hashlib.sha256(f"{rule}\0{row.subject}\0{digest}".encode("utf-8", "surrogatepass")).hexdigest()
    found: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": list(_RULES).index(rule),
        "level": "error" if row.tripped else "warning",
        "message": _message(_sentence(row)),
        "partialFingerprints": {"subjectAndDigest/v1": fingerprint},
        "properties": {"verdict": row.verdict, "digest": digest, "commit": row.document_commit, "known": row.known},
    }
    if row.document:
        place: dict[str, Any] = {"artifactLocation": {"uri": _uri(row.document), "uriBaseId": _ROOT}}
        if row.line is not None:
            place["region"] = {"startLine": row.line}
        found["locations"] = [{"physicalLocation": place}]
    return found


def _sentence(row: Any) -> str:
    what = f"{row.subject} ({row.thing.digest})" if row.thing and row.thing.digest else row.subject
    if row.verdict == "affected":
        return f"{what} is affected{f': {chain(row.path)}' if len(row.path) > 1 else ': it is what is bad itself'}"
    reason = REASONS.get(row.reason, row.reason) or _RULES[_rule(row)]
    if row.verdict == "unknown":
        return f"It is unknown whether {what} is affected: {reason}"
    return f"{what} could not be judged: {reason}"


def _rule(row: Any) -> str:
    return str(row.verdict).replace(" ", "-")


def _message(text: str) -> dict[str, str]:
    r"""A plain text message: braces would be placeholders, and ``[a](b)`` a link."""
    shown = safe(text).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return {"text": shown.replace("{", "{{").replace("}", "}}")}


def _uri(path: str) -> str:
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")
