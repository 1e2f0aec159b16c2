"""The catalogue of MITRE ATLAS: whole, of one release, with what retired ids have become."""

import json
import re
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.atlas import OWASP_EDITION, find_technique, labelled, version
from forensics.errors import UsageError

CATALOGUE = json.loads(files("forensics").joinpath("atlas.json").read_text("utf-8"))


def test_the_catalogue_has_as_many_techniques_as_the_release() -> None:
    ids = CATALOGUE["techniques"]
    assert version() == "2026.09"
    assert sum(one.count(".") == 1 for one in ids) == 120
    assert sum(one.count(".") == 2 for one in ids) == 88
    assert all(re.fullmatch(r"AML\.T\d{4}(\.\d{3})?", one) for one in ids)


def test_a_sub_technique_carries_the_name_of_its_technique() -> None:
    names = CATALOGUE["techniques"]
    for one, name in names.items():
        if one.count(".") == 2:
            assert name.startswith(names[one.rpartition(".")[0]] + ": ")


def test_techniques_have_the_names_of_the_release_and_not_those_before() -> None:
    assert find_technique("AML.T0020").name == "Training Data Poisoning"
    assert all(CATALOGUE["techniques"][one] != name for one, name in CATALOGUE["former_names"].items())


@pytest.mark.parametrize(
    ("retired", "current"),
    [("AML.T0019", "AML.T0115.000"), ("AML.T0058", "AML.T0115.001"), ("aml.t0104", "AML.T0115.002")],
)
def test_a_retired_id_leads_to_what_it_has_become(retired: str, current: str) -> None:
    found = find_technique(retired)
    assert (found.id, found.retired) == (current, retired.upper())
    assert retired.upper() not in CATALOGUE["techniques"]


def test_owasp_entries_name_their_edition() -> None:
    assert find_technique("AML.T0020").owasp == (f"LLM05:{OWASP_EDITION} Data and Model Poisoning",)
    assert find_technique("AML.T0010.003", edition="2025").owasp == ("LLM03:2025 Supply Chain",)
    assert find_technique("AML.T0000").owasp == ()
    for edition, table in CATALOGUE["owasp"].items():
        assert all(entry.endswith(f":{edition}") for entry in table["names"])
        assert table["names"].keys() == table["techniques"].keys()
        assert all(one in CATALOGUE["techniques"] for some in table["techniques"].values() for one in some)


@pytest.mark.parametrize(
    ("text", "near"), [("T0020", "AML.T0020"), ("poison training data", "AML.T0020"), ("AML.T0020.9", "AML.T0020")]
)
def test_what_is_not_known_is_refused_with_what_is_near(text: str, near: str) -> None:
    with pytest.raises(UsageError) as refused:
        find_technique(text)
    assert near in refused.value.hint


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_is_found_or_refused(text: str) -> None:
    try:
        found = find_technique(text).id
    except UsageError as refused:
        found = refused.hint
    assert found in CATALOGUE["techniques"] or found.startswith(("did you mean", "write it like"))


def test_ids_are_shown_with_their_names() -> None:
    assert labelled("AML.T0020, AML.T9999") == "AML.T0020 (Training Data Poisoning), AML.T9999"
    assert labelled("") == ""
