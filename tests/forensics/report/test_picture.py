"""Pictures: every node has a place of its own, causes stand before effects, and large graphs are folded and counted."""

from collections.abc import Callable
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.answer import Thing
from forensics.report.picture import draw, fold
from forensics.report.picture.layers import layout
from forensics_queries.neighbourhood import Link, Neighbourhood, Node

SVG = "{http://www.w3.org/2000/svg}"


@st.composite
def graphs(draw_: Callable[..., int], most: int = 25) -> tuple[list[int], list[tuple[int, int]]]:
    count = draw_(st.integers(0, most))
    nodes = list(range(count))
    if not count:
        return [], []
    edges = draw_(st.lists(st.tuples(st.sampled_from(nodes), st.sampled_from(nodes)), max_size=2 * count))
    return nodes, edges


def node(number: int, verdict: str = "affected", *, kind: str = "version", path: str = "a", role: str = "") -> Node:
    return Node(Thing(number, kind, path, "", path=path), verdict, role)


@settings(deadline=None, max_examples=60)
@given(graphs())
def test_no_two_nodes_share_a_place_and_links_run_from_layer_to_layer(
    graph: tuple[list[int], list[tuple[int, int]]],
) -> None:
    nodes, edges = graph
    found = layout(nodes, edges)
    assert set(found.places) == set(nodes)
    for layer in range(found.layers):
        rows = sorted(row for at, row in found.places.values() if at == layer)
        assert all(after - before > 0.999 for before, after in pairwise(rows))
        assert all(-1e-9 <= row <= found.height - 0.999 for row in rows)
    assert set(found.routes) == {(cause, effect) for cause, effect in edges if cause != effect}
    for (cause, effect), route in found.routes.items():
        assert (route[0], route[-1]) == (found.places[cause], found.places[effect])
        assert {after[0] - before[0] for before, after in pairwise(route)} in ({1}, {-1})


@settings(deadline=None, max_examples=40)
@given(graphs())
def test_causes_stand_left_of_their_effects_where_no_cycle_forbids_it(
    graph: tuple[list[int], list[tuple[int, int]]],
) -> None:
    nodes, edges = graph
    forward = [(min(edge), max(edge)) for edge in edges if edge[0] != edge[1]]
    places = layout(nodes, forward).places
    assert all(places[cause][0] < places[effect][0] for cause, effect in forward)


@settings(deadline=None, max_examples=20)
@given(graphs())
def test_the_same_graph_gets_the_same_places_in_whatever_order_its_links_come(
    graph: tuple[list[int], list[tuple[int, int]]],
) -> None:
    nodes, edges = graph
    assert layout(nodes, edges) == layout(nodes, edges[::-1])


def test_chains_are_drawn_without_a_crossing() -> None:
    edges = [(chain * 10 + step, chain * 10 + step + 1) for chain in range(6) for step in range(4)]
    nodes = [chain * 10 + step for step in range(5) for chain in (3, 0, 5, 1, 4, 2)]
    rows = layout(nodes, edges)
    orders = [sorted(range(6), key=lambda chain: rows.places[chain * 10 + step][1]) for step in range(5)]
    assert orders == [orders[0]] * 5
    assert all(len({row for _, row in route}) == 1 for route in rows.routes.values())


def test_a_graph_of_few_nodes_is_drawn_as_it_is() -> None:
    graph = Neighbourhood((node(1), node(2)), (Link(1, 2, "recorded"),))
    assert fold(graph, 2) is graph


def test_clean_siblings_are_folded_before_anything_affected() -> None:
    clean = [node(number, "clear", path=f"clean{number}") for number in range(10, 50)]
    affected = [node(number, path=f"bad{number}") for number in range(1, 10)]
    links = tuple(Link(one.thing.id, 5, "recorded") for one in clean)
    found = fold(Neighbourhood((*affected, *clean), links), 12)
    assert [one.thing.title for one in found.nodes if one.verdict == "clear"] == ["+ 40 other versions"]
    assert {one.thing.title for one in affected} < {one.thing.title for one in found.nodes}
    assert [(link.cause, link.effect) for link in found.links] == [(10, 5)]


