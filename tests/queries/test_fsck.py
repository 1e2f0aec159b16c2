"""``fsck``: real stores that somebody changed, and what the case keeps of it."""

import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forensics.answer import Thing
from forensics.case import Case
from forensics.digest import Digest
from forensics.errors import UsageError
from forensics.model import Rehashed, Stored
from forensics.report.incident import incident, render
from forensics_connectors.contract import find_connector
from forensics_connectors.dvc.hashing import file_digests
from forensics_connectors.dvc.stored import rehash, stored_files
from forensics_queries.fsck import Checked, fsck
from forensics_queries.localized import Asked
from forensics_queries.marks import add_mark
from forensics_queries.releases import releases
from forensics_queries.subject import resolve
from forensics_queries.suspects import suspects
from forensics_queries.things import things
from tests.support.dvcrepo import DvcRepo

if TYPE_CHECKING:
    from sample_repos.fraud import FraudSample


def check(case: Case, *sources: str, **more: object):
    return fsck(case, sources, list_files=stored_files, rehash=more.pop("rehash", rehash), **more)


def case_on(folder: Path, locator: Path) -> Case:
    case = Case.open(folder / "case.duckdb", write=True, new=True)
    connector, source = find_connector(str(locator))
    case.ingest(source, connector.read(source), connector=connector.kind)
    return case


@pytest.fixture
def sample_case(fraud_copy: "FraudSample", tmp_path: Path) -> Iterator[Case]:
    with case_on(tmp_path, fraud_copy.repository) as case:
        yield case


def object_of(case: Case, store: Path, subject: str) -> Path:
    """The file of the bytes that a subject means."""
    for thing in things(case, resolve(case, subject).nodes).values():
        digest = Digest.parse(thing.digest)
        for layout in ("files/md5", ""):
            path = store / layout / digest.value[:2] / digest.value[2:]
            if path.exists():
                return path
    raise AssertionError(subject)


def overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def by_state(rows: Iterable[Checked]) -> dict[str, list[Checked]]:
    found: dict[str, list[Checked]] = {}
    for row in rows:
        found.setdefault(row.state, []).append(row)
    return found


def test_a_store_that_nobody_touched_is_intact(sample_case: Case) -> None:
    answer = check(sample_case)
    assert answer.rows == ()
    assert not answer.short


def test_a_tampered_object_is_named_with_the_live_release_that_rests_on_it(
    sample_case: Case, fraud_copy: "FraudSample"
) -> None:
    name = fraud_copy.live_release
    path = object_of(sample_case, fraud_copy.repository / ".dvc" / "cache", f"{fraud_copy.models[0]}@{name}")
    recorded = f"md5:{path.parent.name}{path.name}"
    overwrite(path, b"a backdoor")
    (row,) = check(sample_case).rows
    assert (row.state, row.path, row.digest) == ("tampered", str(path), recorded)
    assert row.found == str(file_digests(b"a backdoor")[0])
    assert f"{name} (prod)" in row.releases
    assert "an intact copy lies at" in row.detail
    found = sample_case.rows("SELECT kind, message, node_id, document FROM findings WHERE kind = 'tampered'")
    assert [(kind, node, document) for kind, _, node, document in found] == [("tampered", row.thing.id, str(path))]
    check(sample_case)
    assert len(sample_case.rows("FROM findings WHERE kind = 'tampered'")) == 1


def test_tampered_data_leads_to_what_was_trained_on_it(sample_case: Case, fraud_copy: "FraudSample") -> None:
    path = object_of(sample_case, fraud_copy.storage, fraud_copy.poisoned_subject)
    overwrite(path, b"id,amount\n")
    (row,) = check(sample_case).rows
    assert row.state == "tampered"
    assert any(name.startswith(fraud_copy.live_release) for name in row.releases)
    assert all(not name.startswith(fraud_copy.last_clean_release) for name in row.releases)


