"""The merges of a truth history: three-way by path, and textual where two sides ran the same stage."""

from dataclasses import replace

from tests.truth.maker import Maker
from tests.truth.world import Blob, Commit, Entry, State, Tree


class Merges(Maker):
    """Merges states of commits."""

    def merge(self, ours: Commit, theirs: Commit) -> State:
        common = (ours.ancestors | {ours.index}) & (theirs.ancestors | {theirs.index})
        base = self.history.commits[max(common)].state if common else State()
        state = State()
        one, two = ours.state, theirs.state
        state.files = self.three_way(base.files, one.files, two.files)
        state.data = self.three_way(base.data, one.data, two.data)
        state.stages = self.three_way(base.stages, one.stages, two.stages)
        state.lock = self.three_way(base.lock, one.lock, two.lock)
        return state

    def three_way(self, base: dict, ours: dict, theirs: dict) -> dict:  # type: ignore[type-arg]
        def same(one: object, two: object) -> bool:
            if isinstance(one, Blob | Tree) and isinstance(two, Blob | Tree):
                return one.content == two.content
            if isinstance(one, Entry) and isinstance(two, Entry):
                return one.identity == two.identity
            return one == two

        found = {}
        for key in (*ours, *(key for key in theirs if key not in ours)):
            before, one, two = base.get(key), ours.get(key), theirs.get(key)
            if same(one, two) or same(two, before):
                chosen = one
            elif same(one, before):
                chosen = two
            elif isinstance(one, Entry) and isinstance(two, Entry) and self.chance(0.85, "merged-locks"):
                chosen = self.merge_entries(one, two)
            else:
                chosen = self.random.choice([each for each in (one, two) if each is not None])
            if chosen is not None:
                found[key] = chosen
        return found

    def merge_entries(self, one: Entry, two: Entry) -> Entry:
        """A textual merge: every dep from either side, command and outs from one."""
        other = dict(two.deps)
        if one.base != two.base or set(dict(one.deps)) != set(other):
            return self.random.choice([one, two])
        deps = tuple((path, self.random.choice([thing, other[path]])) for path, thing in one.deps)
        made = self.random.choice([one, two])
        mixed = replace(made, command=self.random.choice([one, two]).command, deps=deps, ran=False)
        return next((each for each in (one, two) if each.identity == mixed.identity), mixed)
