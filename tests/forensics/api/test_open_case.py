"""A case in Python: the methods of the commands, who may have the file open, and what goes wrong."""

import inspect
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

import forensics
from forensics.case import Case
from forensics.cli.group import COMMANDS, SETTINGS, cli
from forensics.report.schema import ROWS
from tests.forensics.api.conftest import HOSTILE, TOY
from tests.support.gitrepo import GitRepo

#: Commands that ask nothing of a case.
_OTHERS = {"demo", "help", "keygen"}
#: Options of how an answer is written.
_WRITING = {"case", "quiet", "color", "debug", "form", "output", "limit", "script"}


def commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(cli, info_name="forensics", **SETTINGS)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from ((f"{name}-{part}", inner) for part, inner in command.commands.items())
        elif name not in _OTHERS:
            yield name, command


QUESTIONS = dict(commands())


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_command_that_asks_is_a_method_with_the_same_arguments(name: str) -> None:
    method = getattr(forensics.OpenCase, name.replace("-", "_"))
    found = list(inspect.signature(method).parameters.values())[1:]
    # One argument may have several options, each a value of it.
    options = [option for option in QUESTIONS[name].params if not getattr(option, "hidden", False)]
    wanted = list({option.name: option for option in options if option.name not in _WRITING}.values())
    names = [{option.name, *(flag.lstrip("-").replace("-", "_") for flag in option.opts)} for option in wanted]
    for parameter in found:
        fits = [option for option, known in zip(wanted, names, strict=True) if parameter.name in known]
        assert len(fits) == 1, f"{name} has no {parameter.name}"
        assert (parameter.kind is inspect.Parameter.VAR_POSITIONAL) is (fits[0].nargs == -1)
    assert len(found) == len(wanted)


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_method_says_what_it_returns(name: str) -> None:
    method = getattr(forensics.OpenCase, name.replace("-", "_"))
    assert "Result[" in inspect.signature(method).return_annotation
    assert inspect.getdoc(method)


def test_questions_answer_as_the_commands_do(case: forensics.OpenCase) -> None:
    case.mark_add("bad", f"raw/{HOSTILE}@{TOY.oid(1)}", reason="flipped", author="ann@example.com")
    affected = case.blast_radius()
    assert {(row.thing.path, row.verdict) for row in affected} >= {("model", "affected"), ("raw", "affected")}
    assert [row.thing.digest for row in case.rollback("model")] == [TOY.version(0, "model").digest.__str__()]
    assert [row.state for row in case.mark_list()] == ["bad"]
    assert case.gate("fraud#prod")[0].tripped
    assert case.diff("fraud@v1", "fraud@v2")[0].file == HOSTILE
    assert case.sql("SELECT count(*) AS n FROM releases")[0].n == 2
    assert case.mark_withdraw(1, reason="mistaken")[0].withdrawn_because == "mistaken"
    assert case.journal()[-1].action


def test_sources_are_read_into_a_new_case(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    repo.commit("first", data__csv="one\n")
    with forensics.open(tmp_path / "new.duckdb", new=True) as case:
        assert [row.name for row in case.ingest(repo.path)] == ["repo"]
        assert case.ingest(repo.path)[0].unchanged
        assert [row.source for row in case.sources()] == ["repo"] * 2
        assert case.find("data").answer.question == "find"


def test_what_is_written_stands_in_the_journal_as_a_call(case: forensics.OpenCase) -> None:
    case.observe("fraud@v2", "bad", by="ann@example.com", why="misses fraud")
    assert "forensics.open observe fraud@v2 bad" in case.journal()[-1].command
    assert case.observe("list")[0].state == "bad"


def test_one_text_is_as_good_as_several(case: forensics.OpenCase) -> None:
    assert case.what_if(bad="raw@fraud@v2").rows == case.what_if(bad=["raw@fraud@v2"]).rows
    one, several = (case.blast_radius("raw@fraud@v2", models=models).rows for models in ("raw", ["raw"]))
    assert one == several != case.blast_radius("raw@fraud@v2").rows


def test_any_question_can_be_asked(case: forensics.OpenCase) -> None:
    from forensics_queries.log import log

    assert case.ask(log, "model").rows == case.log("model").rows


def test_the_file_is_free_between_questions(case: forensics.OpenCase) -> None:
    again = forensics.open(case.file)
    assert case.releases().rows == again.releases().rows
    again.mark_add("suspect", "model@fraud@v1", reason="odd", author="ann@example.com")
    assert len(case.mark_list()) == 1


@contextmanager
def another_process(file: Path, *, write: bool) -> Iterator[None]:
    program = (
        f"import sys; from forensics.case import Case\n"
        f"with Case.open({str(file)!r}, write={write}): print('open', flush=True); sys.stdin.read()"
    )
    started = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert started.stdout is not None
        assert started.stdout.readline() == "open\n"
        yield
    finally:
        started.communicate("", timeout=30)


def test_two_processes_can_read_at_once(case: forensics.OpenCase) -> None:
    with another_process(case.file, write=False):
        assert len(case.releases()) == 2


def test_a_reader_is_told_that_another_process_writes(case: forensics.OpenCase) -> None:
    with another_process(case.file, write=True):
        started = time.perf_counter()
        with pytest.raises(forensics.CaseError, match="being written by another process") as refused:
            case.releases()
        assert refused.value.hint
        with pytest.raises(forensics.CaseError, match="another process"):
            forensics.open(case.file)
        assert time.perf_counter() - started < 5
    assert len(case.releases()) == 2


def test_what_is_open_in_this_process_is_not_written(case: forensics.OpenCase) -> None:
    with Case.open(case.file):
        assert len(case.releases()) == 2
        with pytest.raises(forensics.CaseError, match="is open in this process"):
            case.mark_add("bad", "raw", reason="odd")


def test_a_case_that_is_not_there_is_refused_when_it_is_opened(tmp_path: Path) -> None:
    with pytest.raises(forensics.CaseError, match="no case at") as refused:
        forensics.open(tmp_path / "none.duckdb")
    assert "ingest" in refused.value.hint


def test_a_closed_case_answers_no_more(case: forensics.OpenCase) -> None:
    with case as opened:
        assert len(opened.releases()) == 2
    with pytest.raises(forensics.CaseError, match="was closed"):
        case.releases()


def test_an_unclear_subject_is_refused_with_a_hint(case: forensics.OpenCase) -> None:
    with pytest.raises(forensics.UsageError, match="nothing in the case is called") as refused:
        case.blame("nowhere.csv")
    assert refused.value.hint


def test_the_package_offers_what_it_lists_and_imports_it_late() -> None:
    for name in forensics.__all__:
        assert getattr(forensics, name) is not None
    with pytest.raises(AttributeError):
        forensics.nothing  # noqa: B018
    program = "import sys, forensics; print({'duckdb', 'numpy', 'forensics.api', 'click'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_every_question_has_a_schema() -> None:
    asked = {name for name in QUESTIONS if name != "report"}
    assert asked <= set(ROWS)


def test_names_of_the_package_can_be_completed() -> None:
    assert set(forensics.__all__) <= set(dir(forensics))
