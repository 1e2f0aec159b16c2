"""What people do to a truth history: they write, edit, copy, rename, remove and bring back."""

from dataclasses import replace
from posixpath import dirname, join

from tests.truth.maker import Maker
from tests.truth.world import Blob, State, Thing, Tree, atom, moved


class People(Maker):
    """Single deeds, each on the state of the commit that is being made."""

    def write_directory(self, path: str) -> Tree:
        names = self.random.sample(["a.csv", "b.csv", "c.csv", "sub/d.csv", "sub/e.csv"], self.random.randint(2, 4))
        members = {name: self.write(path) for name in names}
        mine = frozenset({atom(self.now.index)})
        return Tree(members, dict.fromkeys(Tree(members, {}).folders(), mine))

    def edit_directory(self, path: str, old: Tree) -> Tree:
        members = dict(old.members)
        for _ in range(self.random.randint(1, 2)):
            name = self.random.choice(sorted(members))
            action = self.random.choice(["change", "change", "add", "remove"])
            if action == "remove" and len(members) > 1:
                del members[name]
            elif action == "add":
                self.paths += 1
                members[join(dirname(name), f"n{self.paths}.csv")] = self.write(path)
            else:
                members[name] = self.write(path)
        new = Tree(members, {})
        mine = frozenset({atom(self.now.index)})
        for folder in new.folders():
            before = old.sub(folder) if folder else old
            after = new.sub(folder) if folder else new
            same = isinstance(before, Tree) and after is not None and before.content == after.content
            new.own[folder] = old.own.get(folder, mine) if same else mine
        return new

    def edit_data(self, state: State) -> None:
        path = self.random.choice(sorted(state.data))
        old = state.data[path]
        new: Thing = self.edit_directory(path, old) if isinstance(old, Tree) else self.write(path)
        state.data[path] = self.settle(path, new)

    def edit_code(self, state: State) -> None:
        if state.files:
            path = self.random.choice(sorted(state.files))
            new = self.settle(path, self.write(path))
            if isinstance(new, Blob):
                state.files[path] = new

    def edit_command(self, state: State) -> None:
        key = self.random.choice(sorted(state.stages))
        command = f"{state.stages[key].command.split(' --')[0]} --{self.token()}"
        state.stages[key] = replace(state.stages[key], command=command)

    def add_data(self, state: State) -> None:
        root = self.random.choice(self.history.roots)
        if self.chance(0.5, "directories"):
            path = self.fresh(root, "data", "")
            state.data[path] = self.write_directory(path)
        else:
            path = self.fresh(root, "data", ".csv")
            state.data[path] = self.write(path)

    def copy(self, state: State) -> None:
        """Somebody tracks a copy of what lies elsewhere: another path, or what another commit held."""
        if self.history.commits and self.chance(0.5):
            other = self.random.choice(self.history.commits).state
            path = self.random.choice(sorted(other.data)) if other.data else ""
            if path and self.chance(0.5):
                if path not in state.outs():
                    state.data[path] = self.settle(path, moved(other.data[path], self.now.index))
                return
            choices = {**other.data, **other.outs()}
        else:
            choices = {**self.portable(state), **state.outs()}
        if choices:
            thing = choices[self.random.choice(sorted(choices))]
            path = self.fresh(self.random.choice(self.history.roots), "data", "" if isinstance(thing, Tree) else ".csv")
            state.data[path] = moved(thing, self.now.index)

    def portable(self, state: State) -> dict[str, Thing]:
        """Data that can be put elsewhere in the commit that is being made."""
        return state.data

    def rename_data(self, state: State) -> None:
        paths = sorted(self.portable(state))
        if not paths:
            return
        old = self.random.choice(paths)
        root = max((root for root in self.history.roots if old.startswith(join(root, ""))), key=len)
        new = self.fresh(root, "data", "" if isinstance(state.data[old], Tree) else ".csv")
        state.data[new] = moved(state.data.pop(old), self.now.index)

        def rename(path: str) -> str:
            return new + path[len(old) :] if path == old or path.startswith(old + "/") else path

        for key, stage in state.stages.items():
            state.stages[key] = replace(stage, deps=tuple(map(rename, stage.deps)))

    def rename_stage(self, state: State) -> None:
        old = self.random.choice(sorted(state.stages))
        stage = state.stages[old]
        self.paths += 1
        new = f"renamed{self.paths}"
        entries = {each.name: state.lock.pop((stage.pipe, each.name), None) for each in stage.concrete()}
        renamed = replace(stage, name=new)
        state.stages = {
            (stage.pipe, new) if key == old else key: renamed if key == old else value
            for key, value in state.stages.items()
        }
        for name, entry in entries.items():
            if entry is not None:
                state.lock[stage.pipe, name.replace(old[1], new, 1)] = entry

    def remove_stage(self, state: State) -> None:
        if len(state.stages) > 1:
            stage = state.stages.pop(self.random.choice(sorted(state.stages)))
            if self.chance(0.5):
                for each in stage.concrete():
                    state.lock.pop((stage.pipe, each.name), None)

    def revert(self, state: State) -> None:
        """Everything, or the data alone, goes back to what an ancestor held."""
        old = self.history.commits[self.random.choice(sorted(self.now.ancestors))].state.copy()
        state.data = {path: thing for path, thing in old.data.items() if path not in state.outs()}
        if self.chance(0.6):
            state.files, state.stages, state.lock, state.data = old.files, old.stages, old.lock, old.data
