"""Random DVC histories, from a seed: what people, merges and stages do to the virtual world.

Every file that somebody writes holds a token of its own (save those of low entropy), and a stage carries the tokens of
all that it truly read into its outputs (save those that say too little to carry any).
"""

from tests.truth.maker import FEATURES, PLAIN
from tests.truth.merges import Merges
from tests.truth.people import People
from tests.truth.stages import Stages
from tests.truth.world import Commit, History, State

__all__ = ["FEATURES", "PLAIN", "Generator", "generate"]


class Generator(People, Stages, Merges):
    """Makes one history."""

    def begin(self, parents: tuple[int, ...]) -> None:
        ancestors = frozenset(parents).union(*(self.history.commits[parent].ancestors for parent in parents))
        self.now = Commit(len(self.history.commits), parents, State(), ancestors)

    def commit(self, state: State, branch: str, message: str) -> None:
        self.now.state = state
        self.now.message = message
        self.history.commits.append(self.now)
        self.history.branches[branch] = self.now.index
        if self.chance(0.3, "tags"):
            number = self.now.index
            self.history.tags[self.random.choice([f"v0.{number}", f"model@v0.{number}.0"])] = number

    def work(self, state: State) -> str:
        """One to three things that people do, then perhaps a run."""
        actions = ["edit_data"] * 4 + ["edit_code", "edit_code", "edit_command", "add_stage", "add_data"]
        optional = [
            ("copies", "copy"),
            ("renames", "rename_data"),
            ("renames", "rename_stage"),
            ("reverts", "revert"),
            ("removals", "remove_stage"),
        ]
        actions += [action for feature, action in optional if feature in self.features]
        done = self.random.choices(actions, k=self.random.choice([1, 1, 2, 3]))
        for action in done:
            if not state.data:
                self.add_data(state)
            if not state.stages:
                self.add_stage(state)
            if state.stages:
                getattr(self, action)(state)
        if self.chance(0.75):
            share = self.random.choice([0.5, 1.0]) if "stale" in self.features else 1.0
            if share == 1.0 and "persist" in self.features and self.aside.random() < 0.3:
                self.rehearse(state)
                done.append("rehearse")
            self.repro(state, share)
            done.append("repro")
        return ", ".join(done).replace("_", " ")

    def start(self) -> None:
        self.begin(())
        state = State()
        for _ in range(self.random.randint(1, 3)):
            self.add_data(state)
        for _ in range(self.random.randint(2, 5)):
            self.add_stage(state)
            if self.chance(0.8):
                self.repro(state, 1.0)
        self.repro(state, 1.0)
        self.commit(state, "main", "start")

    def build(self) -> History:
        """The whole history."""
        self.start()
        branches = self.history.branches
        length = self.random.randint(3, 15)
        while len(self.history.commits) < length:
            names = sorted(branches)
            branch = self.random.choice(names)
            if len(names) > 1 and self.chance(0.4, "merges"):
                other = self.random.choice([name for name in names if name != branch])
                ours, theirs = self.history.commits[branches[branch]], self.history.commits[branches[other]]
                if theirs.index not in ours.ancestors | {ours.index} and ours.index not in theirs.ancestors:
                    self.begin((ours.index, theirs.index))
                    state = self.merge(ours, theirs)
                    message = f"merge {other}"
                    if self.chance(0.3):
                        self.repro(state, 1.0)
                        message += ", repro"
                    self.commit(state, branch, message)
                    continue
            self.begin((branches[branch],))
            if self.chance(0.4, "branches") and len(names) < 4:
                start = self.random.choice(self.history.commits).index
                self.begin((start,))
                branch = f"side{len(names)}"
            state = self.history.commits[self.now.parents[0]].state.copy()
            message = self.work(state)
            self.commit(state, branch, message)
        return self.history


def generate(seed: int, features: frozenset[str] | None = None) -> History:
    """One history; the same for the same seed and features, in every process.

    Args:
        seed: any number.
        features: names of ``FEATURES`` that may occur; all, where None.
    """
    return Generator(seed, features).build()
