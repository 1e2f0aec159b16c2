"""``.dvc`` files of every generation, and what is wrong with some of them."""

import pytest
from dvc_data.hashfile.tree import Tree
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.model import FindingKind
from forensics_connectors.dvc.documents import Document, Item, Upstream
from forensics_connectors.dvc.grammar import parse_tracked
from forensics_connectors.dvc.items import resolve, text
from forensics_connectors.dvc.stagefile import read_stage_file
from forensics_connectors.dvc.yaml import load

MD5 = "22e3f61e52c0ba45334d973244efc155"


def read(text: str, path: str = "docs/x.dvc", root: str = "") -> Document:
    return read_stage_file(path, text.encode(), root)


def only(text: str, path: str = "docs/x.dvc"):
    document = read(text, path)
    (entry,) = (*document.tracked, *document.runs)
    return entry


def test_data():
    entry = only(
        f"outs:\n- md5: {MD5}.dir\n  size: 64128504\n  nfiles: 2800\n  hash: md5\n  path: cats-dogs\n"
        "  remote: docs/dvc\n"
        "meta: {source: {url: https://example.com}}\ndesc: pets\n"
    )
    (out,) = entry.outs
    assert (out.path, str(out.digest), out.size, out.nfiles) == ("docs/cats-dogs", f"md5:{MD5}.dir", 64128504, 2800)
    assert (out.remote, out.cached, out.role) == ("docs/dvc", True, "out")
    assert entry.meta == '{"desc":"pets","meta":{"source":{"url":"https://example.com"}}}'


def test_a_legacy_digest_is_of_another_algorithm():
    assert str(only(f"outs:\n- md5: {MD5}\n  path: x\n").outs[0].digest) == f"md5-dos2unix:{MD5}"


@pytest.mark.parametrize(
    ("written", "digest"),
    [
        (MD5.upper(), f"md5:{MD5}"),
        ("0" * 32, "md5:" + "0" * 32),
        ("1" * 32, "md5:" + "1" * 32),
        ("''", "None"),
        ("", "None"),
    ],
)
def test_a_digest_is_text_in_lower_case(written, digest):
    document = read(f"outs:\n- md5: {written}\n  hash: md5\n  path: x\n")
    assert str(document.tracked[0].outs[0].digest) == digest
    assert document.problems == ()


def test_what_is_no_digest_is_reported_and_the_output_kept():
    document = read("outs:\n- md5: ../../etc\n  hash: md5\n  path: x\n- md5: abc\n  hash: sha256\n  path: y\n")
    assert [out.digest for out in document.tracked[0].outs] == [None, None]
    assert [problem.kind for problem in document.problems] == [FindingKind.BAD_DIGEST] * 2


def test_a_legacy_stage_is_a_run():
    run = only(
        "md5: 339f104d210df5d14e4ec08fc66ae0f8\ncmd: asv run\nwdir: ../..\nlocked: true\n"
        f"deps:\n- md5: 9531dcc1c1aa3feb29c21b152f2b4a5c\n  path: hashes.txt\n- path: p.yaml\n  params: {{lr: 1e-3}}\n"
        "- params: {seed: 7}\n"
        "outs:\n- md5: ff0997eaf0ead61cbee708dfb5c27718.dir\n  path: results\n  cache: true\n  metric: false\n"
        "  persist: true\n"
        f"- md5: {MD5}\n  path: scores.json\n  cache: false\n  metric: {{type: json}}\n",
        "a/b/Dvcfile",
    )
    assert (run.name, run.directory, run.command, run.frozen, run.placed) == ("Dvcfile", "", "asv run", True, True)
    assert [dep.path for dep in run.deps] == ["hashes.txt"]
    assert run.params == (("p.yaml", "lr", "0.001"), ("params.yaml", "seed", "7"))
    assert [(out.path, out.role, out.cached, out.persist) for out in run.outs] == [
        ("results", "out", True, True),
        ("scores.json", "metric", False, False),
    ]


