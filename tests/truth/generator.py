"""Random DVC histories, from a seed: what people, merges and stages do to the virtual world.

Every file that somebody writes holds a token of its own (save those of low entropy), and a stage carries the tokens of
all that it truly read into its outputs (save those that say too little to carry any).
"""

import random
from dataclasses import replace
from posixpath import dirname, join

from tests.truth.world import (
    ITEM,
    Blob,
    Commit,
    Entry,
    History,
    Key,
    Out,
    Stage,
    State,
    Thing,
    Tree,
    atom,
    md5,
    moved,
    tokens,
)

#: Feature to the share of histories that have it.
FEATURES = {
    "directories": 0.7,
    "parts": 0.6,
    "unions": 0.5,
    "maps": 0.5,
    "lossy": 0.5,
    "branches": 0.8,
    "merges": 0.7,
    "merged-locks": 0.7,
    "persist": 0.3,
    "undeclared": 0.4,
    "uncommitted": 0.2,
    "code-directories": 0.4,
    "roots": 0.35,
    "pipes": 0.35,
    "wdir": 0.3,
    "foreach": 0.4,
    "copies": 0.5,
    "renames": 0.5,
    "reverts": 0.5,
    "removals": 0.3,
    "metrics": 0.5,
    "skips": 0.3,
    "low-entropy": 0.3,
    "empty": 0.1,
    "legacy": 0.12,
    "stale": 0.6,
    "tags": 0.5,
}
#: Those for which following the locks is all there is to it.
PLAIN = frozenset({"branches", "roots", "pipes", "wdir", "foreach", "stale", "tags", "metrics", "renames"})
ITEMS = ("en", "de", "fr")
LOSSY = ("count", "parity", "constant")


def produce(function: str, name: str, reads: list[Thing], declared: list[Thing], stage: Stage) -> dict[str, bytes]:
    """The bytes of an output: ``""`` for a file, relative paths for a directory.

    Args:
        reads: all that the stage truly reads, undeclared code and previous versions too.
        declared: the declared deps among them, first of them first.
    """
    carried = tokens(stage.command.encode()).union(*(thing.tokens() for thing in reads))
    text = " ".join(sorted(carried))
    if function == "count":
        return {"": b"%d\n" % sum(len(thing.members) for thing in declared)}
    if function == "parity":
        return {"": b"%d\n" % (declared[0].size % 2)}
    if function == "constant":
        return {"": b"0\n"}
    if function == "empty":
        return {"": b""}
    if function == "sort":
        return {"": f"sorted {text}\n".encode()}
    if function == "map":
        rest = set(tokens(stage.command.encode())).union(*(thing.tokens() for thing in reads if thing != declared[0]))
        members = {
            join("part", member or "0"): f"mapped {' '.join(sorted(rest | blob.tokens()))} {len(blob.data)}\n".encode()
            for member, blob in declared[0].members.items()
        }
        return {**members, "README": b"constant\n"}
    bytes_read = b"\0".join(blob.data for thing in reads for _, blob in sorted(thing.members.items()))
    return {"": f"{md5(bytes_read + stage.command.encode() + name.encode())[:8]} {text}\n".encode()}


