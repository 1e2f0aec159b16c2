"""The two ways of reading a lock agree with each other, and with the loader of DVC itself."""

import random
import time

import pytest
from dvc.utils.serialize import dumps_yaml
from dvc.utils.serialize import parse_yaml as dvc_parse
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.model import FindingKind
from forensics_connectors.dvc.grammar import parse_fast
from forensics_connectors.dvc.lockfile import Memo, parse_yaml, read_project, split
from forensics_connectors.dvc.yaml import load, value

MD5 = "0123456789abcdef0123456789abcdef"
WORDS = st.text(alphabet=st.sampled_from("ab.0-_/ é#:'\"&*{}[]|>%@`!?,~\n\\="), min_size=1, max_size=30)
LONG = st.lists(st.text(alphabet="abc./-", min_size=1, max_size=20), min_size=1, max_size=20).map(" ".join)
NAMES = st.one_of(st.text(alphabet="abc0.-_/@", min_size=1, max_size=12), WORDS, st.sampled_from(["null", "no", "1"]))
PATHS = st.one_of(
    st.text(alphabet="abc./-_é", min_size=1, max_size=20), WORDS, LONG, st.sampled_from(["null", "~", "12"])
)
SCALARS = st.one_of(st.integers(), st.floats(allow_nan=False), st.booleans(), st.none(), WORDS, st.just("no"))
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))
ITEMS = st.fixed_dictionaries(
    {"path": PATHS},
    optional={
        "hash": st.just("md5"),
        "md5": st.sampled_from([MD5, f"{MD5}.dir", "1" * 32]),
        "size": st.integers(0, 10**12),
    },
)
ENTRIES = st.fixed_dictionaries(
    {"cmd": st.one_of(PATHS, st.lists(PATHS, min_size=1, max_size=3))},
    optional={
        "deps": st.lists(ITEMS, max_size=3),
        "params": st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=3), max_size=2),
        "outs": st.lists(ITEMS, max_size=3),
    },
)
STAGES = st.dictionaries(NAMES, ENTRIES, max_size=4)


def dumped(stages: dict) -> str:
    return dumps_yaml({"schema": "2.0", "stages": stages}) if stages else "schema: '2.0'\n"


def read(lock: str | bytes, yaml: bytes | None = b"stages: {}\n", **files: bytes):
    data = lock.encode() if isinstance(lock, str) else lock
    return read_project("", yaml, data, files.get, "", Memo())


def texts(node: object) -> object:
    """What a lock says but for the parts that stay text: paths, commands, digests."""
    if isinstance(node, dict):
        return {str(key): texts(item) for key, item in node.items()}
    return [texts(item) for item in node] if isinstance(node, list) else value(node)


def without_types(node: object) -> object:
    if isinstance(node, dict):
        return {str(key): without_types(item) for key, item in node.items()}
    return [without_types(item) for item in node] if isinstance(node, list) else str(node)


@given(STAGES)
@settings(deadline=None, max_examples=80)
def test_a_lock_that_dvc_wrote_reads_as_dvc_reads_it(stages):
    lock = dumped(stages)
    chunks = split(lock)
    assert chunks is not None or not stages or any("\n" in name for name in stages)
    parsed = [parse_yaml(chunk) for chunk in chunks or ()]
    for chunk, slow in zip(chunks or (), parsed, strict=True):
        fast = parse_fast(chunk)
        assert fast is None or fast == slow
        assert fast is None or texts(fast[1].get("params")) == texts(slow[1].get("params"))
    expected = dvc_parse(lock, "dvc.lock").get("stages", {})
    if chunks is None:
        assert texts(load(lock, []).get("stages", {})) == texts(expected)
    else:
        assert None not in parsed
        assert {name: texts(entry) for name, entry in parsed} == texts(expected)


CANONICAL = dumped(
    {
        "prepare": {
            "cmd": "python prepare.py --in data/raw.csv " + "--flag value " * 12 + "--end",
            "deps": [{"path": "data/raw.csv", "hash": "md5", "md5": MD5, "size": 10}],
            "params": {"params.yaml": {"lr": 0.1, "train.seed": 7, "name": "no"}},
            "outs": [{"path": "data/out", "hash": "md5", "md5": f"{MD5}.dir", "size": 3, "nfiles": 2}],
        },
        "train@en-1": {
            "cmd": "python train.py",
            "deps": [{"path": "data/out", "md5": MD5, "size": 1, "isexec": True}],
            "outs": [{"path": "models/m.pkl", "hash": "md5", "md5": MD5}],
        },
    }
)


