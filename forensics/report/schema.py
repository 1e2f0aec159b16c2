"""JSON Schemas of the envelopes, derived from the rows' own types.

``python -m forensics.report.schema`` writes them to ``forensics/report/schemas/``, and that of evidence bags to
``forensics/evidence/schemas/``; they ship with the package. A published schema may gain fields and loses none.
"""

import json
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

from forensics.answer import Coverage
from forensics.report.json import VERSION, schema_name
from forensics.shapes import shape

__all__ = ["ROWS", "load", "schema"]

#: The class of each question's rows, by module and name; None where the question decides (``sql``).
ROWS: dict[str, tuple[str, str] | None] = {
    "ingest": ("forensics.case.ingest", "Ingested"),
    "sources": ("forensics_queries.sources", "Acquisition"),
    "joins": ("forensics_queries.joins", "Joined"),
    "find": ("forensics_queries.find", "Found"),
    "show": ("forensics_queries.show", "Fact"),
    "log": ("forensics_queries.log", "Entry"),
    "blame": ("forensics_queries.blame", "Blamed"),
    "trace": ("forensics_queries.trace", "Ancestor"),
    "path": ("forensics_queries.path", "Link"),
    "diff": ("forensics_queries.diff", "Difference"),
    "blast-radius": ("forensics_queries.blast_radius", "Affected"),
    "rollback": ("forensics_queries.rollback", "Target"),
    "what-if": ("forensics_queries.what_if", "Supposed"),
    "rebuild": ("forensics_queries.plan", "PlanStep"),
    "releases": ("forensics_queries.releases", "InUse"),
    "report": ("forensics.report.incident.sections", "Section"),
    "mark-add": ("forensics_queries.marks", "Mark"),
    "mark-list": ("forensics_queries.marks", "Mark"),
    "mark-withdraw": ("forensics_queries.marks", "Mark"),
    "mark-technique": ("forensics_queries.techniques", "Attribution"),
    "suspects": ("forensics_queries.suspects", "Suspect"),
    "next-test": ("forensics_queries.trials", "Trial"),
    "observe": ("forensics_queries.observe", "Observation"),
    "timeline": ("forensics_queries.timeline", "Occurrence"),
    "fsck": ("forensics_queries.fsck", "Checked"),
    "gate": ("forensics_queries.gate", "Gated"),
    "journal": ("forensics_queries.journal", "Recorded"),
    "export": ("forensics.evidence.export", "Exported"),
    "verify": ("forensics.evidence.check", "Check"),
    "sql": None,
}


def load(question: str) -> dict[str, Any]:
    """The schema as it ships.

    Raises:
        FileNotFoundError: there is none of that question.
    """
    found: dict[str, Any] = json.loads(
        files("forensics.report").joinpath("schemas", _file(question)).read_text("utf-8")
    )
    return found


def schema(question: str) -> dict[str, Any]:
    """The schema of a question's envelope, from its row class."""
    where = ROWS[question]
    shapes: dict[str, Any] = {}
    row = {"type": "object"} if where is None else shape(getattr(import_module(where[0]), where[1]), shapes)
    envelope = {
        "schema": {"const": schema_name(question)},
        "case": {"type": "string", "description": "file name of the case"},
        "parameters": {"type": "object", "additionalProperties": {"type": "string"}},
        "coverage": shape(Coverage, shapes),
        "notes": {"type": "array", "items": {"type": "string"}},
        "short": {"type": "boolean", "description": "rows may be missing: something unread admits the subject"},
        "cut": {"type": "integer", "minimum": 0, "description": "rows left out by --limit"},
        "results": {"type": "array", "items": row},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": schema_name(question),
        "title": f"The answer of forensics {question}",
        "type": "object",
        "properties": envelope,
        "required": sorted(envelope),
        "$defs": shapes,
    }


def _file(question: str) -> str:
    return f"{question}-{VERSION}.json"


def write_all(folder: Path) -> None:
    """Writes every schema into a folder."""
    for question in ROWS:
        _write(folder / _file(question), schema(question))


def _write(path: Path, found: dict[str, Any]) -> None:
    path.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    package = Path(__file__).parents[1]
    write_all(package / "report" / "schemas")
    evidence = import_module("forensics.evidence.formats.evidence")
    _write(package / "evidence" / "schemas" / "evidence-1.json", evidence.schema())