def test_the_earliest_data_file_names_no_command():
    entry = only(f"cmd: null\ndeps: []\nouts:\n- md5: {MD5}\n  path: data.xml\n  cache: true\n")
    assert [out.path for out in entry.outs] == ["docs/data.xml"]


def test_an_import_names_what_was_taken_from_where():
    entry = only(
        "frozen: true\ndeps:\n- path: data/report\n  repo:\n    url: https://me:secret@github.com/example/pings\n"
        f"    rev: v1\n    rev_lock: {'6' * 40}\nouts:\n- md5: {MD5}.dir\n  path: complete\n"
    )
    (dep,) = entry.deps
    assert entry.frozen
    assert dep.upstream == Upstream("https://github.com/example/pings", "v1", "6" * 40, "data/report")
    assert (dep.path, dep.external) == ("https://github.com/example/pings#data/report", True)


def test_an_import_from_an_url_keeps_the_entity_tag():
    text = "deps:\n- {key}: '\"18e0884-3E\"'\n  size: 26\n  path: http://example.com/BX.zip\nouts:\n- path: BX.zip\n"
    for key in ("etag", "checksum"):
        entry = only(text.replace("{key}", key))
        (dep,) = entry.deps
        assert (dep.path, str(dep.digest), dep.external) == ("http://example.com/BX.zip", f'{key}:"18e0884-3E"', True)
        assert entry.outs[0].digest is None


def test_an_import_from_a_database_is_named_by_its_query():
    entry = only("deps:\n- db: {connection: c, query: select 1, file_format: csv}\nouts:\n- path: x.csv\n")
    assert (entry.deps[0].path, entry.deps[0].external, entry.deps[0].digest) == ("db:select 1", True, None)


ENTRIES = st.dictionaries(
    st.text(alphabet="ab/.é", min_size=1, max_size=8),
    st.text(alphabet="0123456789abcdef", min_size=32, max_size=32),
    min_size=1,
)


@given(ENTRIES)
@settings(deadline=None, max_examples=50)
def test_a_directory_recorded_file_by_file_has_the_digest_that_dvc_computes(entries):
    files = [{"relpath": name, "md5": md5, "size": 2} for name, md5 in entries.items()]
    tree = Tree.from_list([dict(file) for file in files], hash_name="md5")
    tree.digest()
    rows = "".join(f'  - relpath: "{file["relpath"]}"\n    md5: "{file["md5"]}"\n    size: 2\n' for file in files)
    (out,) = only(f"outs:\n- hash: md5\n  path: imgs\n  files:\n{rows}").outs
    assert out.digest.value == tree.hash_info.value
    assert (out.size, out.nfiles, len(out.files)) == (2 * len(files), len(files), len(files))


def test_a_cloud_version_is_kept():
    (out,) = only(
        f"outs:\n- hash: md5\n  md5: {MD5}\n  path: x\n  cloud: {{s3r: {{etag: E1, version_id: v-1}}}}\n"
    ).outs
    assert (str(out.digest), out.version_id, out.remote) == (f"md5:{MD5}", "v-1", "s3r")
    (dep,) = only(
        "deps:\n- path: s3://b/d\n  files:\n  - {relpath: f, etag: E2, size: 3, version_id: v}\nouts:\n- path: d\n"
    ).deps
    assert [(name, str(digest), size) for name, digest, size in dep.files] == [("f", "etag:E2", 3)]
    assert not dep.digest.is_content_hash


@pytest.mark.parametrize(
    "path", ["/abs/x", "C:\\data\\x", "c:/x", "s3://b/x", "remote://r/x", "pgstat://x", "ds://x", "\\\\srv\\x"]
)
def test_names_beyond_the_repository_are_opaque(path):
    assert resolve(path, "a/b") == (path, True, False)


@pytest.mark.parametrize(
    ("path", "directory", "resolved", "outside"),
    [
        ("x", "", "x", False),
        ("../x/", "a", "x", False),
        ("../../x", "a", "../x", True),
        ("..x", "", "..x", False),
        ("..", "a", ".", False),
        ("data\\raw.csv", "a", "a/data/raw.csv", False),
        ("a//b/./c", "", "a/b/c", False),
    ],
)
def test_relative_paths_are_resolved_lexically(path, directory, resolved, outside):
    assert resolve(path, directory) == (resolved, False, outside)


