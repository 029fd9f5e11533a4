"""Compare two fitted models: the largest relative difference of their coefficients."""

from __future__ import annotations

import sys

import joblib
import numpy as np


def main(pooled: str, federated: str) -> None:
    expected, found = (joblib.load(path) for path in (pooled, federated))
    scale = np.abs(expected.coef_).max()
    print(f"coefficients differ by {np.abs(found.coef_ - expected.coef_).max() / scale:.1e} at most")
    print(f"iterations: pooled {expected.n_iter_.max()}, federated {found.n_iter_.max()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
