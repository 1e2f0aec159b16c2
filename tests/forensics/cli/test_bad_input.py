"""Bad input, by real files and processes: one clear error with its hint, the right exit code, and nothing is lost."""

import ctypes
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.case import Case
from forensics.case.database import SCHEMA_VERSION
from forensics.errors import SourceError
from forensics.model import Record, Source
from forensics_connectors import contract
from tests.support.gitrepo import GitRepo, snapshot

MD5 = "0123456789abcdef0123456789abcdef"
CONNECTORS = contract.connectors
PROGRAM = [sys.executable, "-c", "import sys; from forensics.cli import main; sys.exit(main())"]


def tracked(value: str = MD5, path: str = "data.csv") -> str:
    return f"outs:\n- md5: {value}\n  size: 3\n  hash: md5\n  path: {path}\n"


class Breaking:
    """A third party's connector whose source can be found but not read."""

    kind, rank = "breaking", 0

    def discover(self, locator: str) -> Source | None:
        return Source("breaking", locator, locator, ("f",)) if locator == "breaking" else None

    def read(self, source: Source) -> Iterator[Record]:
        raise SourceError(f"{source.locator} went away", hint="bring it back")
        yield


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    """A repository with a file that DVC tracks and one that git does."""
    repo = GitRepo(tmp_path / "repo")
    repo.commit(**{".dvc/config": "", "data.csv.dvc": tracked(), "notes.txt": "first"})
    return repo


def refused(ended, *said: str) -> None:
    """One error, one hint, exit code 2, and nothing on stdout."""
    assert ended.code == 2, ended.err
    assert [line.split(":")[0] for line in ended.err.splitlines()] == ["error", "hint"], ended.err
    assert ended.out == ""
    for text in said:
        assert text in ended.err


class TestSources:
    def test_without_dvc_git_history_alone_is_read_and_that_is_said(self, forensics, tmp_path):
        GitRepo(tmp_path / "plain").commit(file="text")
        ended = forensics("ingest", "plain")
        assert ended.code == 0
        assert "1 no-metadata" in ended.out
        assert forensics("blame", "file").code == 0

    @pytest.mark.parametrize("make", ["nothing", "folder", "file", "text", "pipe", "file in a repository"])
    def test_what_is_no_repository_is_named(self, forensics, repo, tmp_path, make):
        place = tmp_path / "place"
        if make == "folder":
            place.mkdir()
        elif make in {"file", "text"}:
            place.write_bytes(b"\0\xff" if make == "file" else b"gitdir: nowhere\n")
        elif make == "pipe":
            os.mkfifo(place)
        elif make == "file in a repository":
            place = repo.path / "notes.txt"
        refused(forensics("ingest", place), str(place), "name a git repository")
        assert not (tmp_path / "case.duckdb").exists()

    def test_a_git_file_that_leads_nowhere_is_said_to(self, forensics, tmp_path):
        (tmp_path / "place").mkdir()
        (tmp_path / "place" / ".git").write_text("gitdir: ../gone\n", encoding="utf-8")
        refused(forensics("ingest", "place"), "gone")

    def test_a_repository_without_commits_is_said_to_be_empty(self, forensics, tmp_path):
        GitRepo(tmp_path / "new")
        refused(forensics("ingest", "new"), "no commits yet", "commit something")
        assert not (tmp_path / "case.duckdb").exists()

    @pytest.mark.parametrize("head", ["detached", "unborn"])
    def test_a_detached_or_unborn_head_is_no_obstacle(self, forensics, repo, head):
        first = repo.oid()
        repo.commit(**{"data.csv.dvc": tracked("f" * 32)})
        repo.git(*(("checkout", "-q", first) if head == "detached" else ("checkout", "-q", "--orphan", "fresh")))
        assert forensics("ingest", "repo").code == 0
        assert first in forensics("blame", f"md5:{MD5}").out
        assert forensics("blame", "data.csv@main").code == 0
        if head == "detached":
            assert first in forensics("blame", "data.csv@HEAD").out
        else:
            refused(forensics("blame", "data.csv@HEAD"), "data.csv@HEAD")

    @pytest.mark.parametrize("broken", ["blob", "tree", "commit"])
    @pytest.mark.parametrize("how", ["damaged", "missing"])
    def test_a_corrupt_object_is_a_finding_and_the_rest_is_read(self, forensics, repo, broken, how):
        repo.commit(**{"data.csv.dvc": tracked("e" * 32)})
        middle = repo.oid()
        repo.commit(**{"data.csv.dvc": tracked("f" * 32)})
        oid = {"blob": f"{middle}:data.csv.dvc", "tree": f"{middle}^{{tree}}", "commit": middle}[broken]
        place = repo.loose(repo.oid(oid))
        place.chmod(0o644)
        if how == "damaged":
            place.write_bytes(b"junk")
        else:
            place.unlink()
        before = snapshot(repo.path)
        ended = forensics("ingest", "repo")
        assert (ended.code, ended.err.count("error:")) == (3, 0), ended.err
        assert "could hide lineage" in ended.out
        assert "NOT READ: " in forensics("sources").out
        answer = forensics("blame", f"md5:{'f' * 32}")
        assert answer.code in {0, 3}
        assert repo.oid() in answer.out
        assert snapshot(repo.path) == before

    def test_of_two_sources_the_first_stays_and_is_reported(self, forensics, repo, monkeypatch):
        monkeypatch.setattr(contract, "connectors", lambda: [*CONNECTORS(), Breaking()])
        ended = forensics("ingest", "repo", "breaking")
        assert ended.code == 2
        assert "repo" in ended.out
        assert "error: breaking went away" in ended.err
        assert forensics("blame", f"md5:{MD5}").code == 0
        assert forensics("sources", "-q").out.count("/repo\n") == 1


