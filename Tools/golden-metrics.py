#!/usr/bin/env python3
"""Measures maps that are given by formulas with public implementations of the metrics, and writes what they say.

The figures are what `Tests/ExplainTests/MetricGoldenTests.swift` expects. Maps, image and classifier are integers' formulas, so
that both sides have the same ones. Needs quantus, torchray, openvino-xai and scipy; two versions that work together:

    pip install quantus torchray scipy
    pip install --no-deps openvino-xai "openvino<2025.3" openvino-telemetry opencv-python-headless

usage: golden-metrics.py > Tests/Fixtures/metrics/expected.json
"""

import json
import math
import warnings

import numpy as np

warnings.filterwarnings("ignore")

import quantus  # noqa: E402
import torch  # noqa: E402
from openvino_xai.metrics.adcc import ADCC  # noqa: E402
from scipy import stats  # noqa: E402
from torchray.benchmark.pointing_game import PointingGame  # noqa: E402

WIDTH, HEIGHT, CHANNELS = 40, 32, 3
ROWS, COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.int64)

# Integers, scaled by their largest.
MAPS = {
    "blob": np.maximum(0, 1000 - 2 * (COLUMNS - 13) ** 2 - 3 * (ROWS - 9) ** 2),
    "waves": (3 * COLUMNS**2 + 5 * ROWS**2 + 7 * COLUMNS * ROWS) % 97,
    "slope": 31 * COLUMNS * WIDTH + ROWS + 5 * ROWS * HEIGHT,
    "steps": COLUMNS // 8 + ROWS // 8,
    "scatter": (ROWS * WIDTH + COLUMNS) * 769 % (WIDTH * HEIGHT),
}
# From the first, up to, but not including, the second: columns, rows.
BOXES = {"blob": ((5, 21), (3, 17)), "waves": ((11, 30), (8, 30)), "slope": ((20, 38), (2, 20))}
BOXES |= {"steps": ((0, 12), (12, 32)), "scatter": ((25, 33), (5, 25))}


def saliency(name):
    values = MAPS[name].astype(np.float32)
    return values / values.max()


def ranked(values):
    return ((stats.rankdata(values) - 1) / (values.size - 1)).reshape(values.shape)


def box_mask(name):
    (left, right), (top, bottom) = BOXES[name]
    return (COLUMNS >= left) & (COLUMNS < right) & (ROWS >= top) & (ROWS < bottom)


def image():
    planes = [(7 * COLUMNS + 13 * ROWS + 29 * c + COLUMNS * ROWS) % 101 / 50 - 1 for c in range(CHANNELS)]
    return np.stack(planes, axis=-1).astype(np.float32)


def logit(pixels):
    """A linear classifier of one class."""
    weights = [
        ((5 * COLUMNS + 11 * ROWS + 17 * c + COLUMNS**2) % 23 - 11) / 400 for c in range(CHANNELS)
    ]
    return float((np.stack(weights, axis=-1) * pixels).sum())


def probability(pixels):
    return 1 / (1 + math.exp(-logit(pixels)))


def of_boxes(name):
    values, mask = saliency(name), box_mask(name)
    batch, segments = values.reshape(1, 1, HEIGHT, WIDTH), mask.reshape(1, 1, HEIGHT, WIDTH)
    options = {"abs": False, "normalise": False, "disable_warnings": True}
    mass = quantus.RelevanceMassAccuracy(**options)
    peak = np.unravel_index(values.argmax(), values.shape)
    result = {
        "energy": float(mass.evaluate_batch(batch.astype(np.float64), segments)[0]),
        "rankEnergy": float(mass.evaluate_batch(ranked(values)[None, None], segments)[0]),
        "pointing15": PointingGame(1, tolerance=15).evaluate(torch.from_numpy(mask), (peak[1], peak[0])) == 1,
    }
    if (values == values.max()).sum() == 1:
        result["pointing"] = bool(quantus.PointingGame(**options).evaluate_batch(a_batch=batch, s_batch=segments)[0])
    order = np.sort(values.ravel())[::-1]
    if order[mask.sum() - 1] != order[mask.sum()]:
        # Of sets of one size, the intersection says all.
        accuracy = float(quantus.RelevanceRankAccuracy(**options).evaluate_batch(batch, segments)[0])
        result["iou"] = accuracy / (2 - accuracy)
    return result


def adcc(name, again):
    """OpenVINO-XAI's metric with a classifier and an explainer that are given."""
    values, pixels = saliency(name), (image() + 1) / 2

    class Given:
        saliency_map = {0: saliency(again)}

    metric = ADCC.__new__(ADCC)
    metric.model_predict = lambda seen: np.array([probability(seen)])
    metric.explainer = lambda *_, **__: Given()
    metric.black_box_kwargs = {}
    result = metric(values, 0, pixels)
    return {"again": again, "drop": result["average_drop"]} | {
        key: float(result[key]) for key in ("coherency", "complexity", "adcc")
    }


def saco(name):
    """The paper's algorithm; no package has it."""
    values = saliency(name).ravel().astype(np.float64)
    order = np.argsort(-values, kind="stable")
    pixels = image().reshape(-1, CHANNELS)
    groups = [order[i * order.size // 10 : (i + 1) * order.size // 10] for i in range(10)]
    influence = []
    for group in groups:
        changed = pixels.copy()
        changed[group] = pixels.astype(np.float64).mean(axis=0)
        influence.append(probability(pixels.reshape(HEIGHT, WIDTH, -1)) - probability(changed.reshape(HEIGHT, WIDTH, -1)))

    def coefficient(scores):
        salience = [scores[group].sum() for group in groups]
        score = total = 0.0
        for i in range(10):
            for j in range(i + 1, 10):
                weight = salience[i] - salience[j]
                score += weight if influence[i] >= influence[j] else -weight
                total += abs(weight)
        return score / total

    return {"saco": coefficient(values), "rankSaco": coefficient(ranked(saliency(name)).ravel())}


def patch_deletion(name):
    """IDSDS's protocol of single deletion, with SciPy's correlation."""
    pixels, lost, sums, rank_sums = image(), [], [], []
    # Unscaled, ranks add up exactly, and patches with the same sum tie.
    values, ranks = saliency(name).astype(np.float64), stats.rankdata(saliency(name)).reshape(HEIGHT, WIDTH)
    for row in range(4):
        for column in range(4):
            rows = slice(row * HEIGHT // 4, (row + 1) * HEIGHT // 4)
            columns = slice(column * WIDTH // 4, (column + 1) * WIDTH // 4)
            changed = pixels.copy()
            changed[rows, columns] = 0
            lost.append(logit(pixels) - logit(changed))
            sums.append(values[rows, columns].sum())
            rank_sums.append(ranks[rows, columns].sum())
    return {
        "patchDeletion": float(stats.spearmanr(sums, lost).statistic),
        "rankPatchDeletion": float(stats.spearmanr(rank_sums, lost).statistic),
    }


names = list(MAPS)
expected = {
    name: of_boxes(name) | adcc(name, names[(place + 1) % len(names)]) | saco(name) | patch_deletion(name)
    for place, name in enumerate(names)
}
print(json.dumps(expected, indent=1))
