"""Compare two fitted models: the largest relative difference of their coefficients."""

from __future__ import annotations

import sys

import joblib
import numpy as np


def main(pooled: str, federated: str) -> None:
    expected, found = (joblib.load(path) for path in (pooled, federated))
    difference = np.abs(found.coef_ - expected.coef_).max() / np.abs(expected.coef_).max()
    print(f"coefficients differ by {difference:.1e} of the largest at most")
    print(f"iterations: pooled {expected.n_iter_.max()}, federated {found.n_iter_.max()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