class TestSubjects:
    def test_a_path_that_is_not_there_is_an_error(self, forensics, repo):
        forensics("ingest", "repo")
        for question in ("blame", "log", "trace", "show", "blast-radius"):
            refused(forensics(question, "no/such/file"), "no/such/file")
        forensics("mark", "add", "bad", "data.csv", "--reason", "odd", "--author", "ann@example.com")
        refused(forensics("rollback", "no/such/file"), "no/such/file")
        refused(forensics("blame", "file:./no-such-file"), "no-such-file")

    def test_a_near_miss_names_what_there_is(self, forensics, repo):
        forensics("ingest", "repo")
        refused(forensics("blame", "data.cvs"), "did you mean data.csv")

    def test_an_ambiguous_subject_lists_what_to_type(self, forensics, repo, tmp_path):
        other = GitRepo(tmp_path / "other")
        other.commit(**{".dvc/config": "", "data.csv.dvc": tracked("d" * 32)})
        forensics("ingest", "repo", "other")
        ended = forensics("blame", "data.csv")
        assert ended.code == 2
        assert ended.err.startswith("error: data.csv")
        candidates = [line.strip() for line in ended.err.splitlines() if not line.startswith(("error", "hint"))]
        assert len(candidates) == 2
        assert all(forensics("blame", candidate).code == 0 for candidate in candidates)


