"""Stored objects whose bytes were changed, as sources: what can have been read from them, and what that weighs."""

import pytest

from forensics.localization import Descent, Evidence, Located, locate
from tests.support.lineages import Lines


class Chain:
    """Data that is prepared and trained on: two models of what was prepared, and one of the data itself."""

    def __init__(self) -> None:
        self.lines = Lines()
        self.data, self.prepared, self.file = (self.lines.content() for _ in range(3))
        root = self.lines.root(self.data)
        run = self.lines.run(root)
        self.folder = self.lines.content(self.file, self.prepared)
        made = self.lines.made(run, self.folder)
        self.models = [self.lines.made(self.lines.run(made), self.lines.content()) for _ in range(2)]
        self.other = self.lines.made(self.lines.run(root), self.lines.content())

    def located(self, *bad: int, good: tuple[int, ...] = (), tampered: int) -> Located:
        return locate(self.lines.graph, Evidence(frozenset(bad), frozenset(good), tampered=frozenset({tampered})))


@pytest.mark.parametrize("what", ["folder", "prepared"])
def test_an_object_that_a_run_made_is_a_candidate_once_it_was_changed(what: str) -> None:
    chain = Chain()
    content = getattr(chain, what)
    assert content not in locate(chain.lines.graph, Evidence(frozenset(chain.models))).candidates
    found = chain.located(*chain.models, tampered=content).candidates
    assert found[content] == max(found.values())


def test_it_has_half_of_what_is_thought_before_any_label() -> None:
    chain = Chain()
    found = chain.located(chain.models[0], tampered=chain.folder)
    assert sum(group.prior for group in found.groups) == pytest.approx(1)
    prior = {
        int(found.origins.nodes[member]): group.prior * share
        for group in found.groups
        for member, share in zip(group.members, group.shares, strict=True)
    }
    assert prior[chain.folder] == pytest.approx(0.5)


def test_nothing_good_below_it_speaks_against_it_and_no_commit_is_charged_with_it() -> None:
    chain = Chain()
    bad, good = chain.models
    found = chain.located(bad, good=(good,), tampered=chain.folder)
    (group,) = (one for one in found.groups if chain.folder in {int(found.origins.nodes[m]) for m in one.members})
    assert (group.explained, group.contradicting) == ((bad,), ())
    assert found.origins.commits[found.origins.nodes.tolist().index(chain.folder)] == ()


def test_what_can_have_been_read_from_it_may_be_contaminated_and_what_was_not_is_less_so() -> None:
    chain = Chain()
    plain = Descent(locate(chain.lines.graph, Evidence(frozenset(chain.models[:1]))))
    changed = Descent(chain.located(chain.models[0], tampered=chain.folder))
    beside, apart = chain.models[1], chain.other
    assert changed.contamination([beside])[0] >= plain.contamination([beside])[0]
    assert changed.contamination([apart])[0] < plain.contamination([apart])[0]


def test_where_it_leads_to_nothing_bad_it_changes_nothing() -> None:
    chain = Chain()
    found = chain.located(chain.other, tampered=chain.folder)
    assert found.candidates == locate(chain.lines.graph, Evidence(frozenset({chain.other}))).candidates
