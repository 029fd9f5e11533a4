"""Metrics of labels: bit-identical to scikit-learn on the pooled rows, for every layout."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st
from metric_cases import N_ROWS, close
from row_layouts import LAYOUTS, SEEDS, examples, owners

from fedruntime import metrics
from fedruntime.errors import DataError, FedError, UnsupportedError
from fedruntime.metrics.label_pairs import LabelPairs, distinct_labels, pair_totals

AVERAGES = ["micro", "macro", "weighted", None]
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("accuracy_score", {}),
    ("accuracy_score", {"normalize": False}),
    ("balanced_accuracy_score", {}),
    ("balanced_accuracy_score", {"adjusted": True}),
    ("classification_report", {}),
    ("classification_report", {"digits": 4, "zero_division": 1}),
    ("classification_report", {"output_dict": True}),
    ("cohen_kappa_score", {"weights": "linear"}),
    ("confusion_matrix", {}),
    ("confusion_matrix", {"normalize": "true"}),
    ("confusion_matrix", {"normalize": "pred"}),
    ("confusion_matrix", {"normalize": "all"}),
    ("class_likelihood_ratios", {}),
    ("hamming_loss", {}),
    ("matthews_corrcoef", {}),
    ("multilabel_confusion_matrix", {}),
    ("multilabel_confusion_matrix", {"labels": [0]}),
    ("zero_one_loss", {}),
    ("zero_one_loss", {"normalize": False}),
    *(("precision_score", {"average": average}) for average in AVERAGES),
    *(("recall_score", {"average": average, "zero_division": 0}) for average in AVERAGES),
    *(("f1_score", {"average": average}) for average in AVERAGES),
    *(("fbeta_score", {"average": average, "beta": 0.5}) for average in AVERAGES),
    *(("jaccard_score", {"average": average}) for average in AVERAGES),
    *(("precision_recall_fscore_support", {"average": average}) for average in AVERAGES),
]
KINDS = {
    "integers": np.array([0, 1, 2]),
    "strings": np.array(["ham", "spam", "eggs"]),
    "objects": np.array(["ham", "spam", "eggs"], dtype=object),
    "negative": np.array([-1, 5, 7], dtype=np.int8),
    "booleans": np.array([False, True, True]),
}


def called(function: Any, *args: Any, **kwargs: Any) -> tuple[str, list[str]]:
    """What a call gives or raises, to the last bit, and its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = repr(_spelled(function(*args, **kwargs)))
        except Exception as error:
            result = f"{type(error).__name__}: {error}"
    return result, [f"{entry.category.__name__}: {entry.message}" for entry in caught]


def _spelled(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tolist()
    if isinstance(value, tuple):
        return tuple(_spelled(entry) for entry in value)
    return value


def labels_of(rng: np.random.Generator, n: int, kind: str) -> tuple[Any, Any]:
    classes = KINDS[kind][: int(rng.integers(1, 4))]
    y_true = rng.choice(classes, n)
    return y_true, np.where(rng.random(n) < 0.6, y_true, rng.choice(KINDS[kind], n))


@pytest.mark.parametrize(("name", "options"), CALLS, ids=lambda value: str(value))
@examples(3)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS, kind=st.sampled_from(sorted(KINDS)))
def test_identical_to_the_last_bit(
    name: str, options: dict[str, Any], n: int, seed: int, layout: Any, kind: str, deal: Any
) -> None:
    rng = np.random.default_rng(seed)
    y_true, y_pred = labels_of(rng, n, kind)
    dealt = deal(owners(rng, y_true, *layout), parties=layout[0])
    federated = called(getattr(metrics, name), dealt(y_true), dealt(y_pred), **options)
    assert federated == called(getattr(sklearn.metrics, name), y_true, y_pred, **options)


