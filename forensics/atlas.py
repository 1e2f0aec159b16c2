"""MITRE ATLAS: a vendored catalogue of techniques, with what retired ids have become and the OWASP table beside it.

Ids mean different things in different releases and names change, so a technique is known by its id in one release,
``VERSION``. The catalogue ``atlas.json`` holds ids and names alone; its notice and its source stand in it.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from forensics.errors import UsageError
from forensics.values import dataclass

__all__ = ["OWASP_EDITION", "Technique", "find_technique", "labelled", "version"]

#: The edition of the OWASP Top 10 for LLM applications whose numbers are shown, where none is asked for.
OWASP_EDITION = "2026"
_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Technique:
    """A technique, or a sub-technique.

    Attributes:
        id: as of ``version()``: ``AML.T0115.000``.
        name: of that release; a sub-technique has the name of its technique before its own.
        owasp: the entries of the OWASP Top 10 that it belongs to, with their edition.
        retired: the id by which it was asked for, where that is retired; else empty.
    """

    id: str
    name: str
    owasp: tuple[str, ...] = ()
    retired: str = ""


@cache
def _catalogue() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files("forensics").joinpath("atlas.json").read_text("utf-8"))
    return found


def version() -> str:
    """The release of ATLAS that ids are of."""
    return str(_catalogue()["version"])


def find_technique(text: str, *, edition: str = OWASP_EDITION) -> Technique:
    """Finds a technique by its id, or by one that was retired.

    Args:
        text: ``AML.T0020``, in either case.
        edition: of the OWASP Top 10.

    Raises:
        UsageError: the release knows no such id; the hint names those that are near.
    """
    known = _catalogue()
    asked = text.strip().upper()
    retired = known["retired"].get(asked)
    current = retired["now"] if retired else asked
    if current not in known["techniques"]:
        raise UsageError(f"{text} is no technique of MITRE ATLAS {known['version']}", hint=_hint(text))
    return Technique(current, known["techniques"][current], _owasp(current, edition), asked if retired else "")


def labelled(techniques: str) -> str:
    """Ids parted by ``, `` with their names: ``AML.T0020 (Training Data Poisoning)``; unknown ones stay as they are."""
    known = _catalogue()["techniques"]
    return ", ".join(f"{one} ({known[one]})" if one in known else one for one in techniques.split(", "))


def _owasp(technique: str, edition: str) -> tuple[str, ...]:
    """The table names techniques; sub-techniques belong where their technique does."""
    table = _catalogue()["owasp"][edition]
    whole = ".".join(technique.split(".")[:2])
    entries = sorted(entry for entry, techniques in table["techniques"].items() if whole in techniques)
    return tuple(f"{entry} {table['names'][entry]}" for entry in entries)


def _hint(text: str) -> str:
    """Techniques whose names, present or former, have the most words of the text; else how an id is written."""
    from difflib import get_close_matches

    known = _catalogue()
    names = {technique: {name} for technique, name in known["techniques"].items()}
    for technique, name in known["former_names"].items():
        names[technique].add(name)
    for one in known["retired"].values():
        names[one["now"]].add(one["name"])
    words = set(text.lower().split())
    scores = {
        technique: max(len(words & set(name.lower().replace(":", "").split())) for name in some)
        for technique, some in names.items()
    }
    best = sorted((technique for technique, score in scores.items() if score), key=lambda one: (-scores[one], one))
    near = best[:_NEAREST] or get_close_matches(text.upper(), known["techniques"], n=_NEAREST)
    if not near:
        return "write it like AML.T0020 or AML.T0018.000"
    shown = [f"{one} ({known['techniques'][one]})" for one in near]
    return f"did you mean {', or '.join(shown)}?"
