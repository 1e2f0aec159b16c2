"""Fits a linear scorer by gradient descent with a fixed step.

Only + - * / on floats and no sum(), so that every machine and every Python gets the same bits.
"""

import csv
import json
import sys
from pathlib import Path

import params


def squash(score):
    return 0.5 + 0.5 * score / (1.0 + abs(score))


def fit(cells, settings):
    total = 0.0
    for _, negatives, positives in cells:
        total += negatives + settings["positive_weight"] * positives
    weights = [0.0] * (len(cells[0][0]) + 1)
    for _ in range(settings["rounds"]):
        steps = [0.0] * len(weights)
        for inputs, negatives, positives in cells:
            score = weights[0]
            for weight, value in zip(weights[1:], inputs, strict=True):
                score += weight * value
            chance = squash(score)
            error = settings["positive_weight"] * positives * (1.0 - chance) - negatives * chance
            steps[0] += error
            for index, value in enumerate(inputs, 1):
                steps[index] += error * value
        for index, step in enumerate(steps):
            weights[index] += settings["step_percent"] / 100.0 * step / total
    return weights


def main(target):
    with Path("data/features/cells.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    width = header.index("rows")
    label = header.index(target)
    cells = []
    for row in rows:
        positives = int(row[label])
        cells.append(([int(value) for value in row[:width]], int(row[width]) - positives, positives))
    bias, *weights = fit(cells, params.read("train"))
    model = {
        "target": target,
        "bias": round(bias, 6),
        "weights": {name: round(weight, 6) for name, weight in zip(header[:width], weights, strict=True)},
    }
    Path("models").mkdir(exist_ok=True)
    Path(f"models/{target}.json").write_text(json.dumps(model, indent=2) + "\n", encoding="utf-8")


main(sys.argv[1])
