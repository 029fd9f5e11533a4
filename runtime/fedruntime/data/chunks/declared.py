"""Which party operations run on rows that are read in chunks, and how the results of chunks become
that of all rows. What is not listed here is refused there: adding an operation is adding its name,
and means to say that its result for all rows is what the list makes of those for chunks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from fedruntime.messages import Array

Merge = Callable[[Sequence[Mapping[str, Array]]], dict[str, Array]]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


ROW_WISE = _names("""
    class_weights.weights cluster.centred cluster.labelling cluster.nearest
    column_transformer.select column_transformer.stack design.codes design.features
    design.targets design.weights
    estimator.apply feature_union.stack huber.outliers impute.rows metrics.absolute_errors
    metrics.is_any_of
    ridge_classifier.signs rows.accessor rows.apply rows.assign rows.columns rows.complete
    rows.insert rows.matrix rows.method rows.numpy rows.operator rows.rename simple_imputer.dense
    single_target.column tables.numbers
""")
"""Make each row of the one at its place, and of public arguments."""

ROW_WISE_METHODS = _names("""
    abs add add_prefix add_suffix applymap astype between clip copy div drop eq fillna ge gt isin
    isna isnull le lt map mask mod mul ne notna notnull pow radd rdiv rename replace rmul round rpow
    rsub rtruediv sub to_frame to_numpy truediv where
""")
"""Methods of ``rows.method`` that do so; ``drop`` of columns alone."""

ROW_WISE_FUNCTIONS = _names("""
    abs absolute add arccos arcsin arctan arctan2 around bitwise_and bitwise_or bitwise_xor cbrt
    ceil clip column_stack copysign cos cosh deg2rad divide equal exp exp2 expm1 fabs float_power
    floor floor_divide fmax fmin fmod greater greater_equal hypot invert isclose isfinite isinf
    isnan less less_equal log log10 log1p log2 logaddexp logical_and logical_not logical_or
    logical_xor maximum minimum mod multiply nan_to_num negative not_equal positive power rad2deg
    reciprocal remainder rint round sign sin sinh sqrt square subtract tan tanh true_divide trunc
    where
""")
"""Functions of ``rows.numpy`` that do so."""

ON_PLACES = _names("load.describe load.entry rows.filter rows.kept rows.same rows.take")
"""Need to know where rows are and not what is in them, a mask excepted."""

BY_EXAMPLE = _names("estimator.describe")
"""Ask one row for what is the same of all."""

ADDED = _names("""
    bayesian_regression.target categories.counts class_moments.squares class_moments.sums
    class_weights.sums cluster.groups cluster.inertia cluster.rows_near cluster.sums
    cluster.weight column_transformer.entries columns.deviations columns.sums
    function_transformer.row_by_row generalized_linear.deviance generalized_linear.target
    gram.pilot gram.sums huber.loss_gradient impute.missing linear_loss.hessian
    linear_loss.hessian_product linear_loss.loss_gradient
    metrics.label_pairs metrics.label_totals metrics.probability_losses metrics.row_sums
    metrics.spreads metrics.target_sums moments.pilot moments.sums rows.histogram
    rows.occurrences rows.powers rows.present rows.squares rows.totals rows.truths
    scatter_factors.sums
""")
"""Statistics that add up what each row contributes: they are summed over parties, and chunks of a
party count as parties do."""


def _merge(reduce: Callable[[Sequence[Array]], Array]) -> Merge:
    def merge(parts: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
        return {name: reduce([np.asarray(part[name]) for part in parts]) for name in parts[0]}

    return merge


def _union(parts: Sequence[Array]) -> Array:
    return np.unique(np.concatenate([part for part in parts if len(part)] or parts[:1]))


MERGES: Mapping[str, Merge] = {
    "categories.distinct": _merge(_union),
    "columns.extremes": _merge(np.fmin.reduce),  # of minima and of negated maxima
    "columns.magnitudes": _merge(np.fmax.reduce),
    "columns.maxima": _merge(np.fmax.reduce),
    "columns.minima": _merge(np.fmin.reduce),
    "design.labels": _merge(_union),
    "metrics.labels": _merge(_union),
    "metrics.true_labels": _merge(_union),
}
"""Statistics that are no sums, by what makes one of those of chunks."""