LINES = st.lists(
    st.sampled_from(
        [
            "  a:\n",
            "  b:\n",
            "    cmd: x\n",
            "    - path: y\n",
            "\n",
            " \n",
            "  \n",
            "  # c\n",
            "z: 1\n",
            "   q\n",
            "  a",
        ]
    ),
    max_size=8,
)


@given(LINES, LINES, LINES, LINES, st.booleans())
@settings(deadline=None, max_examples=300)
def test_a_lock_is_cut_alike_whatever_was_cut_before(opening, before, now, closing, whole):
    head = "schema: '2.0'\nstages:\n"
    known = split(head + "".join([*opening, *before, *closing])) or ()
    lock = head + "".join([*opening, *now, *closing])
    lock = lock if whole else lock[:-1]
    assert split(lock, dict.fromkeys(known)) == split(lock)


def test_the_fast_way_takes_what_dvc_usually_writes():
    assert all(parse_fast(chunk) is not None for chunk in split(CANONICAL))


PIECES = [
    *"\n :#'\"&*{}[]|>%@`!?,~-<=\\\tx1é",
    "\n  ",
    "\n    ",
    "\n  a:",
    ": ",
    " #",
    "- ",
    "\n- ",
    "\n\n",
    "<<: ",
    "null",
    "'\n  b:\n",
]


@given(st.lists(st.tuples(st.integers(0, len(CANONICAL)), st.integers(0, 12), st.sampled_from(PIECES)), max_size=4))
@settings(deadline=None, max_examples=300)
def test_a_damaged_lock_reads_alike_in_parts_and_as_a_whole(damages):
    lock = CANONICAL
    for position, length, piece in damages:
        lock = lock[:position] + piece + lock[position + length :]
    check_parts_against_whole(lock)


def check_parts_against_whole(lock: str) -> None:
    chunks = split(lock)
    if chunks is None:
        return
    parsed = [parse_yaml(chunk) for chunk in chunks]
    for chunk, slow in zip(chunks, parsed, strict=True):
        fast = parse_fast(chunk)
        assert fast is None or (fast == slow and texts(fast[1].get("params")) == texts(slow[1].get("params")))
    if None not in parsed and len(dict(parsed)) == len(parsed):
        problems = []
        whole = load(lock, problems)
        assert problems == []
        stages = whole["stages"] if "schema" in whole else whole
        assert without_types(stages or {}) == without_types(dict(parsed))


STAGE = "  {name}:\n    cmd: run {name}\n    outs:\n    - path: {name}.bin\n      md5: " + MD5 + "\n"
HEAD = "schema: '2.0'\nstages:\n"


def kinds(document) -> set[tuple[FindingKind, bool]]:
    return {(problem.kind, problem.admits) for problem in document.problems}


def test_a_lock_of_schema_1_reads_like_one_of_schema_2():
    entries = STAGE.format(name="a") + STAGE.format(name="b")
    old = "".join(line[2:] + "\n" for line in entries.splitlines())
    assert read(old).runs == read(HEAD + entries).runs
    assert [run.name for run in read(old).runs] == ["a", "b"]


def test_of_a_stage_that_stands_twice_the_last_is_read_and_reported():
    document = read(
        HEAD + STAGE.format(name="a") + STAGE.format(name="b") + STAGE.format(name="a").replace("run", "redo")
    )
    assert sorted(run.command for run in document.runs) == ["redo a", "run b"]
    assert (FindingKind.DUPLICATE_KEY, True) in kinds(document)


def test_both_sides_of_a_conflict_are_read():
    ours, theirs = STAGE.format(name="b"), STAGE.format(name="b").replace(MD5, "f" * 32)
    lock = f"{HEAD}{STAGE.format(name='a')}<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> branch\n"
    document = read(lock)
    assert [run.name for run in document.runs] == ["a", "b", "b"]
    assert {str(out.digest) for run in document.runs for out in run.outs} == {
        f"md5-dos2unix:{MD5}",
        "md5-dos2unix:" + "f" * 32,
    }
    assert (FindingKind.CONFLICT, True) in kinds(document)


def test_a_scalar_that_looks_like_stages_is_not_taken_for_them():
    lock = HEAD + '  a:\n    cmd: "one\n  b:\n    cmd: two"\n  c:\n    cmd: three\n'
    assert [(run.name, run.command) for run in read(lock).runs] == [("a", "one b: cmd: two"), ("c", "three")]


