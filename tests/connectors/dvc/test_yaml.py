"""Documents mean what ruamel.yaml, DVC's own loader, makes of them; hostile ones end in a problem, soon."""

import json
import math
import time
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML, YAMLError

from forensics.model import FindingKind
from forensics_connectors.dvc.yaml import canonical, conflict_sides, decode, integer, load, value

SCALARS = st.one_of(
    st.text(alphabet="0123456789_+-.eExobafinNuULltTrRsSyYoOfF~ ", min_size=1, max_size=8),
    st.sampled_from(
        ["2e-05", "1e3", "0o17", "017", "0x1F", "0b11", "1_000", "no", "on", "null", "~", "=", "12:30:45", ".inf"]
    ),
)

#: Characters beyond U+FFFF are two escapes in JSON, which YAML does not put together.
TEXTS = st.text(alphabet=st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=9)


def oracle(text: str) -> object:
    return YAML(typ="safe", pure=True).load(text)


def same(ours: object, theirs: object) -> bool:
    if isinstance(theirs, float) and math.isnan(theirs):
        return isinstance(ours, float) and math.isnan(ours)
    return type(ours) is type(theirs) and ours == theirs


@given(SCALARS)
@settings(deadline=None, max_examples=400)
def test_a_plain_scalar_means_what_dvc_makes_of_it(scalar):
    try:
        expected = oracle(f"- {scalar}\n")
    except (YAMLError, ValueError, AssertionError, IndexError):
        return
    problems = []
    ours = value(load(f"- {scalar}\n", problems))
    if not isinstance(expected, list) or isinstance(expected[0], (date, datetime, list, dict)):
        return
    assert problems == []
    assert same(ours[0], expected[0]), (scalar, ours, expected)


@pytest.mark.parametrize("text", ["0123", "1e10", "no", "null", "2020-01-01", "0x10", "'7'", "1_000"])
def test_text_stays_as_it_is_written(text):
    node = load(f"{text}: {text}\n", [])
    assert node == {text.strip("'"): text.strip("'")}


@given(
    st.recursive(
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.floats(allow_nan=False, allow_infinity=False),
            TEXTS,
        ),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
        max_leaves=10,
    )
)
@settings(deadline=None)
def test_json_is_read_and_written_back(tree):
    text = json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    problems = []
    node = load(json.dumps({"tree": tree}), problems)
    assert problems == []
    assert json.loads(canonical(node["tree"])) == json.loads(text.replace("\\u0000", "\\ufffd"))


HOSTILE = {
    "nested lists": "[" * 100_000,
    "nested mappings": "{a: " * 100_000,
    "nested blocks": "- " * 100_000,
    "nested keys": "? " * 100_000,
    "aliases": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)),
    "merge keys": "a: &a {x: 1}\n"
    + "".join(f"{chr(98 + i)}: &{chr(98 + i)} {{<<: [{','.join(['*' + chr(97 + i)] * 9)}]}}\n" for i in range(9)),
    "deep aliases": "a0: &a0 [x]\n" + "".join(f"a{i + 1}: &a{i + 1} [*a{i}]\n" for i in range(100)),
    "an alias to itself": "a: &a [*a]",
    "many nodes": "[" + "[]," * 600_000 + "]",
    "half a character": 'a: "\\ud800"',
    "control characters": "a: \x01",
    "two documents": "a: 1\n---\nb: 2\n",
    "a key that is a list": "[a]: b",
    "a huge key": "x" * 9_000_000 + ": 1",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_document_ends_in_a_problem_and_soon(text):
    problems = []
    start = time.process_time()
    load(text, problems, aliases=True)
    assert time.process_time() - start < 20
    assert [problem.admits for problem in problems] == [True]


def test_a_huge_scalar_is_text():
    assert load("a: '" + "x" * 9_000_000 + "'", []) == {"a": "x" * 9_000_000}
    assert value(load("9" * 100_000, [])) == "9" * 100_000


def test_aliases_are_expanded_only_where_they_are_allowed():
    text = "base: &b {lr: 1, seed: 2}\nrun: {<<: *b, seed: 3}\nlist: [*b, *b]\n"
    assert value(load(text, [], aliases=True)) == oracle(text)
    problems = []
    assert load(text, problems) is None
    assert [problem.kind for problem in problems] == [FindingKind.UNREADABLE]


def test_of_a_key_that_stands_twice_the_last_is_kept_and_reported_once():
    problems = []
    assert load("a: 1\nb: 2\na: 3\na: 4\n", problems) == {"b": "2", "a": "4"}
    assert [(problem.kind, problem.locus) for problem in problems] == [(FindingKind.DUPLICATE_KEY, "a")]


@pytest.mark.parametrize("text", ["outs:\n- path: {{ cookiecutter.name }}\n", "{% if x %}\na: 1\n{% endif %}\n"])
def test_a_template_is_told_from_a_broken_document(text):
    problems = []
    assert load(text, problems) is None
    assert [(problem.kind, problem.admits) for problem in problems] == [(FindingKind.TEMPLATE, False)]


def test_bytes_that_are_no_text_or_too_many_are_refused():
    problems = []
    assert decode(b"\xff", problems) is None
    assert decode(b"x" * 11, problems, limit=10) is None
    assert [problem.kind for problem in problems] == [FindingKind.UNREADABLE, FindingKind.TOO_LARGE]


def test_a_conflict_has_two_sides():
    text = "a\n<<<<<<< HEAD\nb\n||||||| base\nc\n=======\nd\n>>>>>>> other\ne\n"
    assert conflict_sides(text) == ("a\nb\ne\n", "a\nd\ne\n")
    assert conflict_sides("cmd: cat <<<<<<< x\n") is None


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12), ("1_0", 10), ("-1", None), ("x", None), ("9" * 30, None), ("1.5", None)]
)
def test_a_size_is_a_number_that_a_database_can_hold(text, number):
    assert integer(text) == number


def test_one_meaning_has_one_canonical_text():
    nodes = [load(text, []) for text in ("{b: 0x10, a: [1.50, no]}", '{"a": [1.5, "no"], "b": 16}')]
    assert [canonical(node) for node in nodes] == ['{"a":[1.5,"no"],"b":16}'] * 2
    assert canonical(load("[.inf, -.inf, .nan, ~]", [])) == '[".inf","-.inf",".nan",null]'