@pytest.mark.parametrize("dtype", [np.int64, np.float64, np.bool_])
@pytest.mark.parametrize(
    "name",
    [
        "accuracy_score",
        "confusion_matrix",
        "hamming_loss",
        "precision_recall_fscore_support",
        "zero_one_loss",
    ],
)
@examples(3)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS)
def test_weighted(name: str, dtype: Any, n: int, seed: int, layout: Any, deal: Any) -> None:
    rng = np.random.default_rng(seed)
    y_true, y_pred = labels_of(rng, n, "integers")
    # A float weight is never zero here: then only rounding could tell a zero total from noise.
    weight = (rng.random(n) * 3 + (dtype is np.float64)).astype(dtype)
    weight[0] = 1
    dealt = deal(owners(rng, y_true, *layout), parties=layout[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        federated = getattr(metrics, name)(
            dealt(y_true), dealt(y_pred), sample_weight=dealt(weight)
        )
        pooled = getattr(sklearn.metrics, name)(y_true, y_pred, sample_weight=weight)
    if name == "precision_recall_fscore_support":
        assert all(close(*pair) for pair in zip(federated, pooled, strict=True))
    else:
        assert close(federated, pooled)
        assert np.asarray(federated).dtype == np.asarray(pooled).dtype


def test_weighted_confusion_of_each_label(deal: Any) -> None:
    rng = np.random.default_rng(4)
    y_true, y_pred = labels_of(rng, 50, "strings")
    weight, dealt = rng.random(50), deal(rng.integers(0, 3, 50))
    federated = metrics.multilabel_confusion_matrix(
        dealt(y_true), dealt(y_pred), sample_weight=dealt(weight)
    )
    pooled = sklearn.metrics.multilabel_confusion_matrix(y_true, y_pred, sample_weight=weight)
    # True negatives are what is left of the total, so they are exact to rounding of the total.
    assert np.allclose(federated, pooled, rtol=0, atol=1e-15 * 50)


@pytest.mark.parametrize(
    "options",
    [
        {"labels": [2, 0]},
        {"labels": [1, 2, 9], "target_names": ["a", "b", "c"]},
        {"labels": [0, 1, 2], "target_names": ["a", "b", "c"], "output_dict": True},
        {"target_names": ["too", "few"]},
    ],
    ids=str,
)
def test_report_with_labels_and_names(options: dict[str, Any], deal: Any) -> None:
    y_true, y_pred = np.array([0, 1, 2, 2, 1, 0, 2]), np.array([0, 2, 2, 1, 1, 0, 0])
    dealt = deal([0, 1, 0, 1, 2, 2, 2])
    federated = called(metrics.classification_report, dealt(y_true), dealt(y_pred), **options)
    assert federated == called(sklearn.metrics.classification_report, y_true, y_pred, **options)


@pytest.mark.parametrize("options", [{}, {"pos_label": "spam"}, {"pos_label": "none"}], ids=str)
def test_binary_average_and_its_errors(options: dict[str, Any], deal: Any) -> None:
    y_true = np.array(["spam", "ham", "spam", "ham"])
    y_pred = np.array(["spam", "spam", "spam", "ham"])
    dealt = deal([0, 0, 1, 1])
    federated = called(metrics.f1_score, dealt(y_true), dealt(y_pred), **options)
    assert federated == called(sklearn.metrics.f1_score, y_true, y_pred, **options)


@pytest.mark.parametrize(
    "y_true",
    [
        pd.Series(["ham", "spam", "ham", "eggs", "spam"], index=range(10, 15)),
        pd.Series(["ham", "spam", "ham", "eggs", "spam"]).astype("category"),
        pd.Series(["ham", "spam", "ham", "eggs", "spam"], dtype="string"),
        pd.Series([0, 1, 0, 2, 1], dtype="Int64"),
        pd.Series([True, False, True, False, False], dtype="boolean"),
    ],
    ids=lambda series: str(series.dtype),
)
def test_series_and_arrays_mix(y_true: Any, deal: Any) -> None:
    plain = np.array(y_true.tolist())
    y_pred = np.array(plain.tolist()[::-1])
    dealt = deal([0, 1, 1, 0, 2])
    federated = metrics.classification_report(dealt(y_true), dealt(y_pred))
    assert federated == sklearn.metrics.classification_report(plain, y_pred)


def test_nullable_integer_weights_stay_integers(deal: Any) -> None:
    y, weight = np.array([0, 1, 1, 0]), pd.Series([1, 2, 3, 4], dtype="Int64")
    dealt = deal([0, 0, 1, 1])
    matrix = metrics.confusion_matrix(dealt(y), dealt(y), sample_weight=dealt(weight))
    assert matrix.tolist() == [[5, 0], [0, 5]]
    assert matrix.dtype == np.int64


def test_device_objects_count_as_rows(deal: Any) -> None:
    federation = deal([0, 1]).federation
    parts = {"party0": np.array([0, 1, 1]), "party1": np.array([0, 0])}
    y = [device(np.asarray)(parts[device.name]) for device in federation.devices]
    assert metrics.accuracy_score(y, y) == 1.0


def test_local_arrays_go_to_scikit_learn() -> None:
    assert metrics.accuracy_score([0, 1], [0, 0]) == 0.5
    assert metrics.consensus_score is sklearn.metrics.consensus_score


def test_handle_and_local_array_do_not_mix(deal: Any) -> None:
    dealt = deal([0, 1])
    with pytest.raises(DataError, match=r"y_true lies at the parties, but y_pred does not: load"):
        metrics.accuracy_score(dealt(np.array([0, 1])), np.array([0, 1]))
    with pytest.raises(DataError, match="but sample_weight does not"):
        metrics.accuracy_score(
            dealt(np.array([0, 1])), dealt(np.array([0, 1])), sample_weight=[1, 2]
        )


def test_rows_at_other_places_are_refused(deal: Any) -> None:
    dealt = deal([0, 1, 1])
    other = type(dealt)(
        dealt.federation, type(dealt.layout)(dealt.layout.parties, np.zeros(3, int))
    )
    with pytest.raises(DataError, match="same places"):
        metrics.accuracy_score(dealt(np.arange(3)), other(np.arange(3)))


def test_function_without_counterpart_reveals_nothing(deal: Any) -> None:
    dealt = deal([0, 1, 1])
    with pytest.raises(FedError):
        metrics.pairwise_distances(dealt(np.eye(3)))


@pytest.mark.parametrize(
    ("y_true", "message"),
    [
        ([0.5, 1.0], "continuous numbers, not classes"),
        ([np.nan, 1.0], "missing labels"),
        (["a", None], "missing labels"),
    ],
)
def test_what_is_no_label_is_not_revealed(y_true: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        distinct_labels(np.array(y_true, dtype=object if None in y_true else None), np.arange(2))


def test_a_label_operation_refuses_several_columns() -> None:
    with pytest.raises(UnsupportedError, match="y_true has 3 columns"):
        distinct_labels(np.eye(3, dtype=int), np.arange(3))


def test_a_column_counts_as_a_vector() -> None:
    assert distinct_labels(np.array([[3], [1], [3]]), np.arange(3))["y_true"].tolist() == [1, 3]


def test_pair_totals_at_one_party() -> None:
    totals = pair_totals(
        np.array(["a", "b", "a"]),
        np.array(["b", "b", "b"]),
        true_labels=np.array(["a", "b"]),
        predicted_labels=np.array(["b", "c"]),
        sample_weight=np.array([2, 3, 4]),
        integer_weights=True,
    )
    assert totals["counts"].tolist() == [2, 0, 1, 0]
    assert totals["weights"].tolist() == [6, 0, 3, 0]
    assert totals["weights"].dtype == np.int64


def test_surrogate_has_one_row_a_pair() -> None:
    pairs = LabelPairs(np.array([0, 1]), np.array([1, 1]), np.array([3, 2]), None)
    assert [part.tolist() for part in pairs.surrogate()] == [[0, 1], [1, 1], [3, 2]]


def test_only_labels_and_masked_sums_leave(deal: Any) -> None:
    dealt = deal([0] * 30 + [1] * 30)
    y = np.arange(60) % 3
    before = len(dealt.federation.ledger)
    metrics.accuracy_score(dealt(y), dealt(y))
    left = [
        (entry.operation, entry.protection, entry.content)
        for entry in dealt.federation.ledger[before:]
        if not entry.operation.startswith("secure.")
    ]
    labels = (("y_true", (3,)), ("y_pred", (3,)))
    assert left == [
        ("metrics.labels", "in the clear", labels),
        ("metrics.labels", "in the clear", labels),
        ("metrics.label_pairs", "masked", (("counts", (9,)),)),
        ("metrics.label_pairs", "masked", (("counts", (9,)),)),
    ]