def test_what_is_lost_everywhere_is_missing_and_what_one_store_has_is_not(
    sample_case: Case, fraud_copy: "FraudSample"
) -> None:
    cache = fraud_copy.repository / ".dvc" / "cache"
    inside = object_of(sample_case, cache, fraud_copy.poisoned_subject)
    relative = inside.relative_to(cache)
    inside.unlink()
    assert check(sample_case).rows == ()
    (fraud_copy.storage / relative).unlink()
    rows = by_state(check(sample_case).rows)
    assert set(rows) == {"missing"}
    assert {row.path for row in rows["missing"]} == {"data/raw"}
    assert all(row.detail.startswith("1 of ") for row in rows["missing"])


def test_a_file_of_the_working_tree_is_changed_and_not_called_tampered(
    sample_case: Case, fraud_copy: "FraudSample"
) -> None:
    overwrite(fraud_copy.repository / fraud_copy.poisoned_file, b"edited")
    (row,) = check(sample_case).rows
    assert (row.state, Path(row.path).name) == ("changed", Path(fraud_copy.poisoned_file).name)
    assert sample_case.rows("FROM findings WHERE kind = 'tampered'") == []


def test_objects_that_nothing_names_are_unrecorded(sample_case: Case, fraud_copy: "FraudSample") -> None:
    value = file_digests(b"of another project")[0].value
    path = fraud_copy.storage / "files" / "md5" / value[:2] / value[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"of another project")
    (path.parent / "\x1b[2J").write_bytes(b"odd")
    rows = check(sample_case).rows
    assert [(row.state, Path(row.path).name) for row in rows] == [("unrecorded", "\x1b[2J"), ("unrecorded", path.name)]


def test_text_hashed_by_an_old_dvc_is_intact_and_other_bytes_are_not(tmp_path: Path) -> None:
    repo = DvcRepo(tmp_path / "repo")
    data = b"id,amount\r\n1,2\r\n"
    value = file_digests(data)[1].value
    path = repo.path / ".dvc" / "cache" / value[:2] / value[2:]
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    repo.commit("old", **{"old.csv.dvc": f"outs:\n- md5: {value}\n  path: old.csv\n"})
    with case_on(tmp_path, repo.path) as case:
        assert check(case).rows == ()
        path.write_bytes(b"id,amount\r\n1,3\r\n")
        (row,) = check(case).rows
        assert (row.state, row.digest) == ("tampered", f"md5-dos2unix:{value}")


def test_line_ends_that_changed_under_a_new_digest_are_tampering(tmp_path: Path) -> None:
    repo = DvcRepo(tmp_path / "repo")
    repo.write({"raw.csv": "a,b\n1,2\n"})
    repo.dvc("add", ["raw.csv"])
    repo.commit("add")
    with case_on(tmp_path, repo.path) as case:
        (path,) = (Path(one.path) for one in stored_files(str(repo.path)) if one.is_object)
        overwrite(path, b"a,b\r\n1,2\r\n")
        row = by_state(check(case).rows)["tampered"][0]
        assert "the ends of its lines" in row.detail


def test_only_what_looks_different_is_hashed_again_unless_asked(sample_case: Case, fraud_copy: "FraudSample") -> None:
    seen: list[str] = []

    def watched(files: Iterable[Stored]) -> Iterator[Rehashed]:
        for one in rehash(files):
            seen.append(one.stored.path)
            yield one

    check(sample_case, rehash=watched)
    everything = list(seen)
    path = object_of(sample_case, fraud_copy.storage, fraud_copy.poisoned_subject)
    about = path.stat()
    overwrite(path, path.read_bytes()[::-1])
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    seen.clear()
    assert check(sample_case, rehash=watched).rows == ()  # size and time can be forged
    assert seen == []
    assert [row.state for row in check(sample_case, rehash=watched, again=True).rows] == ["tampered"]
    assert seen == everything
    os.utime(path)
    seen.clear()
    assert [row.state for row in check(sample_case, rehash=watched).rows] == ["tampered"]
    assert seen == [str(path)]


