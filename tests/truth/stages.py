"""The stages of a truth history: what they declare, what they truly read, and what they make of it."""

from posixpath import dirname, join

from tests.truth.maker import Maker
from tests.truth.world import ITEM, Blob, Entry, Key, Out, Stage, State, Thing, Tree, atom, md5, tokens

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


class Stages(Maker):
    """Adds stages, and runs those that changed."""

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

    def rehearse(self, state: State) -> None:
        """Somebody runs all with the data of another commit and puts his own back; persisted outputs remember."""
        other = self.aside.choice(self.history.commits).state.data
        mine, usual = state.data, self.random
        state.data, self.random = mine | {path: other[path] for path in mine if path in other}, self.aside
        self.repro(state, 1.0)
        state.data, self.random = mine, usual
