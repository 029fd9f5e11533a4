"""``PowerTransformer``: the exponent of every column by scipy's own search on summed
log-likelihoods, all columns in the same rounds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats
from sklearn.preprocessing import PowerTransformer, StandardScaler
from sklearn.preprocessing._data import _is_constant_feature
from sklearn.utils.fixes import parse_version, sp_version

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators import registry
from fedruntime.estimators.column_sums import column_deviations, column_sums
from fedruntime.estimators.design import record_features
from fedruntime.estimators.preprocessing.searches_together import Search, search_together
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import as_numbers, example, require_table
from fedruntime.operations import Statistics, party_op, row_op
from fedruntime.order_statistics import order_statistics

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# scikit-learn searched by itself once; scipy has searched within bounds since 1.12.
_BOUNDED = not hasattr(PowerTransformer, "_yeo_johnson_transform") and sp_version >= parse_version(
    "1.12"
)


@federated(
    PowerTransformer,
    Exactness.EQUIVALENT,
    "scipy's own search on summed log-likelihoods: lambdas to about 1e-7, where the likelihood is "
    "flat; the extremes of the columns are found by radix selection",
)
def fit(model: PowerTransformer, cohort: Cohort) -> None:
    """Fit as ``PowerTransformer.fit`` does on the pooled rows."""
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    if X.facts.kind == "sparse":
        model.fit(example(X.facts))  # refuses in scikit-learn's words
    record_features(model, X)
    rows = cohort.only(X=cohort.derive(as_numbers, dtypes=X.facts.dtypes))
    columns = _Columns(model.method, rows)
    searched = columns.to_search()
    lambdas = np.ones(cohort.n_features)
    lambdas[searched] = search_together(
        [columns.search(column) for column in searched.tolist()],
        lambda numbers, exponents: columns.negative_llf(searched[numbers], exponents),
    )
    single = set(X.facts.dtypes) == {"float32"}
    model.lambdas_ = lambdas.astype(np.float32 if single else np.float64)
    if model.standardize:
        model._scaler = StandardScaler(copy=False).set_output(transform="default")
        powers = rows.derive(
            raise_columns, columns=searched, lambdas=lambdas[searched], method=model.method
        )
        registry.fit(model._scaler, rows.only(X=powers).named(f"{cohort.purpose}: standardize"))


class _Columns:
    """What the search for the exponents needs to know of the pooled columns.

    The rows are logarithms, from which the mean of a column of one sign is subtracted: a common
    factor of its values. Sums are taken of transformed values from which a public centre is
    subtracted, divided by their public range. So neither overflow nor cancellation is left,
    whatever the exponent.
    """

    def __init__(self, method: str, rows: Cohort) -> None:
        self._method = method
        self._counts, mean, variance = _moments(rows)
        if not self._counts.all():
            raise DataError("Column must not be all nan.")
        ranks = np.stack([np.zeros_like(self._counts), self._counts - 1])
        self._extremes = order_statistics(rows, ranks)
        if method == "box-cox" and self._extremes.min() <= 0:
            raise DataError(
                "The Box-Cox transformation can only be applied to strictly positive data"
            )
        complete = self._counts == rows.n_samples
        constant = _is_constant_feature(variance, mean, rows.n_samples) & complete
        self._constant = constant if method == "yeo-johnson" else np.zeros_like(constant)
        self._logs = rows.only(X=rows.derive(logarithms, method=method))
        self._sum = self._logs.sum(column_sums)["sum"]
        lowest, highest = logarithms(self._extremes, method)
        above = (lowest >= 0) | (method == "box-cox")
        self._signs = np.where(above, 1, np.where(highest <= 0, -1, 0))
        self._shifts = np.where(self._signs == 0, 0.0, self._sum / self._counts)

    def to_search(self) -> Integers:
        """The columns that are not constant.

        Raises
        ------
        DataError
            If there is a constant column that scikit-learn refuses.
        """
        if self._method == "box-cox" and (self._extremes[0] == self._extremes[1]).any():
            raise DataError("Data must not be constant.")
        return np.flatnonzero(~self._constant)

    def search(self, column: int) -> Search:
        """The search that scipy makes for a column, as a function of what it minimises."""
        if self._method == "box-cox":
            return lambda function: self._within_floats(column, _brent(function))
        lowest, highest = self._extremes[:, column]
        if not _BOUNDED:
            return _brent
        if lowest == highest == 0:
            return lambda function: 1.0
        return lambda function: float(
            optimize.fminbound(function, *_bounds(lowest, highest), xtol=1.48e-08)
        )

    def negative_llf(self, columns: Integers, lambdas: Floats) -> Floats:
        """The negative log-likelihoods of columns, with one exponent each."""
        shift, sign = self._shifts[columns], self._signs[columns]
        lowest, highest = logarithms(self._extremes[:, columns], self._method)
        middle = np.clip(self._sum[columns] / self._counts[columns], lowest, highest)
        bounds = np.stack([lowest, highest, middle])
        with np.errstate(invalid="ignore"):
            low, high, centre = raised(bounds, sign, shift, lambdas)
            ranges = high - low
        usable = np.isfinite(ranges) & (ranges > 0)
        values = np.full(len(columns), np.inf)
        if not usable.any():
            return values
        chosen, powers = columns[usable], lambdas[usable]
        sums = self._logs.sum(
            sum_powers,
            columns=chosen,
            lambdas=powers,
            signs=sign[usable],
            shifts=shift[usable],
            centres=centre[usable],
            ranges=ranges[usable],
        )
        count = self._counts[chosen]
        factor = np.where(sign[usable] < 0, powers - 2, powers) * shift[usable]
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = sums["square"] / count - (sums["sum"] / count) ** 2
            log_variance = np.log(variance) + 2 * np.log(ranges[usable]) + 2 * factor
        found = count / 2 * log_variance - (powers - 1) * self._sum[chosen]
        values[usable] = np.where(np.isfinite(found), found, np.inf)
        return values

    def _within_floats(self, column: int, found: float) -> float:
        """The exponent, or where the transformed values would overflow, the nearest that scipy
        takes instead.
        """
        if sp_version < parse_version("1.12"):
            return found
        return float(
            stats.boxcox_normmax(
                np.unique(self._extremes[:, column]), method="mle", optimizer=lambda _: _At(found)
            )
        )


class _At:
    """The answer of an optimiser that has been asked elsewhere."""

    def __init__(self, x: float) -> None:
        self.x = x


def _moments(rows: Cohort) -> tuple[Integers, Floats, Floats]:
    sums = rows.sum(column_sums)
    with np.errstate(invalid="ignore"):
        mean = sums["sum"] / sums["weight"]
        spread = rows.sum(column_deviations, mean=np.nan_to_num(mean))
        variance = (spread["square"] - spread["deviation"] ** 2 / sums["weight"]) / sums["weight"]
    return sums["count"], mean, variance


def _brent(function: Callable[[float], float]) -> float:
    return float(optimize.brent(function, brack=(-2.0, 2.0)))


def _bounds(lowest: float, highest: float) -> tuple[float, float]:
    """Between which exponents ``scipy.stats.yeojohnson_normmax`` searches."""
    floats = np.finfo(np.float64)
    largest = np.log1p(20 * max(abs(lowest), abs(highest)))
    log_eps = np.log(floats.eps)
    low = (np.log(floats.tiny) - log_eps) / 2 / largest
    high = (np.log(floats.max) + log_eps) / 2 / largest
    if highest < 0:
        return 2 - high, 2 - low
    if lowest < 0:
        return max(2 - high, low), min(2 - low, high)
    return low, high


_TRANSFORMS: dict[str, Callable[[Any, float], Any]] = {
    "yeo-johnson": stats.yeojohnson,
    "box-cox": special.boxcox,
}


def raised(logs: Floats, sign: Any, shift: Any, power: Any) -> Floats:
    """Transformed values from their logarithms, of which a shift is subtracted before.

    The sign is that of all values of the column, or 0 where there are both.
    """
    positive = np.where(sign == 0, logs >= 0, sign > 0)
    exponent = np.where(positive, power, power - 2.0)
    zero = exponent == 0
    left = logs - shift
    with np.errstate(over="ignore"):
        grown = np.expm1(exponent * left) / np.where(zero, 1.0, exponent)
    return np.asarray(np.where(zero, left, grown))


@row_op("power_transformer.logs")
def logarithms(X: Floats, method: str) -> Floats:
    """The logarithms of values, or for Yeo-Johnson those of one more than the magnitudes, with
    the signs of the values.
    """
    values = np.asarray(X, dtype=np.float64)
    if method == "box-cox":
        return np.log(values)
    return np.copysign(np.log1p(abs(values)), values)


@party_op("power_transformer.powers")
def sum_powers(
    X: Floats,
    columns: Integers,
    lambdas: Floats,
    signs: Integers,
    shifts: Floats,
    centres: Floats,
    ranges: Floats,
) -> Statistics:
    """Sums of transformed columns and of their squares, centred and divided as given."""
    sums, squares = np.empty(len(columns)), np.empty(len(columns))
    for number, column in enumerate(columns):
        logs = X[:, column]
        logs = logs[~np.isnan(logs)]
        powers = raised(logs, signs[number], shifts[number], lambdas[number])
        scaled = (powers - centres[number]) / ranges[number]
        sums[number], squares[number] = scaled.sum(), scaled @ scaled
    return {"sum": sums, "square": squares}


@row_op("power_transformer.raised")
def raise_columns(X: Floats, columns: Integers, lambdas: Floats, method: str) -> Floats:
    """The rows with some columns transformed."""
    transformed: Floats = X.copy()
    for column, power in zip(columns, lambdas, strict=True):
        transformed[:, column] = _TRANSFORMS[method](X[:, column], power)
    return transformed