def test_a_run_that_is_stopped_goes_on_where_it_was(sample_case: Case) -> None:
    files = [one.path for one in stored_files(sample_case.rows("SELECT locator FROM sources")[0][0])]

    def stopped(todo: Iterable[Stored]) -> Iterator[Rehashed]:
        for number, one in enumerate(rehash(todo)):
            if number == 40:
                raise KeyboardInterrupt
            yield one

    with pytest.raises(KeyboardInterrupt):
        check(sample_case, rehash=stopped)
    assert len(sample_case.rows("FROM byte_checks")) == 40
    assert sample_case.rows("FROM journal WHERE action = 'fsck'") == []
    counts: list[int] = []
    answer = check(sample_case, progress=lambda done, whole, *_: counts.append(whole))
    assert set(counts) == {len(files) - 40}
    assert answer.rows == ()


def test_the_case_keeps_sha256_and_the_journal_what_was_found(sample_case: Case, fraud_copy: "FraudSample") -> None:
    path = object_of(sample_case, fraud_copy.storage, fraud_copy.poisoned_subject)
    overwrite(path, b"other")
    check(sample_case)
    ((state, sha256, digest),) = sample_case.rows(
        "SELECT state, sha256, digest FROM byte_checks WHERE path = $path", {"path": str(path)}
    )
    assert state == "tampered"
    assert digest == f"md5:{path.parent.name}{path.name}"
    assert sha256 == hashlib.sha256(b"other").hexdigest()
    assert sample_case.rows("SELECT count(*) FROM byte_checks WHERE sha256 = ''") == [(0,)]
    ((details,),) = sample_case.rows("SELECT details FROM journal WHERE action = 'fsck'")
    assert str(path) in details


def test_sources_are_named_by_name_or_place(sample_case: Case, fraud_copy: "FraudSample") -> None:
    name = fraud_copy.repository.name
    assert check(sample_case, name).notes == check(sample_case, str(fraud_copy.repository), again=True).notes
    with pytest.raises(UsageError):
        check(sample_case, "nowhere")


def test_a_repository_that_is_gone_makes_the_answer_short(sample_case: Case, fraud_copy: "FraudSample") -> None:
    fraud_copy.repository.rename(fraud_copy.repository.with_name("moved"))
    answer = check(sample_case)
    assert answer.short
    assert any("was not looked at" in note for note in answer.notes)


def test_an_unreadable_object_makes_the_answer_short(sample_case: Case, fraud_copy: "FraudSample") -> None:
    path = object_of(sample_case, fraud_copy.storage, fraud_copy.poisoned_subject)
    path.unlink()
    os.mkfifo(path)
    answer = check(sample_case)
    assert [row.state for row in answer.rows] == ["unreadable"]
    assert answer.short


def tamper(case: Case, sample: "FraudSample") -> tuple[Thing, Path]:
    """Exchanges the features of the live release, which a run made, in the store; returns their content and file."""
    (node,) = resolve(case, f"{sample.models[0]}@{sample.live_release}").nodes
    made = case.rows(
        "SELECT i.version_id FROM outputs o JOIN inputs i USING (execution_id) JOIN versions v ON v.version_id = "
        "i.version_id WHERE o.version_id = $node AND v.path = 'data/features'",
        {"node": node},
    )
    (digest,) = case.rows("SELECT digest FROM versions WHERE version_id = $one", {"one": made[0][0]})[0]
    (member,) = case.rows("SELECT digest FROM members WHERE directory = $d ORDER BY name LIMIT 1", {"d": digest})[0]
    path = object_of(case, sample.repository / ".dvc" / "cache", member)
    overwrite(path, b"a backdoor")
    return things(case, resolve(case, member).nodes)[resolve(case, member).nodes[0]], path


