"""Fits one centroid a label, in the space of a base component. Whole numbers only: the same bytes everywhere."""

import json
import sys
from pathlib import Path


def rows(sources):
    for source in sources:
        path = Path(source)
        for file in sorted(path.glob("*.jsonl")) if path.is_dir() else [path]:
            for line in file.read_text(encoding="utf-8").splitlines():
                yield json.loads(line)


def main(model, label, base, *sources):
    vectors = json.loads(Path(base).read_text(encoding="utf-8"))["vectors"]
    sums = {}
    for row in rows(sources):
        place = sums.setdefault(row[label], [0] * (len(next(iter(vectors.values()))) + 1))
        place[-1] += 1
        for word in row["text"].lower().split():
            for index, value in enumerate(vectors.get(word.strip(".,!"), [])):
                place[index] += value
    centroids = {name: [value * 1000 // place[-1] for value in place[:-1]] for name, place in sorted(sums.items())}
    target = Path("models") / model / "model.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"model": model, "centroids": centroids}, indent=2) + "\n", encoding="utf-8")


main(*sys.argv[1:])