class TestCases:
    @pytest.fixture
    def filled(self, forensics, repo, tmp_path) -> Path:
        assert forensics("ingest", "repo").code == 0
        return tmp_path / "case.duckdb"

    def test_a_case_of_a_newer_program_is_left_alone(self, forensics, filled):
        with Case.open(filled, write=True) as case:
            newer = SCHEMA_VERSION + 1
            case.rows("UPDATE meta SET value = ? WHERE key = 'schema_version'", [str(newer)])
        before = filled.read_bytes()
        for words in (["sources"], ["ingest", "repo"], ["mark", "list"]):
            refused(forensics(*words), f"schema {newer}", "newer one")
        assert filled.read_bytes() == before

    def test_a_case_that_another_process_writes_is_not_waited_for(self, filled, process):
        with Case.open(filled, write=True):
            for words in (["sources"], ["ingest", "repo"]):
                ended = process(*words)
                out, err = ended.communicate(timeout=60)
                assert (ended.returncode, out) == (2, b"")
                assert b"is being written by another process" in err
                assert b"hint: wait" in err
        ended = process("blame", f"md5:{MD5}")
        assert ended.wait(60) == 0
        ended.communicate()

    @pytest.mark.parametrize("what", ["folder", "pipe"])
    def test_what_is_no_file_is_no_case(self, forensics, repo, tmp_path, what):
        place = tmp_path / "place"
        os.mkfifo(place) if what == "pipe" else place.mkdir()
        for words in (["sources"], ["ingest", repo.path]):
            refused(forensics("--case", place, *words), "place is no file")

    @pytest.mark.parametrize("room", [16_384, 400_000])
    def test_on_a_full_disk_the_case_stays_as_it_was(self, filled, repo, room):
        with Case.open(filled) as case:
            before = case.rows("SELECT * FROM versions ORDER BY ALL")
        repo.commit(**{f"{number}.dvc": tracked(f"{number:032x}", f"{number}") for number in range(3_000)})
        ended = limited(room, "ingest", str(repo.path), "--case", str(filled))
        assert ended.returncode == 2
        assert [line.split(":")[0] for line in ended.stderr.splitlines()] == ["error", "hint"], ended.stderr
        assert "could not be written; the case is as it was before" in ended.stderr or "no room" in ended.stderr
        with Case.open(filled) as case:
            assert case.rows("SELECT * FROM versions ORDER BY ALL") == before
        assert sorted(path.name for path in filled.parent.glob("case.duckdb*.new")) == []

    def test_on_a_full_disk_no_half_made_case_is_left(self, repo, tmp_path):
        ended = limited(4096, "ingest", str(repo.path), "--case", str(tmp_path / "new.duckdb"))
        assert ended.returncode == 2
        assert [line.split(":")[0] for line in ended.stderr.splitlines()] == ["error", "hint"]
        assert not list(tmp_path.glob("new.duckdb*"))


def limited(size: int, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line where no file may grow beyond a size, as on a disk that is full."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return subprocess.run(
        [*PROGRAM, *words], env=environment(), preexec_fn=limit, capture_output=True, text=True, check=False
    )


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"}


def mortal() -> None:
    """Takes from root what lets it pass over permissions (CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH)."""
    if os.geteuid() == 0:
        for capability in (1, 2):
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


class TestPermissions:
    """What a user may not read or write."""

    @pytest.fixture
    def place(self, repo, forensics) -> Iterator[Path]:
        """A folder that all may read, with a repository and a case in it."""
        folder = Path(tempfile.mkdtemp(prefix="permissions-"))
        shutil.copytree(repo.path, folder / "repo")
        assert forensics("ingest", folder / "repo", "--case", folder / "case.duckdb").code == 0
        for path in [folder, *folder.rglob("*")]:
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod((mode | 0o555 if path.is_dir() else mode | 0o444) & ~0o222)
        yield folder
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755)
        shutil.rmtree(folder)

    def run(self, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *words],
            cwd=folder, env=environment(), preexec_fn=mortal, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def test_questions_answer_where_nothing_can_be_written(self, place):
        before = snapshot(place)
        ended = self.run(place, "blast-radius", "data.csv", "-q")
        assert ended.returncode == 0, ended.stderr
        assert MD5 in ended.stdout
        assert snapshot(place) == before

    @pytest.mark.parametrize(
        "words",
        [
            ["ingest", "repo", "--case", "new.duckdb"],
            ["ingest", "repo"],
            ["mark", "add", "bad", "data.csv", "--reason", "odd", "--author", "ann@example.com"],
        ],
    )
    def test_what_would_write_says_that_it_may_not(self, place, words):
        before = snapshot(place)
        ended = self.run(place, *words)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert [line.split(":")[0] for line in ended.stderr.splitlines()] == ["error", "hint"]
        assert "no permission for the case" in ended.stderr
        assert snapshot(place) == before

    def test_a_case_that_may_not_be_read_is_told_from_a_damaged_one(self, place):
        (place / "case.duckdb").chmod(0)
        ended = self.run(place, "sources")
        assert ended.returncode == 2
        assert "no permission for the case" in ended.stderr

    @pytest.mark.parametrize("part", ["repo", "repo/.git/objects"])
    def test_a_repository_that_may_not_be_read_is_said_to_be(self, place, part):
        (place / part).chmod(0)
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o777)
            ended = self.run(place, "ingest", "repo", "--case", f"{folder}/case.duckdb")
        assert ended.returncode == 2
        assert [line.split(":")[0] for line in ended.stderr.splitlines()] == ["error", "hint"], ended.stderr
        assert "ermission" in ended.stderr

    @pytest.mark.parametrize("what", ["file", "folder that is closed"])
    def test_a_sidecar_that_cannot_be_written_or_read_does_not_matter(self, forensics, repo, tmp_path, what):
        forensics("ingest", "repo")
        sidecar = tmp_path / "case.duckdb.graph"
        shutil.rmtree(sidecar, ignore_errors=True)
        if what == "file":
            sidecar.write_text("in the way", encoding="utf-8")
        else:
            sidecar.mkdir(mode=0o500)
            (sidecar / "graph.csr").mkdir()
        for _ in range(2):
            ended = forensics("blast-radius", "data.csv", "-q")
            assert ended.code == 0, ended.err
            assert MD5 in ended.out


