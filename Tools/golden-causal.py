#!/usr/bin/env python3
"""Insertion, deletion and average drop of maps that are given by formulas, measured by Xplique.

The figures are what `Tests/ExplainTests/MetricGoldenTests.swift` expects; maps, image and classifier are those of golden-metrics.py.
Needs xplique, tensorflow and scipy:

    pip install xplique tensorflow scipy

usage: golden-causal.py > Tests/Fixtures/metrics/causal.json
"""

import json

import numpy as np
import tensorflow as tf
from scipy.ndimage import gaussian_filter
from xplique.metrics import AverageDropMetric, Deletion, Insertion

WIDTH, HEIGHT, CHANNELS, STEPS = 40, 32, 3, 20
ROWS, COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.int64)
# Without equal pixels, whose order is not defined.
MAPS = {
    "slope": 31 * COLUMNS * WIDTH + ROWS + 5 * ROWS * HEIGHT,
    "scatter": (ROWS * WIDTH + COLUMNS) * 769 % (WIDTH * HEIGHT),
}
image = np.stack(
    [(7 * COLUMNS + 13 * ROWS + 29 * c + COLUMNS * ROWS) % 101 / 50 - 1 for c in range(CHANNELS)], axis=-1)
weights = np.stack(
    [((5 * COLUMNS + 11 * ROWS + 17 * c + COLUMNS**2) % 23 - 11) / 400 for c in range(CHANNELS)], axis=-1)
dense = tf.keras.layers.Dense(1, activation="sigmoid", use_bias=False)
model = tf.keras.Sequential([tf.keras.layers.Input((HEIGHT, WIDTH, CHANNELS)), tf.keras.layers.Flatten(), dense])
dense.set_weights([weights.reshape(-1, 1).astype(np.float32)])
inputs, targets = image[None].astype(np.float32), np.ones((1, 1), np.float32)


def blur(images):
    """A Gaussian of 5 pixels that is cut off at 5; nothing beyond the borders."""
    return np.stack([gaussian_filter(i, (5, 5, 0), truncate=1, mode="constant") for i in images])


result = {}
for name, integers in MAPS.items():
    values = (integers / integers.max()).astype(np.float32)
    assert len(np.unique(values)) == values.size
    result[name] = {
        "insertion": float(Insertion(model, inputs, targets, baseline_mode=blur, steps=STEPS).evaluate(values[None])),
        "deletion": float(Deletion(model, inputs, targets, baseline_mode=0.0, steps=STEPS).evaluate(values[None])),
        "averageDrop": float(AverageDropMetric(model, inputs, targets).evaluate(values[None])),
    }
print(json.dumps(result, indent=1))
