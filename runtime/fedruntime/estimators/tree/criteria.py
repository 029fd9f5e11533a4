"""Impurity of nodes from summed statistics, as ``sklearn.tree._criterion`` defines it.

A node's statistics are one row of numbers: how many rows it has, their weight, and the moments of
the criterion (class weights, or sums of targets and of what the impurity needs besides). All
moments are additive, so those of a right child are those of its parent less its left child's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import xlogy

Floats = npt.NDArray[np.float64]

ROWS, WEIGHT, MOMENTS = 0, 1, 2  # columns of statistics; moments are all further ones
EPSILON = float(np.finfo(np.float64).eps)


class Criterion(ABC):
    """How good a split is."""

    @abstractmethod
    def impurity(self, stats: Floats) -> Floats:
        """Of nodes with these statistics, shape (nodes, columns)."""

    @abstractmethod
    def value(self, stats: Floats) -> Floats:
        """What nodes predict; shape (nodes, outputs, classes)."""

    def proxy(self, left: Floats, right: Floats) -> Floats:
        """What is largest at the best split of a node; shape (splits,)."""
        return -(left[:, WEIGHT] * self.impurity(left) + right[:, WEIGHT] * self.impurity(right))

    def is_pure(self, stats: Floats) -> npt.NDArray[np.bool_]:
        """Whether the impurity is zero, rounding aside."""
        return np.asarray(self.impurity(stats) <= EPSILON)

    def improvement(self, left: Floats, right: Floats) -> Floats:
        """By how much a split lowers the impurity, per unit of the node's weight."""
        both = left + right
        weight = both[:, WEIGHT]
        return np.asarray(
            self.impurity(both)
            - right[:, WEIGHT] / weight * self.impurity(right)
            - left[:, WEIGHT] / weight * self.impurity(left)
        )


@dataclass(frozen=True)
class Gini(Criterion):
    """1 less the sum of squared class shares."""

    def impurity(self, stats: Floats) -> Floats:
        squares = np.square(stats[:, MOMENTS:]).sum(axis=1)
        return np.asarray(1.0 - squares / np.square(stats[:, WEIGHT]))

    def proxy(self, left: Floats, right: Floats) -> Floats:
        return np.asarray(
            np.square(left[:, MOMENTS:]).sum(axis=1) / left[:, WEIGHT]
            + np.square(right[:, MOMENTS:]).sum(axis=1) / right[:, WEIGHT]
        )

    def value(self, stats: Floats) -> Floats:
        return _shares(stats)


@dataclass(frozen=True)
class Entropy(Criterion):
    """Shannon's entropy of the class shares, in bits."""

    def impurity(self, stats: Floats) -> Floats:
        shares = stats[:, MOMENTS:] / stats[:, WEIGHT, np.newaxis]
        return np.asarray(-(xlogy(shares, shares) / np.log(2.0)).sum(axis=1))

    def value(self, stats: Floats) -> Floats:
        return _shares(stats)


def _shares(stats: Floats) -> Floats:
    return np.asarray(stats[:, np.newaxis, MOMENTS:] / stats[:, WEIGHT, np.newaxis, np.newaxis])


@dataclass(frozen=True)
class SquaredError(Criterion):
    """The variance of the targets; moments are sums of targets about ``centre``, and of squares.

    Parameters
    ----------
    centre : ndarray of shape (outputs,)
    """

    centre: Floats

    def impurity(self, stats: Floats) -> Floats:
        squares, means = self._means(stats)
        # Rounding may leave a little less than nothing.
        variance = np.maximum(squares - np.square(means).sum(axis=1), 0.0)
        return np.asarray(variance / means.shape[1])

    def proxy(self, left: Floats, right: Floats) -> Floats:
        return np.asarray(
            np.square(left[:, MOMENTS:-1]).sum(axis=1) / left[:, WEIGHT]
            + np.square(right[:, MOMENTS:-1]).sum(axis=1) / right[:, WEIGHT]
        )

    def is_pure(self, stats: Floats) -> npt.NDArray[np.bool_]:
        squares, _ = self._means(stats)
        return np.asarray(self.impurity(stats) <= np.maximum(EPSILON, 16 * EPSILON * squares))

    def value(self, stats: Floats) -> Floats:
        _, means = self._means(stats)
        return np.asarray(self.centre + means)[:, :, np.newaxis]

    def _means(self, stats: Floats) -> tuple[Floats, Floats]:
        weight = stats[:, WEIGHT]
        return stats[:, -1] / weight, stats[:, MOMENTS:-1] / weight[:, np.newaxis]


@dataclass(frozen=True)
class FriedmanError(SquaredError):
    """The squared error with Friedman's score for the improvement of a split."""

    def improvement(self, left: Floats, right: Floats) -> Floats:
        weight = left[:, WEIGHT] * right[:, WEIGHT]
        apart = (
            left[:, MOMENTS:-1].mean(axis=1) * right[:, WEIGHT]
            - right[:, MOMENTS:-1].mean(axis=1) * left[:, WEIGHT]
        )
        return np.asarray(apart**2 / (weight * (left[:, WEIGHT] + right[:, WEIGHT])))


@dataclass(frozen=True)
class Poisson(Criterion):
    """Half the Poisson deviance; moments are sums of targets ``y``, and of ``y log(y)``."""

    def impurity(self, stats: Floats) -> Floats:
        sums, weight = stats[:, MOMENTS:-1], stats[:, WEIGHT]
        with np.errstate(divide="ignore", invalid="ignore"):
            at_means = sums * np.log(sums / weight[:, np.newaxis])
        found = np.maximum(stats[:, -1] - at_means.sum(axis=1), 0.0) / weight / sums.shape[1]
        return np.where((sums <= EPSILON).any(axis=1), np.inf, found)

    def proxy(self, left: Floats, right: Floats) -> Floats:
        forbidden = np.zeros(len(left), dtype=bool)
        score = np.zeros(len(left))
        for side in (left, right):
            sums = side[:, MOMENTS:-1]
            forbidden |= (sums <= EPSILON).any(axis=1)
            with np.errstate(divide="ignore", invalid="ignore"):
                score += (sums * np.log(sums / side[:, WEIGHT, np.newaxis])).sum(axis=1)
        return np.where(forbidden, -np.inf, score)

    def is_pure(self, stats: Floats) -> npt.NDArray[np.bool_]:
        size = np.abs(stats[:, -1]) / stats[:, WEIGHT]
        return np.asarray(self.impurity(stats) <= np.maximum(EPSILON, 16 * EPSILON * size))

    def value(self, stats: Floats) -> Floats:
        means = stats[:, MOMENTS:-1] / stats[:, WEIGHT, np.newaxis]
        return np.asarray(means[:, :, np.newaxis])