def test_passwords_are_cut_out_of_urls():
    assert resolve("https://token@example.com/x", "")[0] == "https://example.com/x"
    assert resolve("ssh://me:pw@example.com/x", "")[0] == "ssh://example.com/x"
    assert resolve("ssh://me@example.com/x", "")[0] == "ssh://me@example.com/x"


def test_what_leaves_the_repository_is_reported():
    document = read(f"wdir: ../../up\nouts:\n- md5: {MD5}\n  path: x\n")
    assert document.tracked[0].outs == (
        Item("../up/x", document.tracked[0].outs[0].digest, outside=True, cached=True, role="out"),
    )
    assert {problem.kind for problem in document.problems} == {FindingKind.OUTSIDE}


def test_both_sides_of_a_conflict_are_read():
    other = "f" * 32
    document = read(f"outs:\n<<<<<<< HEAD\n- md5: {MD5}\n=======\n- md5: {other}\n>>>>>>> branch\n  path: x\n")
    assert [entry.outs[0].digest.value for entry in document.tracked] == [MD5, other]
    assert [(problem.kind, problem.admits) for problem in document.problems] == [(FindingKind.CONFLICT, True)]


@pytest.mark.parametrize(
    ("text", "kind", "admits"),
    [
        ("outs:\n- path: {{cookiecutter.name}}\n", FindingKind.TEMPLATE, False),
        (f"outs:\n- path: '{{{{cookiecutter.name}}}}'\n  md5: {MD5}\n", FindingKind.TEMPLATE, False),
        (f"outs:\n- md5: {MD5}\n  md5: {MD5}\n  path: x\n", FindingKind.DUPLICATE_KEY, True),
        ("outs: &a\n- path: x\ndeps: *a\n", FindingKind.UNREADABLE, True),
        ("[" * 100_000, FindingKind.TOO_LARGE, True),
        ("outs: text\n", FindingKind.UNREADABLE, True),
        ("outs:\n- text\n", FindingKind.UNREADABLE, True),
        ("outs:\n- md5: x\n", FindingKind.UNREADABLE, True),
        ("- a\n", FindingKind.UNREADABLE, True),
        ("../target of a link", FindingKind.UNREADABLE, True),
    ],
)
def test_what_cannot_be_read_is_a_problem(text, kind, admits):
    assert (kind, admits) in {(problem.kind, problem.admits) for problem in read(text).problems}


def test_an_empty_file_says_nothing():
    assert read("") == Document()


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_no_bytes_raise(data):
    read_stage_file("x.dvc", data, "")


CANONICAL = (
    f"outs:\n- md5: {MD5}.dir\n  size: 64128504\n  nfiles: 2800\n  hash: md5\n  path: cats-dogs\n"
    f"- md5: {MD5}\n  isexec: true\n  path: '01'\n- md5: {MD5}\n  size: 3\n  path: a b/c.txt\n"
)
PIECES = [
    *"\n :#'\"&*{}[]|>%@`!?,~-<=\\\tx1é",
    "\n  ",
    ": ",
    " #",
    "- ",
    "\n- ",
    "\n\n",
    "null",
    "'",
    "md5: ",
    "path: ",
    "...",
]


def test_a_file_as_dvc_writes_it_needs_no_yaml():
    assert parse_tracked(CANONICAL) == load(CANONICAL, [])


@given(st.lists(st.tuples(st.integers(0, len(CANONICAL)), st.integers(0, 12), st.sampled_from(PIECES)), max_size=4))
@settings(deadline=None, max_examples=500)
def test_a_damaged_file_reads_alike_with_and_without_yaml(damages):
    content = CANONICAL
    for position, length, piece in damages:
        content = content[:position] + piece + content[position + length :]
    fast, problems = parse_tracked(content), []
    if fast is not None:
        slow = load(content, problems)
        assert fast == slow
        assert not problems
        assert [text(out["path"]) for out in fast["outs"]] == [text(out["path"]) for out in slow["outs"]]
