"""Texts for the vectorizers: some are empty, some have capitals, accents and rare words."""

from __future__ import annotations

import numpy as np
import pandas as pd

_RNG = np.random.default_rng(11)
_WEIGHTS = {
    "the": 9,
    "and": 8,
    "of": 7,
    "a": 6,
    "in": 5,
    "ash": 5,
    "beech": 4,
    "Oak": 3,
    "pine": 3,
    "pines": 2,
    "yew": 2,
    "Ginkgo": 1,
    "sorb": 1,
    "élan": 1,
}
_SHARES = np.array([*_WEIGHTS.values()]) / sum(_WEIGHTS.values())

TEXTS = pd.Series(
    [
        " ".join(_RNG.choice([*_WEIGHTS], size=size, p=_SHARES))
        for size in _RNG.integers(0, 9, size=48)
    ],
    name="text",
)
LABELS = pd.Series(np.where(TEXTS.str.contains("ash"), "ash", "other"), name="label")