def test_clean_nodes_that_lead_elsewhere_are_no_siblings() -> None:
    clean = [node(number, "clear", path=f"clean{number}") for number in (10, 11, 12, 13)]
    links = (Link(10, 1, "recorded"), Link(11, 1, "recorded"), Link(12, 2, "recorded"), Link(13, 2, "recorded"))
    found = fold(Neighbourhood((node(1), node(2), *clean), links), 5)
    assert sorted(one.thing.title for one in found.nodes if one.verdict == "clear") == [
        "+ 2 other versions",
        "+ 2 other versions",
    ]


def test_a_thousand_runs_of_as_many_names_are_one_box_a_layer() -> None:
    runs = [node(number, kind="execution", path=f"run{number}") for number in range(1, 1001)]
    made = [node(number + 1000, path=f"made{number}") for number in range(1, 1001)]
    links = [Link(0, run.thing.id, "recorded") for run in runs]
    links += [Link(run.thing.id, run.thing.id + 1000, "recorded") for run in runs]
    found = fold(Neighbourhood((node(0, role="source"), *runs, *made), tuple(links)))
    assert [one.thing.title for one in found.nodes] == ["a", "+ 1,000 other runs", "+ 1,000 other versions"]
    assert found.left_out == 0


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["affected", "unknown", "clear"]),
            st.sampled_from("abcdefgh"),
            st.sampled_from(["", "source"]),
        ),
        min_size=1,
        max_size=60,
    ),
    st.integers(10, 30),
    st.randoms(use_true_random=False),
)
def test_folding_loses_no_count_and_keeps_what_matters_alone(
    rows: list[tuple[str, str, str]], many: int, random: "object"
) -> None:
    nodes = tuple(
        node(number, verdict, path=path, role=role if number % 7 == 0 else "")
        for number, (verdict, path, role) in enumerate(rows)
    )
    links = tuple(Link(number // 2, number, "recorded") for number in range(1, len(nodes)))
    found = fold(Neighbourhood(nodes, links), many)
    drawn = sum(int(one.thing.label) if one.thing.kind == "folded" else 1 for one in found.nodes)
    assert drawn + found.left_out == len(nodes)
    assert len(found.nodes) <= many
    kept = {one.thing.id for one in found.nodes}
    assert {one.thing.id for one in nodes if one.role} <= kept
    assert all(link.cause in kept and link.effect in kept for link in found.links)


@pytest.mark.parametrize("alone", [True, False])
def test_hostile_names_stay_text_in_a_picture(alone: bool) -> None:
    names = ["<script>x</script>", '"><b', "\x1b[2J\u202e", "a & b", "]]>"]
    nodes = tuple(node(number, path=name) for number, name in enumerate(names))
    whole = ElementTree.fromstring("".join(draw(Neighbourhood(nodes, (Link(0, 1, "recorded"),)), alone=alone)))
    assert {part.tag for part in whole.iter()} <= {
        SVG + name for name in ("svg", "style", "g", "rect", "text", "title", "path")
    }
    shown = [part.text for part in whole.iter(f"{SVG}text")]
    assert shown == ["! <script>x</script>", '! "><b', "! \\u001b[2J\\u202e", "! a & b", "! ]]>"]


def test_a_long_name_is_cut_in_its_middle_and_stands_whole_in_the_tooltip() -> None:
    name = "data/" + "x" * 60 + "/2025-03.csv"
    whole = ElementTree.fromstring("".join(draw(Neighbourhood((node(1, path=name),), ()))))
    (shown,) = [part.text or "" for part in whole.iter(f"{SVG}text")]
    assert "…" in shown
    assert shown.endswith("/2025-03.csv")
    assert name in (whole.findtext(f".//{SVG}title") or "")


def test_an_empty_graph_is_an_empty_picture() -> None:
    assert list(ElementTree.fromstring("".join(draw(Neighbourhood((), ()), alone=False)))) == []
