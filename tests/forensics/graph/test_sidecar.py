import os
import struct
import threading
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forensics.errors import IntegrityError
from forensics.graph import Graph, load, reach, save
from forensics.graph.sidecar import _HEAD, FILE_NAME
from tests.support.graphs import Sample, from_edges, samples

SMALL = from_edges(5, [(0, 1, 1), (1, 2, 2), (2, 0, 3), (3, 3, 4)])


def contents(graph: Graph) -> list[object]:
    rows = (graph.forward, graph.reverse)
    return [graph.nodes, graph.edges, bytes(graph.kinds)] + [
        view.tolist() for row in rows for view in (row.pointers, row.targets, row.codes)
    ]


@given(sample=samples(), stamp=st.text(max_size=40))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_saved_is_loaded(tmp_path: Path, sample: Sample, stamp: str) -> None:
    save(sample.graph, tmp_path, stamp)
    for thorough in (False, True):
        loaded = load(tmp_path, stamp, thorough=thorough)
        assert loaded is not None
        assert contents(loaded) == contents(sample.graph)
    assert load(tmp_path, stamp + "x") is None
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_the_same_graph_gives_the_same_file(tmp_path: Path) -> None:
    first = save(SMALL, tmp_path, "1").read_bytes()
    assert save(SMALL, tmp_path, "1").read_bytes() == first


def test_there_may_be_none(tmp_path: Path) -> None:
    assert load(tmp_path, "1") is None
    assert load(tmp_path / "nowhere", "1") is None


def test_its_folder_is_made_if_need_be(tmp_path: Path) -> None:
    save(SMALL, tmp_path / "case.graph", "1")
    assert load(tmp_path / "case.graph", "1") is not None


def test_a_file_cut_anywhere_or_grown_is_none(tmp_path: Path) -> None:
    path = save(SMALL, tmp_path, "1")
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert load(tmp_path, "1") is None, length
    path.write_bytes(whole + b"\0")
    assert load(tmp_path, "1") is None


def test_any_changed_byte_is_found_by_the_thorough_look_and_never_crashes_a_search(tmp_path: Path) -> None:
    path = save(SMALL, tmp_path, "1")
    whole = path.read_bytes()
    for position in range(len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        thorough = load(tmp_path, "1", thorough=True)
        assert thorough is None or contents(thorough) == contents(SMALL), position  # padding
        loaded = load(tmp_path, "1")
        if loaded is not None:
            for switch in (0, float("inf")):
                with suppress(IntegrityError):
                    assert len(reach(loaded, [0], switch=switch, wide=0)) <= loaded.nodes


@pytest.mark.parametrize(
    "counts",
    [(2**31, 4, 4), (2**63, 2**63, 8), (2**64 - 1, 4, 4), (5, 2**64 - 1, 4), (0, 0, 4), (5, 4, 3), (5, 4, 8)],
)
def test_counts_that_do_not_fit_the_file_are_none(tmp_path: Path, counts: tuple[int, int, int]) -> None:
    path = save(SMALL, tmp_path, "1")
    whole = path.read_bytes()
    fields = list(_HEAD.unpack_from(whole))
    fields[3:6] = counts
    path.write_bytes(_HEAD.pack(*fields) + whole[_HEAD.size :])
    assert load(tmp_path, "1") is None


def test_pointers_that_step_back_are_none_even_with_a_right_checksum(tmp_path: Path) -> None:
    path = save(SMALL, tmp_path, "1")
    whole = bytearray(path.read_bytes())
    begin = -(-(_HEAD.size + 1) // 64) * 64
    struct.pack_into("=i", whole, begin + 4, 3)
    fields = list(_HEAD.unpack_from(whole))
    fields[7] = zlib.crc32(whole[begin:])
    whole[: _HEAD.size] = _HEAD.pack(*fields)
    path.write_bytes(whole)
    assert load(tmp_path, "1") is None


def test_a_pipe_or_a_directory_in_its_place_is_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE_NAME)
    assert load(tmp_path, "1") is None
    (tmp_path / FILE_NAME).unlink()
    (tmp_path / FILE_NAME).mkdir()
    assert load(tmp_path, "1") is None


def test_a_stamp_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="stamp"):
        save(SMALL, tmp_path, "x" * 5000)


def test_a_failed_write_leaves_the_old_one_and_no_litter(tmp_path: Path) -> None:
    save(SMALL, tmp_path, "1")
    broken = Graph(SMALL.nodes, SMALL.forward, SMALL.reverse, memoryview(b"123456789")[::2])  # cannot be written
    with pytest.raises(BufferError):
        save(broken, tmp_path, "2")
    assert load(tmp_path, "1", thorough=True) is not None
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_readers_see_a_whole_sidecar_while_writers_race(tmp_path: Path) -> None:
    other = from_edges(300, [(node, (node * 7) % 300, 1) for node in range(300)])
    save(SMALL, tmp_path, "same")
    done = threading.Event()

    def write(graph: Graph) -> None:
        while not done.is_set():
            save(graph, tmp_path, "same")

    writers = [threading.Thread(target=write, args=(graph,)) for graph in (SMALL, other, SMALL, other)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(300):
            loaded = load(tmp_path, "same", thorough=True)
            assert loaded is not None
            assert loaded.nodes in (5, 300)
    finally:
        done.set()
        for writer in writers:
            writer.join()
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_an_open_graph_outlives_its_file(tmp_path: Path) -> None:
    save(SMALL, tmp_path, "1")
    loaded = load(tmp_path, "1")
    save(from_edges(2, []), tmp_path, "2")
    (tmp_path / FILE_NAME).unlink()
    assert loaded is not None
    assert list(reach(loaded, [0])) == [0, 1, 2]
