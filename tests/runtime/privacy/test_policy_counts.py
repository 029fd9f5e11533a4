"""Which statistics are counts of rows is declared: no new operation can be forgotten."""

from __future__ import annotations

from fnmatch import fnmatchcase

from registered_operations import runtime_operations

from fedruntime.operations import OperationKind
from fedruntime.privacy.policy import NEEDS_CONSENT

_WITHOUT_CELLS = """
absolute_loss.face absolute_loss.lengths absolute_loss.moments absolute_loss.newton
absolute_loss.predicted absolute_loss.proof across.chosen across.describe_transformed
across.own_products across.sums adaboost.mean_error adaboost.missed_weight adaboost.weight
bagging.unseen bayesian_regression.target boosting.loss boosting.mean calibration.largest
calibration.no_shares calibration.sigmoid calibration.temperature categories.distinct
cluster.objective cluster.weight column_transformer.entries columns.deviations columns.extremes
columns.magnitudes columns.maxima columns.minima design.labels device.value dict_vectorizer.names
fast_ica.contrasts fast_mcd.masked fast_mcd.support_sums fast_mcd.total forest.unseen forest.weight
function_transformer.round_trip function_transformer.row_by_row generalized_linear.deviance
generalized_linear.target gradient_boosting.clipped gradient_boosting.leaves gradient_boosting.loss
gram.pilot gram.sums groups.first huber.loss_gradient impute.missing incremental_pca.grams
incremental_pca.sums iterative_imputer.moved iterative_imputer.products ledoit_wolf.fourth_powers
liblinear.weight linear_loss.hessian linear_loss.hessian_product linear_loss.loss_gradient
metrics.cluster_labels metrics.deviance_from_mean metrics.distinct_scores metrics.hinge_losses
metrics.labels metrics.largest_error metrics.row_sums metrics.rows_off_one metrics.spreads
metrics.target_sums metrics.top_k_hits metrics.true_labels model_selection.is_classes moments.pilot
moments.sums multi_label_binarizer.labels multioutput.whole_rows neural_network.backpropagation
neural_network.squared_errors nmf.coordinate_sums nmf.divergence nmf.multiplicative_sums
nmf.squared_parts nmf.zeros power_transformer.powers public_fit.negative quantile_regressor.target
quantile_transformer.stored rbf_sampler.deviations rbf_sampler.sum ridge_cv.errors
row_products.normal rows.categories rows.extremes rows.first rows.labels rows.pair_products
rows.powers rows.products rows.squares rows.time_format scatter_factors.sums
surrogate.residual_products surrogate.residual_squares target_encoder.deviations target_encoder.kind
terms.distinct tree.target_sums univariate.moments univariate.products
weighted_order_statistics.total
"""
WITHOUT_CELLS = set(_WITHOUT_CELLS.split())
"""Reviewed: sums of values; counts of all rows, of missing values, and of values that are invalid
for a fit, which is then refused."""

STATISTICS = {
    name: known
    for name, known in runtime_operations().items()
    if known.kind is OperationKind.STATISTIC
}
TELLING = STATISTICS | {
    name: known
    for name, known in runtime_operations().items()
    if known.kind is OperationKind.SESSION and known.reveals
}


def test_every_statistic_says_what_in_it_are_counts() -> None:
    undeclared = {
        name
        for name, known in STATISTICS.items()
        if not known.counts
        and known.cells is None
        and not known.facts
        and known.sensitivity is None  # leaves with noise, which is what hides a small cell
        and name not in WITHOUT_CELLS
    }
    assert not undeclared, (
        f"{sorted(undeclared)}: name what counts rows by category or cell in "
        "party_op(counts=...), or add the operation to the reviewed list here"
    )


def test_the_reviewed_list_is_of_operations_without_counts() -> None:
    assert set(STATISTICS) >= WITHOUT_CELLS
    assert not [name for name in WITHOUT_CELLS if STATISTICS[name].counts or STATISTICS[name].cells]


_TELL_NO_CELLS = """
across.boosting_bin across.describe_transformed across.first_layer across.gradient across.loss
across.mask across.multiply across.sums_by_centre align.blind align.blind_others design.labels
fast_mcd.ties iterative_imputer.observed metrics.cluster_labels metrics.labels metrics.true_labels
model_selection.class_counts model_selection.is_classes multiclass.counts rows.categories rows.kept
rows.labels rows.merged spu.magnitude target_encoder.kind
"""
TELL_NO_CELLS = set(_TELL_NO_CELLS.split())
"""Reviewed: classes of a target, counts, and sums over all rows of columns that one party has,
which leave without a person's consent."""


def test_whatever_tells_values_in_the_clear_needs_consent_by_default() -> None:
    telling = {
        name for name, known in TELLING.items() if known.reveals and not known.facts
    } - TELL_NO_CELLS
    unasked = [
        name
        for name in sorted(telling)
        if not any(fnmatchcase(name, pattern) for pattern in NEEDS_CONSENT)
    ]
    assert not unasked, f"{unasked}: add them to NEEDS_CONSENT, or to the reviewed list here"


def test_every_pattern_of_consent_is_of_an_operation() -> None:
    idle = [
        pattern
        for pattern in NEEDS_CONSENT
        if not any(fnmatchcase(name, pattern) for name in TELLING)
    ]
    assert not idle