def test_a_tampered_object_is_a_suspect_though_nothing_was_observed(
    sample_case: Case, fraud_copy: "FraudSample"
) -> None:
    with pytest.raises(UsageError, match="nothing was observed"):
        suspects(sample_case)
    check(sample_case)
    content, path = tamper(sample_case, fraud_copy)
    check(sample_case)
    answer = suspects(sample_case)
    (row,) = answer.rows
    assert (row.thing.digest, row.probability, row.group) == (content.digest, None, 0)
    (changed,) = row.tampered
    assert (changed.path, changed.found) == (str(path), str(file_digests(b"a backdoor")[0]))
    assert changed.intact_at is not None
    assert changed.intact_at <= changed.checked_at
    assert "differ from the record" in row.entrances[0].change
    assert any("nothing was observed" in note for note in answer.notes)
    assert all(row.verdict != "affected" for row in releases(sample_case).rows)


def test_what_was_made_before_an_object_was_last_intact_does_not_come_from_it(
    sample_case: Case, fraud_copy: "FraudSample"
) -> None:
    before = suspects(sample_case, Asked([fraud_copy.live_release]), everyone=True)
    time.sleep(1.1)  # the case knows the time of a check by the second
    check(sample_case)
    content, _ = tamper(sample_case, fraud_copy)
    check(sample_case)
    *rows, last = suspects(sample_case, Asked([fraud_copy.live_release]), everyone=True).rows
    assert (last.thing.digest, last.probability) == (content.digest, None)
    assert [(row.thing.id, row.probability) for row in rows] == [(row.thing.id, row.probability) for row in before.rows]


def test_a_tampered_object_leads_to_what_misbehaves_by_what_was_read_from_it(
    sample_case: Case, fraud_copy: "FraudSample"
) -> None:
    content, _ = tamper(sample_case, fraud_copy)
    before = suspects(sample_case, Asked([fraud_copy.live_release]), everyone=True)
    check(sample_case)
    answer = suspects(sample_case, Asked([fraud_copy.live_release]), everyone=True)
    first = answer.rows[0]
    assert first.thing.digest == content.digest
    assert first.probability > 0.4
    assert [one.version.releases[0] for one in first.explains] == [fraud_copy.live_release]
    path = [step.thing for step in first.explains[0].path]
    assert path[0].digest == content.digest
    assert "data/features" in {thing.path for thing in path}
    assert all(row.thing.digest != content.digest for row in before.rows)
    assert {row.thing.id for row in before.rows} < {row.thing.id for row in answer.rows}


def test_a_good_model_below_a_tampered_object_may_be_older_than_the_change(
    sample_case: Case, fraud_copy: "FraudSample"
) -> None:
    content, _ = tamper(sample_case, fraud_copy)
    check(sample_case)
    asked = Asked([fraud_copy.last_clean_release], [fraud_copy.live_release])
    (row,) = (row for row in suspects(sample_case, asked).rows if row.thing.digest == content.digest)
    assert row.probability is None
    assert row.contradicting == ()


def test_an_object_that_was_mended_stays_a_suspect(sample_case: Case, fraud_copy: "FraudSample") -> None:
    content, path = tamper(sample_case, fraud_copy)
    check(sample_case)
    value = content.digest.partition(":")[2]
    path.write_bytes((fraud_copy.storage / "files" / "md5" / value[:2] / value[2:]).read_bytes())
    assert check(sample_case).rows == ()
    (row,) = suspects(sample_case).rows
    assert row.thing.digest == content.digest


def test_the_report_names_a_tampered_object(sample_case: Case, fraud_copy: "FraudSample") -> None:
    tamper(sample_case, fraud_copy)
    check(sample_case)
    add_mark(sample_case, "bad", fraud_copy.poisoned_subject, reason="r", author="ana@example.com")
    page = render(incident(sample_case), "markdown")
    assert "TAMPERED: stored bytes of " in page
    assert "forensics suspects" in page
