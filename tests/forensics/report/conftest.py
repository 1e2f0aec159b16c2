"""Cases to report on: a small incident, and one in which every name is hostile."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.answer import Answer
from forensics.case import Case
from forensics.report.incident import Section, incident
from forensics_queries.marks import add_mark
from tests.support.incident import INCIDENT
from tests.support.toy import Run, Step, Toy, digest_of

#: What a name must not do: run in a page, run in a spreadsheet, act on a terminal, turn a line around, be markup.
PAYLOADS = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "=cmd()|' /C calc'!A0",
    "\x1b]0;owned\x07\x1b[2J",
    "\u202egnp.\u200fcod",
    "`touch owned` $(touch owned)",
    "one\ntwo\r\n## three | four",
    "[link](https://evil.example) www.evil.example",
    "</style></title></svg>-->]]>",
)

HOSTILE = Toy(
    "hostile",
    (
        Step((), {f"data/{name}": f"good {name}" for name in PAYLOADS} | {"m": "model 0"}),
        Step(
            (0,),
            {f"data/{name}": f"bad {name}" for name in PAYLOADS} | {"m": "model 1"},
            mail="<b>&amp;@example.com",
            message="".join(PAYLOADS),
        ),
        Step(
            (1,), {f"data/{name}": f"good {name}" for name in PAYLOADS} | {f"model {name}": name for name in PAYLOADS}
        ),
    ),
    runs=(
        Run(PAYLOADS[0], 0, (f"data/{PAYLOADS[0]}",), ("m",), script=PAYLOADS[1]),
        Run(PAYLOADS[0], 1, tuple(f"data/{name}" for name in PAYLOADS), ("m",), script=PAYLOADS[1]),
    ),
    releases=(("<i>m</i>", "v1", 0), ("<i>m</i>", "v2", 1)),
    assigned=(("<i>m</i>", "<u>prod</u>", 1),),
    models={"m": "<i>m</i>"},
    unreadable=("<script>document.title='owned'</script>",),
)


def _case(folder: Path, toy: Toy, *bad: str, reason: str) -> Path:
    path = folder / "case.duckdb"
    with Case.open(path, write=True, new=True) as case:
        case.ingest(toy.source, toy.records())
        for subject in bad:
            add_mark(case, "bad", subject, reason=reason, author="ana@example.com", evidence=reason)
    return path


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case in which a poisoned file is marked."""
    return _case(
        tmp_path_factory.mktemp("reported"), INCIDENT, str(digest_of("POISON")), reason="labels were turned around"
    )


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case whose names, messages and marks are all hostile."""
    bad = [str(digest_of(f"bad {name}")) for name in PAYLOADS]
    return _case(tmp_path_factory.mktemp("hostile"), HOSTILE, *bad, reason=PAYLOADS[0] + PAYLOADS[4])


@pytest.fixture
def case(reported: Path) -> Iterator[Case]:
    with Case.open(reported) as opened:
        yield opened


@pytest.fixture(scope="session")
def report(reported: Path) -> Answer[Section]:
    with Case.open(reported) as opened:
        return incident(opened)


@pytest.fixture(scope="session")
def hostile_report(hostile: Path) -> Answer[Section]:
    with Case.open(hostile) as opened:
        return incident(opened)