class Generator:
    """Makes one history."""

    def __init__(self, seed: int, features: frozenset[str] | None = None) -> None:
        self.random = random.Random(seed)
        chosen = {name for name, share in FEATURES.items() if self.random.random() < share}
        self.features = frozenset(chosen if features is None else chosen & features)
        self.counter = 0
        self.authors: dict[str, int] = {}
        roots = self.random.choice([("a", "b"), ("", "sub")]) if "roots" in self.features else ("",)
        legacy = frozenset(root for root in roots if "legacy" in self.features and self.random.random() < 0.7)
        self.history = History(seed, roots, legacy)
        self.now = Commit(0, (), State(), frozenset())
        self.paths = 0

    # -- small things

    def token(self) -> str:
        self.counter += 1
        found = f"tok{self.counter}x"
        self.now.wrote.add(found)
        self.authors[found] = self.now.index
        return found

    def chance(self, share: float, feature: str = "") -> bool:
        return (not feature or feature in self.features) and self.random.random() < share

    def fresh(self, root: str, folder: str, suffix: str) -> str:
        self.paths += 1
        return join(root, folder, f"{folder[:1]}{self.paths}{suffix}")

    def write(self, path: str = "") -> Blob:
        """Somebody writes a file."""
        if self.chance(0.3, "low-entropy"):
            data = self.random.choice([b"0\n", b"1\n", b"2\n"])
        else:
            end = "\r\n" if self.history.is_legacy(path) and self.chance(0.3) else "\n"
            data = f"{self.token()} {self.random.randrange(10)}{end}".encode()
        return Blob(data, frozenset({atom(self.now.index)}))

    def settle(self, path: str, thing: Thing) -> Thing:
        """What an ancestor held at this path is restored, not new."""
        for index in sorted(self.now.ancestors):
            state = self.history.commits[index].state
            for held, old in (*state.files.items(), *state.data.items()):
                if held == path and old.content == thing.content:
                    return old
                if held == path and isinstance(old, Tree) and isinstance(thing, Tree):
                    for name, blob in thing.members.items():
                        if name in old.members and old.members[name].content == blob.content:
                            thing.members[name] = old.members[name]
        return thing

    # -- what people do

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

    # -- stages

    def places(self, state: State, root: str) -> list[str]:
        """Paths in one project that a stage can depend on."""
        found: list[str] = []
        other = [each for each in self.history.roots if each != root and each.startswith(join(root, ""))]
        for path, thing in {**state.data, **state.outs()}.items():
            if not path.startswith(join(root, "") if root else "") or any(path.startswith(join(o, "")) for o in other):
                continue
            found.append(path)
            if isinstance(thing, Tree) and "parts" in self.features:
                found += [join(path, name) for name in thing.members]
                found += [join(path, folder) for folder in sorted(thing.folders()) if folder]
        if "unions" in self.features:
            folders = {dirname(path) for path in state.outs() if "many" in path and path in found}
            found += sorted(folders) * 3
        return found

    def add_code(self, state: State, root: str) -> str:
        if self.chance(0.5, "code-directories"):
            self.paths += 1
            folder = join(root, f"lib{self.paths}")
            for name in ("one.py", "two.py"):
                state.files[join(folder, name)] = self.write()
            return folder
        path = self.fresh(root, "src", ".py")
        state.files[path] = self.write()
        return path

    def add_stage(self, state: State) -> None:
        root = self.random.choice(self.history.roots)
        places = self.places(state, root)
        if not places:
            return
        pipe = join(root, "pipe") if self.chance(0.5, "pipes") else root
        wdir = "work" if self.chance(0.6, "wdir") else ""
        deps = list(dict.fromkeys(self.random.sample(places, min(len(places), self.random.choice([1, 1, 2, 3])))))
        deps = [path for path in deps if not any(path != other and path.startswith(other + "/") for other in deps)]
        undeclared: tuple[str, ...] = ()
        for _ in range(self.random.randint(0, 2)):
            known = [path for path in state.files if path.startswith(join(root, "") if root else "")]
            code = self.random.choice(sorted(known)) if known and self.chance(0.5) else self.add_code(state, root)
            if self.chance(0.6, "undeclared"):
                undeclared += tuple(path for path in state.files if path == code or path.startswith(code + "/"))
            elif not any(code == path or code.startswith(path + "/") or path.startswith(code + "/") for path in deps):
                deps.append(code)
        undeclared = tuple(p for p in undeclared if not any(p == dep or p.startswith(dep + "/") for dep in deps))
        self.paths += 1
        items = tuple(self.random.sample(ITEMS, 2)) if self.chance(0.3, "foreach") else ()
        folder = join(root, f"many{self.paths % 2}" if self.chance(0.5, "unions") else "out")
        if folder in deps or any(folder in known.deps for known in state.stages.values()):
            folder = join(root, "out")  # an out in a folder that is read as a whole would make a cycle
        outs = []
        for number in range(self.random.choice([1, 1, 2])):
            function = self.random.choice(["mix", "mix", "sort"])
            if self.chance(0.4, "lossy"):
                function = self.random.choice(LOSSY)
            if self.chance(0.3, "empty"):
                function = "empty"
            if self.chance(0.4, "maps"):
                function = "map"
            cache = not (function in {"mix", *LOSSY} and self.chance(0.3, "metrics"))
            name = f"o{self.paths}-{number}{'-' + ITEM if items else ''}{'' if function == 'map' else '.json'}"
            outs.append(Out(join(folder, name), function, cache, cache and self.chance(0.5, "persist")))
        stage = Stage(
            pipe,
            f"stage{self.paths}",
            f"run{self.paths} --{self.token()}" + (f" {ITEM}" if items else ""),
            tuple(deps),
            tuple(outs),
            wdir,
            undeclared,
            self.chance(0.5, "skips"),
            items,
        )
        state.stages[stage.pipe, stage.name] = stage

    def run(self, state: State, stage: Stage, key: Key) -> None:
        """Runs a concrete stage with what lies in the workspace, and records it."""
        inputs = [(path, state.lookup(path)) for path in stage.deps]
        deps = [(path, thing) for path, thing in inputs if thing is not None]
        if len(deps) < len(inputs) or not deps:
            return
        hidden = [state.files[path] for path in stage.undeclared if path in state.files]
        uncommitted: tuple[str, ...] = ()
        if self.chance(0.4, "uncommitted"):
            for place, (path, thing) in enumerate(deps):
                if path in state.files:
                    deps[place] = (path, self.write(path))
                    uncommitted += (path,)
                elif isinstance(thing, Tree) and any(name.startswith(path + "/") for name in state.files):
                    member = self.random.choice(sorted(thing.members))
                    deps[place] = (path, Tree(thing.members | {member: self.write(path)}, {}))
                    uncommitted += (path,)
        outs_before = state.outs()
        before = [(out.path, outs_before[out.path]) for out in stage.outs if out.persist and out.path in outs_before]
        declared = [thing for _, thing in deps]
        reads = [*(declared[:1] if stage.skips else declared), *hidden, *(thing for _, thing in before)]
        ordered = {atom(self.authors[token]) for token in tokens(stage.command.encode())}
        atoms = frozenset({atom(self.now.index), *ordered}).union(*(thing.consumed() for thing in (*declared, *reads)))
        outs: list[tuple[str, Thing]] = []
        for out in stage.outs:
            made = {
                name: Blob(data, atoms)
                for name, data in produce(out.function, out.path, reads, declared, stage).items()
            }
            tree = Tree(made, {})
            tree.own = dict.fromkeys(tree.folders(), atoms)
            outs.append((out.path, made.get("", tree)))
        entry = Entry(
            stage.pipe,
            stage.base,
            stage.command,
            tuple(deps),
            tuple(outs),
            persists=tuple(path for path, _ in before),
            undeclared=tuple(blob.content for blob in hidden),
            uncommitted=uncommitted,
        )
        state.lock[key] = self.cached(entry)

    def cached(self, entry: Entry) -> Entry:
        """A run that an ancestor recorded already is that run (the run cache)."""
        for index in sorted(self.now.ancestors):
            for old in self.history.commits[index].state.lock.values():
                if old.identity == entry.identity:
                    return old
        return entry

    def resolve(self, state: State) -> None:
        """DVC runs nothing while two stages share an out, as after a merge: somebody drops one of them."""
        claimed: set[str] = set()
        for key, stage in list(state.stages.items()):
            outs = {out.path for each in stage.concrete() for out in each.outs}
            if outs & claimed:
                del state.stages[key]
                for each in stage.concrete():
                    state.lock.pop((stage.pipe, each.name), None)
            claimed |= outs

    def repro(self, state: State, share: float) -> None:
        """Runs stages that changed, upstream first; with a share below 1 some are left stale."""
        self.resolve(state)
        for key, stage in list(state.stages.items()):
            for each in stage.concrete():
                old = state.lock.get((key[0], each.name))
                now = [(path, state.lookup(path)) for path in each.deps]
                same = (
                    old is not None
                    and old.command == each.command
                    and {path for path, _ in old.outs} == {out.path for out in each.outs}
                    and sorted((path, thing.content) for path, thing in old.deps)
                    == sorted((path, thing.content if thing else "") for path, thing in now)
                )
                forced = self.chance(0.15)
                if (not same or forced) and self.random.random() < share:
                    self.run(state, each, (key[0], each.name))

    # -- merges

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

    # -- the history

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
            self.repro(state, self.random.choice([0.5, 1.0]) if "stale" in self.features else 1.0)
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
