"""Tag names mean what GTO's own parser makes of them."""

import pytest
from gto.constants import Action
from gto.tag import name_tag, parse_name
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics_connectors.dvc.gto import parse_tag, resembles_tag

NAMES = st.from_regex(r"\A(?:[a-z0-9_./-]{1,6}=)?[a-z0-9](?:[a-z0-9/_-]{0,5}[a-z0-9])?\Z")
TAILS = st.one_of(
    st.from_regex(r"\A@v[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,2}(-[a-z0-9.]{1,5})?(\+[a-z0-9]{1,3})?!?(#[0-9]{1,3})?\Z"),
    st.from_regex(r"\A#[a-z0-9][a-z0-9-]{0,4}[a-z0-9]?!?(#[0-9]{1,3})?\Z"),
    st.sampled_from(
        ["@deprecated", "@deprecated#3", "@created", "@v1", "@1.0.0", "", "#", "!", "#prod!#", "@v1.0.0#dev"]
    ),
)


@given(st.one_of(st.builds(str.__add__, NAMES, TAILS), st.text(alphabet="a1=:@#!v.0-/", max_size=14)))
@settings(deadline=None, max_examples=200)
def test_a_tag_is_read_as_gto_reads_it_and_written_back(name):
    ours, theirs = parse_tag(name), parse_name(name, raise_on_fail=False)
    assert (ours is None) == (not theirs)
    if ours is not None:
        action = theirs.get("action", Action.CREATE).value
        assert (ours.action, ours.artifact, ours.version or None, ours.stage or None, ours.counter) == (
            action,
            theirs["name"],
            theirs.get("version"),
            theirs.get("stage"),
            theirs.get("counter"),
        )
        assert parse_tag(str(ours)) == ours


@pytest.mark.parametrize(
    "action", [Action.REGISTER, Action.DEREGISTER, Action.ASSIGN, Action.UNASSIGN, Action.DEPRECATE]
)
def test_a_tag_that_gto_names_is_read(action):
    name = name_tag(action, "cv:pool-segmentation", version="v0.4.0", stage="prod", simple=True)
    tag = parse_tag(f"{name}#7")
    assert (tag.action, tag.artifact, tag.counter) == (action.value, "cv:pool-segmentation", 7)
    assert str(tag) == f"{name}#7"


def test_names_that_look_like_gto_tags_are_told_from_plain_ones():
    assert parse_tag("fraud@v1") is None
    assert resembles_tag("fraud@v1")
    assert not resembles_tag("v1.0.0")
    assert not resembles_tag("package@1.0.0")


def test_a_hostile_name_is_refused_soon():
    assert parse_tag("a-" * 100_000) is None
    assert parse_tag("a-" * 499 + "!") is None