def test_the_sound_stages_of_a_broken_lock_are_read():
    lock = HEAD + STAGE.format(name="a") + "  b: [\n    cmd: x\n" + STAGE.format(name="c")
    document = read(lock)
    assert [run.name for run in document.runs] == ["a", "c"]
    assert [(problem.kind, problem.locus, problem.admits) for problem in document.problems if problem.admits] == [
        (FindingKind.UNREADABLE, "b: [", True)
    ]


@pytest.mark.parametrize(
    "lock",
    [
        HEAD + "  a:\n    cmd: &x run\n    outs: *x\n",
        HEAD + "  a: " + "[" * 100_000,
        HEAD + "  a:\n" + "".join(" " * depth + "a:\n" for depth in range(4, 400)),
        "[" * 100_000,
        "schema: '9'\nstages: {}\n",
        "schema: '2.0'\nstages: [1]\n" + "stages: {}\n",
        HEAD + "  a:\n    cmd: x\n---\n" + HEAD + STAGE.format(name="b"),
        "just text",
        "{{ cookiecutter.x }}: [\n",
        b"\xff\xfe",
        b"a: \x00",
    ],
)
def test_what_cannot_be_read_of_a_lock_admits_lineage(lock):
    assert any(problem.admits for problem in read(lock).problems)


@pytest.mark.parametrize(
    "lock", ["", "\n", "{}", "schema: '2.0'\n", "schema: '2.0'\nstages: {}\n", "schema: '2.0'\nstages:\n"]
)
def test_an_empty_lock_is_no_problem(lock):
    assert read(lock).runs == ()
    assert read(lock).problems == ()


def test_windows_line_ends_and_a_byte_order_mark_change_nothing():
    lock = HEAD + STAGE.format(name="a")
    assert read(("\ufeff" + lock.replace("\n", "\r\n")).encode()) == read(lock)


def test_a_path_with_nul_cannot_forge_the_key_of_another_record():
    lock = HEAD + '  a:\n    cmd: x\n    outs:\n    - path: "data\\0md5:1"\n'
    assert read(lock).runs[0].outs[0].path == "data\ufffdmd5:1"


def test_a_lock_larger_than_one_document_may_be_is_read_by_its_stages():
    long = "x" * 10_000
    lock = HEAD + "".join(STAGE.format(name=f"s{number}").replace("run", long) for number in range(1_100))
    assert len(lock) > 10 * 2**20
    assert len(read(lock).runs) == 1_100


def test_a_history_of_one_lock_costs_its_distinct_entries():
    memo = Memo()
    numbers = list(range(2_000))
    yaml = b"stages: {}\n"

    def seconds(revision: int) -> float:
        lock = HEAD + "".join(STAGE.format(name=f"s{number}").replace("run", "go") for number in numbers)
        data = lock.replace("go s7\n", f"go s7 {revision}\n").encode()
        start = time.process_time()
        document = read_project("", yaml, data, lambda path: None, "", memo)
        assert len(document.runs) == len(numbers)
        return time.process_time() - start

    first = seconds(0)
    assert min(seconds(revision) for revision in range(1, 5)) < first / 2
    assert len(memo.runs) == len(numbers) + 4


def test_random_bytes_never_raise():
    dice = random.Random(7)
    alphabet = [*PIECES, "stages:\n", "schema: '2.0'\n", "  a:\n    cmd: x\n", "    deps:\n    - path: y\n"]
    for _ in range(500):
        text = "".join(dice.choices(alphabet, k=dice.randint(0, 20)))
        read(text, yaml=text.encode())


def test_an_entry_of_a_stage_that_is_gone_is_read_where_the_stage_ran_before() -> None:
    memo = Memo()

    def run(yaml: bytes, value: str):
        outs = [{"path": "../out/m", "hash": "md5", "md5": value, "size": 1}]
        lock = dumped({"train": {"cmd": "train", "outs": outs}}).encode()
        return read_project("", yaml, lock, lambda path: None, "", memo).runs[0]

    declared = run(b"stages: {train: {cmd: train, wdir: sub, outs: [../out/m]}}", MD5)
    later = run(b"stages: {}", "1" * 32)
    assert (declared.directory, declared.placed, declared.outs[0].path) == ("sub", True, "out/m")
    assert (later.directory, later.placed, later.declared, later.outs[0].path) == ("sub", False, False, "out/m")
    assert not later.outs[0].outside
