"""What localization walks back to: candidates agree with the rules of taint."""

from forensics.localization import Evidence, locate
from forensics.model import EdgeKind, Strength
from tests.support.lineages import Lines


def candidates(lines: Lines, *bad: int, weak: bool = False) -> set[int]:
    return set(locate(lines.graph, Evidence(bad=frozenset(bad)), weak=weak).candidates)


def test_a_root_leads_to_its_bytes_and_what_a_run_made_to_the_run() -> None:
    lines = Lines()
    data = lines.content()
    run = lines.run(lines.root(data))
    assert candidates(lines, lines.made(run, lines.content())) == {data, run}


def test_a_root_directory_leads_to_itself_and_to_every_file_in_it() -> None:
    lines = Lines()
    files = [lines.content(), lines.content()]
    folder = lines.content(*files)
    run = lines.run(lines.root(folder))
    assert candidates(lines, lines.made(run)) == {*files, folder, run}


def test_a_copy_of_what_a_run_made_stands_for_that_run() -> None:
    lines = Lines()
    source = lines.content()
    first = lines.run(lines.root(source))
    bytes_made = lines.content()
    lines.made(first, bytes_made)
    second = lines.run(lines.root(bytes_made))
    assert candidates(lines, lines.made(second)) == {source, first, second}


def test_bytes_that_a_run_only_handed_on_stay_a_candidate() -> None:
    lines = Lines()
    data = lines.content()
    root = lines.root(data)
    copying = lines.run(root)
    training = lines.run(lines.made(copying, data))
    assert candidates(lines, lines.made(training)) == {data, copying, training}


def test_two_digests_of_the_same_bytes_are_one_candidate() -> None:
    lines = Lines()
    one, other = lines.content(), lines.content()
    lines.edge(EdgeKind.CONTENT, one, other, Strength.MATCHED)
    run = lines.run(lines.root(other))
    assert candidates(lines, lines.made(run)) == {one, run}


def test_bytes_that_are_only_assumed_to_be_equal_are_not_walked() -> None:
    lines = Lines()
    one, other = lines.content(), lines.content()
    lines.edge(EdgeKind.CONTENT, one, other, Strength.ASSUMED)
    run = lines.run(lines.root(other))
    assert candidates(lines, lines.made(run)) == {other, run}


def test_a_part_of_a_root_directory_counts_by_its_own_bytes() -> None:
    lines = Lines()
    read, beside = lines.content(), lines.content()
    whole, part = lines.root(lines.content(read, beside)), lines.root(read)
    lines.edge(EdgeKind.PART, whole, part, Strength.MATCHED)
    run = lines.run(part)
    assert candidates(lines, lines.made(run)) == {read, run}


def test_a_part_of_what_a_run_made_leads_to_the_run() -> None:
    lines = Lines()
    making = lines.run()
    whole, part = lines.made(making, lines.content()), lines.root(lines.content())
    lines.edge(EdgeKind.PART, whole, part, Strength.MATCHED)
    run = lines.run(part)
    assert candidates(lines, lines.made(run)) == {making, run}


def test_an_import_leads_to_what_was_imported() -> None:
    lines = Lines()
    data = lines.content()
    upstream, here = lines.root(data), lines.root(lines.content())
    lines.edge(EdgeKind.IMPORTED, upstream, here)
    run = lines.run(here)
    assert candidates(lines, lines.made(run)) == {data, run}


def test_an_import_by_address_is_walked_only_when_asked_for() -> None:
    lines = Lines()
    maybe, data = lines.content(), lines.content()
    upstream, here = lines.root(maybe), lines.root(data)
    lines.edge(EdgeKind.IMPORTED, upstream, here, Strength.INFERRED)
    run = lines.run(here)
    model = lines.made(run)
    assert candidates(lines, model) == {data, run}
    assert candidates(lines, model, weak=True) == {maybe, data, run}


def test_a_root_of_unknown_bytes_is_a_candidate_itself() -> None:
    lines = Lines()
    root = lines.root()
    run = lines.run(root)
    assert candidates(lines, lines.made(run)) == {root, run}


def test_commits_and_runs_that_only_gave_out_again_are_no_candidates() -> None:
    lines = Lines()
    commit = lines.commit()
    run = lines.run(commit=commit)
    model = lines.made(run)
    lines.edge(EdgeKind.REUSED, lines.run(), model)
    assert candidates(lines, model) == {run}


def test_an_inferred_step_accuses_and_does_not_clear() -> None:
    lines = Lines()
    data = lines.content()
    root, other = lines.root(data), lines.content()
    first, second = lines.run(lines.root(other)), lines.run()
    lines.edge(EdgeKind.USED, root, first, Strength.INFERRED)
    lines.edge(EdgeKind.USED, root, second, Strength.INFERRED)
    bad, good = lines.made(first), lines.made(second)
    found = locate(lines.graph, Evidence(bad=frozenset({bad}), good=frozenset({good})))
    by_node = {int(found.origins.nodes[member]): group for group in found.groups for member in group.members}
    assert by_node[data].explained == (bad,)
    assert by_node[data].contradicting == ()


def test_a_candidate_is_introduced_by_the_earliest_commit_that_holds_it_anywhere() -> None:
    lines = Lines()
    first = lines.commit()
    second = lines.commit(first)
    data, later = lines.content(), lines.content()
    lines.root(lines.content(data), first)
    model = lines.made(lines.run(lines.root(lines.content(data, later), second), commit=second))
    found = locate(lines.graph, Evidence(bad=frozenset({model})))
    commits = dict(zip(found.origins.nodes.tolist(), found.origins.commits, strict=True))
    assert commits[data] == (first,)
    assert commits[later] == (second,)
    assert abs(sum(found.commits.values()) - sum(found.candidates.values())) < 1e-9


def test_parallel_branches_share_what_both_brought_in() -> None:
    lines = Lines()
    start = lines.commit()
    left, right = lines.commit(start), lines.commit(start)
    merge = lines.commit(left, right)
    data = lines.content()
    root = lines.root(data, left)
    lines.edge(EdgeKind.INTRODUCED, right, root)
    lines.edge(EdgeKind.INTRODUCED, merge, root)
    model = lines.made(lines.run(root))
    found = locate(lines.graph, Evidence(bad=frozenset({model})))
    assert dict(zip(found.origins.nodes.tolist(), found.origins.commits, strict=True))[data] == (left, right)
    assert abs(found.commits[left] - found.commits[right]) < 1e-12
