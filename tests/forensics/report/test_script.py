"""The restore script: what a shell would run, and what it would not."""

import subprocess
from dataclasses import replace
from shlex import quote

import pytest

from forensics.answer import Answer, Coverage, Thing
from forensics.report.script import script
from forensics_queries.plan import PlanStep
from forensics_queries.rollback import Target

MODEL = Thing(1, "version", "models/m.json", "node:1", "repo", "models/m.json", "md5:" + "1" * 32)
TARGET = Target("restore", "models/m.json", MODEL, (), "c" * 40, 1, "present", "", "", ("touch restored",), (), ())


def written(*rows):
    return script(Answer("rollback", {}, rows, Coverage()))


def run(text, folder):
    return subprocess.run(["/bin/sh", "-c", text], cwd=folder, capture_output=True, text=True, check=False)


def test_the_commands_are_run_in_order_up_to_the_first_that_fails(tmp_path):
    assert run(written(replace(TARGET, commands=("touch a", "false", "touch b"))), tmp_path).returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_of_several_targets_for_one_artifact_only_the_first_is_live(tmp_path):
    other = replace(TARGET, commands=("touch other",))
    assert run(written(TARGET, other), tmp_path).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["restored"]
    assert "# or: touch other" in written(TARGET, other)


def test_the_same_path_in_another_source_is_another_artifact():
    other = replace(TARGET, thing=replace(MODEL, source="second"))
    assert "# or:" not in written(TARGET, other)


def test_what_is_kept_needs_no_command():
    assert "touch" not in written(replace(TARGET, outcome="keep"))


@pytest.mark.parametrize(
    "name", ["x\ntouch planted", "x\rtouch planted", "$(touch planted)", "`touch planted`", "x' ; touch planted '"]
)
def test_a_name_from_a_source_runs_nothing(tmp_path, name):
    thing = replace(MODEL, title=name, digest=name)
    plan = (PlanStep("replace", thing, None, ()),)
    rebuild = replace(TARGET, outcome="rebuild", artifact=name, thing=thing, bytes=name, commands=(), plan=plan)
    restore = replace(TARGET, artifact=name, thing=thing, commands=(f"true {quote(name)}",))
    run(written(restore, restore, rebuild), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_rebuild_stops_where_a_person_has_to_supply_a_clean_input(tmp_path):
    steps = (PlanStep("replace", MODEL, None, ()), PlanStep("run", MODEL, None, ("touch built",)))
    ended = run(written(replace(TARGET, outcome="rebuild", commands=(), plan=steps)), tmp_path)
    assert ended.returncode == 1
    assert "no clean version of models/m.json is on record" in ended.stderr
    assert list(tmp_path.iterdir()) == []