class TestTheOptionBeforeTheCommand:
    def test_the_case_may_be_named_first(self, forensics, repo, tmp_path):
        assert forensics("--case", "elsewhere.duckdb", "ingest", "repo").code == 0
        assert (tmp_path / "elsewhere.duckdb").exists()
        assert not (tmp_path / "case.duckdb").exists()
        assert MD5 in forensics("--case", "elsewhere.duckdb", "blame", "data.csv").out
        assert forensics("--case", "elsewhere.duckdb", "mark", "list").code == 0

    def test_the_commands_own_option_counts_over_it(self, forensics, repo):
        forensics("ingest", "repo", "--case", "one.duckdb")
        assert forensics("--case", "nowhere.duckdb", "sources", "--case", "one.duckdb").code == 0
        assert forensics("--case", "nowhere.duckdb", "sources").code == 2

    def test_it_counts_over_the_environment(self, forensics, repo, monkeypatch):
        monkeypatch.setenv("FORENSICS_CASE", "nowhere.duckdb")
        assert forensics("--case", "one.duckdb", "ingest", "repo").code == 0
        assert forensics("--case", "one.duckdb", "sources").code == 0


class TestScript:
    @pytest.fixture
    def marked(self, forensics, repo) -> None:
        repo.commit(**{"notes.txt": "second"})
        forensics("ingest", "repo")
        forensics("mark", "add", "bad", "notes.txt@HEAD", "--reason", "odd", "--author", "ann@example.com")

    @pytest.mark.usefixtures("marked")
    def test_a_script_can_be_started_by_its_name(self, forensics, tmp_path):
        assert forensics("rollback", "notes.txt", "--script", "go.sh").code == 0
        text = (tmp_path / "go.sh").read_text(encoding="utf-8")
        assert text.startswith("#!/bin/sh\n")
        assert "\nset -eu\n" in text
        (tmp_path / "out").mkdir()
        subprocess.run([tmp_path / "go.sh"], cwd=tmp_path / "out", check=True, capture_output=True)
        assert (tmp_path / "out" / "notes.txt").read_text(encoding="utf-8") == "first"

    @pytest.mark.usefixtures("marked")
    def test_a_dash_is_stdout_and_the_script_alone(self, forensics, tmp_path):
        ended = forensics("rollback", "notes.txt", "--script", "-")
        assert ended.code == 0
        assert ended.out.startswith("#!/bin/sh\n")
        (tmp_path / "out").mkdir()
        subprocess.run(["sh"], input=ended.out, text=True, cwd=tmp_path / "out", check=True, capture_output=True)
        assert (tmp_path / "out" / "notes.txt").read_text(encoding="utf-8") == "first"

    @pytest.mark.usefixtures("marked")
    def test_a_script_that_cannot_be_written_is_an_error(self, forensics):
        ended = forensics("rollback", "notes.txt", "--script", "no/such/folder/go.sh")
        assert ended.code == 2
        assert "no/such/folder" in ended.err
