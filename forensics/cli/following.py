"""What to do next: the commands that an answer leads to, for people."""

import shlex
from typing import Any

from forensics.answer import Answer

__all__ = ["following"]


def following(answer: Answer[Any]) -> str:
    """Commands to go on with after an answer; empty where it leads to none."""
    given = answer.parameters
    if not answer.rows:
        return "forensics sources" if answer.question == "find" else ""
    match answer.question:
        case "ingest":
            return "forensics sources" if answer.short else "forensics blame PATH, forensics blast-radius SUBJECT"
        case "sources":
            noticed = "forensics sql 'SELECT kind, message, document, document_commit FROM findings'"
            several = len({row.source for row in answer.rows}) > 1
            led = (several, "forensics sources --joins"), (any(row.findings for row in answer.rows), noticed)
            return ", ".join(command for applies, command in led if applies)
        case "find":
            return "forensics show SUBJECT, forensics blame SUBJECT"
        case "blame":
            subject = shlex.quote(given["subject"])
            return f"forensics blast-radius {subject}, forensics mark add bad {subject} --reason TEXT"
        case "show" if len({row.thing.id for row in answer.rows}) > 1:
            return f"forensics log {shlex.quote(given['subject'])} lists the versions"
        case "mark-add" if answer.rows[0].state in {"bad", "suspect"}:
            return "forensics blast-radius, forensics mark technique"
        case "diff" if suspect := next((row.new.thing for row in answer.rows if _may_be_bad(row)), None):
            subject = shlex.quote(suspect.subject)
            return f"forensics blast-radius {subject}, forensics suspects"
        case "mark-add" | "mark-withdraw":
            return "forensics blast-radius"
        case "observe":
            return "forensics suspects, forensics next-test, forensics rollback"
        case "blast-radius" if given["subjects"]:
            return "forensics mark add bad SUBJECT --reason TEXT, then forensics rollback, which starts from marks"
        case "blast-radius":
            return "forensics rollback"
        case "what-if":
            return "forensics rebuild plans what it takes to make it so"
        case "rebuild" if any(row.commands for row in answer.rows):
            return "forensics rebuild --script FILE writes the commands down"
        case "fsck" if any(row.state == "tampered" for row in answer.rows):
            return "forensics suspects, forensics blast-radius DIGEST"
        case "rollback" if any(row.commands for row in answer.rows):
            return "forensics rollback --script FILE writes the commands down"
        case _:
            return ""


def _may_be_bad(row: Any) -> bool:
    """Whether a difference brought in bytes that could be what went wrong."""
    return not row.follows and row.new.thing is not None and row.what in {"data", "import", "model"}
