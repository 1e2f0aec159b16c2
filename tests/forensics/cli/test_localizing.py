"""``suspects`` and ``next-test``: what people type, and what they are told."""

import json

import jsonschema
import pytest

from forensics.report.schema import load
from tests.forensics.cli.conftest import HOSTILE

PINNED = "repo:models/m.json@md5:00000000000000000000000000000003"


@pytest.mark.parametrize("question", ["suspects", "next-test"])
def test_an_answer_in_json_is_as_its_schema_says(forensics, case, question):
    ended = forensics(question, "--bad", PINNED, "--format", "json")
    assert ended.code == 0, ended.err
    jsonschema.validate(json.loads(ended.out), load(question))


def test_candidates_that_nothing_tells_apart_are_one_group_and_lead_to_what_misbehaves(forensics, case):
    rows = json.loads(forensics("suspects", "--bad", PINNED, "--format", "json").out)["results"]
    assert {row["group"] for row in rows} == {1}
    assert {row["thing"]["kind"] for row in rows} == {"content", "execution"}
    assert sum(row["probability"] for row in rows) == pytest.approx(1, abs=1e-5)
    for row in rows:
        assert [witness["version"]["thing"]["subject"] for witness in row["explains"]] == [PINNED]


def test_names_from_sources_never_reach_the_terminal_raw(forensics, case):
    for question in ("suspects", "next-test"):
        for form in ("table", "markdown", "csv"):
            shown = forensics(question, "--bad", PINNED, "--format", form).out
            assert "\x1b" not in shown
            assert "\u202e" not in shown
            assert HOSTILE not in shown


def test_several_labels_are_parted_by_commas(forensics, case):
    ended = forensics("suspects", "--bad", f"{PINNED},{PINNED}", "--good", f"no/such.json,{PINNED}")
    assert ended.code == 2
    assert "nothing in the case is called no/such.json" in ended.err


def test_an_observation_that_stands_is_a_symptom(forensics, case):
    assert forensics("suspects").code == 2
    assert forensics("observe", PINNED, "bad", "--by", "ann").code == 0
    ended = forensics("suspects")
    assert ended.code == 0, ended.err
    assert "GROUP 1, 100 %: leads to bad models/m.json" in ended.out


def test_paths_to_what_misbehaves_can_be_drawn(forensics, case):
    drawn = forensics("suspects", "--bad", PINNED, "--format", "mermaid")
    assert drawn.code == 0, drawn.err
    assert "models/m.json" in drawn.out


def test_where_models_tell_no_more_candidates_are_listed_in_halves(forensics, case):
    told = forensics("next-test", "--bad", PINNED).out
    assert "half 1" in told
    assert "half 2" in told
    assert "no existing model can separate these 3 candidates" in told


def test_a_comparison_has_its_moments_in_what_is_compared(forensics, case):
    ended = forensics("diff", PINNED, PINNED, "--as-of", "HEAD")
    assert ended.code == 2
    assert "A and B each say of which moment they are" in ended.err
    assert "PATH@REV" in ended.err


@pytest.mark.parametrize("given", ["inspect=0", "look=3"])
def test_a_cost_that_is_none_is_refused_with_the_kinds_there_are(forensics, case, given):
    ended = forensics("next-test", "--bad", PINNED, "--cost", given)
    assert ended.code == 2
    assert f"{given} is no cost" in ended.err
    assert "evaluate, inspect, retrain" in ended.err
