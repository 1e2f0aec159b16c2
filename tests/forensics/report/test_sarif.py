"""SARIF: valid by the schema of OASIS, whatever names sources have, and located where the bytes are stated."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.answer import Answer, Coverage, Thing
from forensics.report import Page, render
from forensics_queries.gate import Gated
from tests.support.sarif import official_schema

HOSTILE = "data/\x1b[2J\u202e[link](https://example.com) {0} \\ <script> \x7f.csv"


@pytest.fixture(scope="module")
def official() -> jsonschema.Draft4Validator:
    return official_schema()


def row(verdict: str = "affected", *, subject: str = "models/m.json", line: int | None = 7, **more: Any) -> Gated:
    thing = None if verdict == "not in the case" else Thing(1, "version", subject, subject, digest="md5:" + "a" * 32)
    given: dict[str, Any] = {"document": "dvc.lock", "document_commit": "", "reason": "", **more}
    tripped = given.pop("tripped", verdict == "affected")
    return Gated(
        verdict, tripped, subject, thing, 1, given["reason"], None, "recorded", (), given["document"], "", line
    )


def log(*rows: Gated, page: Page | None = None, **more: Any) -> dict[str, Any]:
    answer = Answer("gate", {}, rows, Coverage(), **more)
    found: dict[str, Any] = json.loads(b"".join(render(answer, "sarif", page or Page("case.duckdb"))))
    return found


def test_every_verdict_is_valid_by_the_official_schema(official: jsonschema.Draft4Validator) -> None:
    verdicts = ("affected", "unknown", "clear", "not in the case", "no marks")
    found = log(*map(row, verdicts), notes=("a note",), short=True)
    official.validate(found)
    results = found["runs"][0]["results"]
    assert [one["ruleId"] for one in results] == ["affected", "unknown", "not-in-the-case", "no-marks"]
    rules = found["runs"][0]["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in results)


def test_the_schema_refuses_what_is_no_sarif(official: jsonschema.Draft4Validator) -> None:
    found = log(row())
    found["runs"][0]["results"][0]["level"] = "terrible"
    with pytest.raises(jsonschema.ValidationError):
        official.validate(found)


def test_a_result_lies_at_the_line_that_states_the_bytes() -> None:
    (result,) = log(row(line=82, document="sub dir/dvc.lock"))["runs"][0]["results"]
    (place,) = result["locations"]
    assert place["physicalLocation"]["artifactLocation"] == {"uri": "sub%20dir/dvc.lock", "uriBaseId": "SRCROOT"}
    assert place["physicalLocation"]["region"] == {"startLine": 82}
    (result,) = log(row(line=None))["runs"][0]["results"]
    assert "region" not in result["locations"][0]["physicalLocation"]
    (result,) = log(row("not in the case", line=None, document=""))["runs"][0]["results"]
    assert "locations" not in result


def test_only_what_trips_is_an_error() -> None:
    results = log(row(), row("unknown"), row("unknown", tripped=True))["runs"][0]["results"]
    assert [result["level"] for result in results] == ["error", "warning", "error"]


def test_a_finding_keeps_its_fingerprint_when_the_line_moves() -> None:
    one, other, third = (log(found)["runs"][0]["results"][0] for found in (row(), row(line=9), row(subject="x")))
    assert one["partialFingerprints"] == other["partialFingerprints"] != third["partialFingerprints"]


def test_rows_that_are_cut_are_said() -> None:
    found = log(row(), row(), page=Page(limit=1))
    assert len(found["runs"][0]["results"]) == 1
    (said,) = found["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert said["message"]["text"].startswith("1 more")


@settings(max_examples=60, deadline=None)
@given(name=st.one_of(st.just(HOSTILE), st.text(min_size=1)))
def test_no_name_becomes_a_link_a_placeholder_or_a_control_sequence(
    official: jsonschema.Draft4Validator, name: str
) -> None:
    found = log(row(subject=name, document=name, reason=name), row("unknown", subject=name, reason=name), notes=(name,))
    official.validate(found)
    texts = [result["message"]["text"] for result in found["runs"][0]["results"]]
    for text in [*texts, found["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]]:
        bare = text.replace("\\\\", "").replace("\\[", "").replace("\\]", "").replace("{{", "").replace("}}", "")
        assert not set(bare) & set("[]{}\x1b\u202e\x7f")
