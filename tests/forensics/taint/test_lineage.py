"""What a lineage says of the edges between two nodes."""

from pathlib import Path

from forensics.model import EdgeKind, Strength
from forensics.taint import Lineage
from tests.support.history import History


def test_the_edges_between_two_nodes_are_found_from_either_end(history: History, tmp_path: Path) -> None:
    at = history.commit()
    hub, other = history.version("hub", "h", at), history.version("other", "o", at)
    models = [history.version(f"m{n}", f"m{n}", at) for n in range(5)]
    for n, model in enumerate(models):
        history.run([hub, other] if n == 0 else [hub], [model], at)
    history.edge(EdgeKind.DECLARED, hub, models[0], Strength.DECLARED)
    history.edge(EdgeKind.IMPORTED, hub, models[0], Strength.INFERRED)
    with history.case(tmp_path) as asked:
        lineage = Lineage(asked.case)
        for node in range(lineage.graph.nodes):
            for effect in range(lineage.graph.nodes):
                known = [strength for target, _, strength in lineage.steps(node) if target == effect]
                assert sorted(lineage.between(node, effect)) == sorted(known)
        cause, effect = asked.node(hub), asked.node(models[0])
        assert set(lineage.between(cause, effect)) == {Strength.DECLARED, Strength.INFERRED}
        assert lineage.between(effect, cause) == []
