"""Metrics of multilabel indicators and of rankings of labels against pooled scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st
from metric_cases import N_ROWS, close
from row_layouts import LAYOUTS, SEEDS, examples, owners
from scipy import sparse
from test_classification_metrics import called

from fedruntime import metrics
from fedruntime.errors import DataError, RevealError
from fedruntime.metrics.multilabel import label_totals

AVERAGES = ["micro", "macro", "weighted", None]
LABEL_BY_LABEL: list[tuple[str, dict[str, Any]]] = [
    ("multilabel_confusion_matrix", {}),
    ("multilabel_confusion_matrix", {"labels": [2, 0]}),
    *(("precision_score", {"average": average}) for average in AVERAGES),
    *(("recall_score", {"average": average, "zero_division": 1}) for average in AVERAGES),
    *(("f1_score", {"average": average, "labels": [0, 2]}) for average in AVERAGES),
    *(("fbeta_score", {"average": average, "beta": 2}) for average in AVERAGES),
    *(("jaccard_score", {"average": average}) for average in AVERAGES),
    *(("precision_recall_fscore_support", {"average": average}) for average in AVERAGES),
    ("accuracy_score", {"normalize": False}),
    ("zero_one_loss", {"normalize": False}),
    ("f1_score", {}),
    ("confusion_matrix", {}),
]
OF_ROWS: list[tuple[str, dict[str, Any]]] = [
    ("accuracy_score", {}),
    ("hamming_loss", {}),
    ("zero_one_loss", {}),
    ("f1_score", {"average": "samples"}),
    ("f1_score", {"average": "samples", "labels": [1, 2]}),
    ("fbeta_score", {"average": "samples", "beta": 0.5, "zero_division": 1}),
    ("jaccard_score", {"average": "samples"}),
    ("precision_score", {"average": "samples", "zero_division": np.nan}),
    ("recall_score", {"average": "samples"}),
]


def indicators(seed: int, n: int, layout: Any, deal: Any) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    y_true = (rng.random((n, 3)) < rng.choice([0.1, 0.5])).astype(int)
    y_pred = np.where(rng.random((n, 3)) < 0.7, y_true, 1 - y_true)
    return deal(owners(rng, y_true[:, 0], *layout), parties=layout[0]), y_true, y_pred


@pytest.mark.parametrize(("name", "options"), LABEL_BY_LABEL, ids=str)
@examples(3)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS)
def test_scores_of_labels_are_identical(
    name: str, options: dict[str, Any], n: int, seed: int, layout: Any, deal: Any
) -> None:
    dealt, y_true, y_pred = indicators(seed, n, layout, deal)
    federated = called(getattr(metrics, name), dealt(y_true), dealt(y_pred), **options)
    assert federated == called(getattr(sklearn.metrics, name), y_true, y_pred, **options)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("name", "options"), OF_ROWS, ids=str)
@examples(3)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS)
def test_means_over_rows(
    name: str,
    options: dict[str, Any],
    weighted: bool,
    n: int,
    seed: int,
    layout: Any,
    deal: Any,
) -> None:
    dealt, y_true, y_pred = indicators(seed, n, layout, deal)
    weight = np.random.default_rng(seed).random(n) + 0.1 if weighted else None
    federated, ours = called(
        getattr(metrics, name), dealt(y_true), dealt(y_pred), sample_weight=dealt(weight), **options
    )
    pooled, theirs = called(
        getattr(sklearn.metrics, name), y_true, y_pred, sample_weight=weight, **options
    )
    assert ours == theirs
    number = {"nan": np.nan, "np": np}
    assert np.isclose(
        eval(federated, number), eval(pooled, number), rtol=1e-14, atol=1e-15, equal_nan=True
    )


@pytest.mark.parametrize("options", [{}, {"digits": 4, "zero_division": 1}], ids=str)
@examples(7)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS)
def test_report_is_identical(
    options: dict[str, Any], n: int, seed: int, layout: Any, deal: Any
) -> None:
    dealt, y_true, y_pred = indicators(seed, n, layout, deal)
    federated, _ = called(metrics.classification_report, dealt(y_true), dealt(y_pred), **options)
    pooled, _ = called(sklearn.metrics.classification_report, y_true, y_pred, **options)
    assert federated == pooled


def test_report_as_numbers(deal: Any) -> None:
    dealt, y_true, y_pred = indicators(3, 40, (3, "iid"), deal)
    options = {"output_dict": True, "target_names": ["a", "b", "c"], "zero_division": 0}
    federated = metrics.classification_report(dealt(y_true), dealt(y_pred), **options)
    pooled = sklearn.metrics.classification_report(y_true, y_pred, **options)
    assert list(federated) == list(pooled)
    for line, scores in pooled.items():
        assert list(federated[line]) == list(scores)
        assert close(list(federated[line].values()), list(scores.values()))


def test_support_of_means_over_rows_is_none(deal: Any) -> None:
    dealt, y_true, y_pred = indicators(3, 40, (3, "iid"), deal)
    federated = metrics.precision_recall_fscore_support(
        dealt(y_true), dealt(y_pred), average="samples", zero_division=0
    )
    pooled = sklearn.metrics.precision_recall_fscore_support(
        y_true, y_pred, average="samples", zero_division=0
    )
    assert federated[3] is pooled[3] is None
    assert close(federated[:3], pooled[:3])


@pytest.mark.parametrize("average", AVERAGES)
def test_weighted_scores_of_labels(average: Any, deal: Any) -> None:
    dealt, y_true, y_pred = indicators(3, 40, (3, "iid"), deal)
    weight = np.random.default_rng(0).random(40)
    federated = metrics.f1_score(
        dealt(y_true), dealt(y_pred), average=average, sample_weight=dealt(weight)
    )
    pooled = sklearn.metrics.f1_score(y_true, y_pred, average=average, sample_weight=weight)
    assert close(federated, pooled, 1e-14)


def test_sparse_and_dense_indicators_mix(deal: Any) -> None:
    dealt, y_true, y_pred = indicators(3, 40, (3, "iid"), deal)
    federated = metrics.f1_score(dealt(sparse.csr_matrix(y_true)), dealt(y_pred), average="macro")
    assert federated == sklearn.metrics.f1_score(y_true, y_pred, average="macro")


def test_one_matrix_a_row_is_refused(deal: Any) -> None:
    dealt, y_true, y_pred = indicators(3, 10, (2, "iid"), deal)
    with pytest.raises(RevealError, match="gives one matrix a row"):
        metrics.multilabel_confusion_matrix(dealt(y_true), dealt(y_pred), samplewise=True)


def test_kinds_of_targets_do_not_mix(deal: Any) -> None:
    dealt, y_true, _ = indicators(3, 10, (2, "iid"), deal)
    with pytest.raises(DataError, match="a mix of multilabel-indicator and multiclass targets"):
        metrics.accuracy_score(dealt(y_true), dealt(y_true[:, 0]))
    with pytest.raises(DataError, match="y_true has 3 labels, y_pred 2"):
        metrics.accuracy_score(dealt(y_true), dealt(y_true[:, :2]))


def test_several_classes_a_column_are_refused() -> None:
    y = np.array([[0, 2], [1, 1]])
    with pytest.raises(DataError, match="multiclass-multioutput is not supported"):
        label_totals(y, y, integers=True)


def test_only_masked_sums_of_indicators_leave(deal: Any) -> None:
    dealt, y_true, y_pred = indicators(3, 20, (2, "iid"), deal)
    true, predicted = dealt(y_true), dealt(y_pred)
    before = len(dealt.federation.ledger)
    metrics.f1_score(true, predicted, average="samples")
    metrics.hamming_loss(true, predicted)
    left = [e for e in dealt.federation.ledger[before:] if not e.operation.startswith("secure.")]
    assert {entry.protection for entry in left} == {"masked"}


# -- rankings of labels ---------------------------------------------------------------------

RANKINGS: list[tuple[str, dict[str, Any]]] = [
    ("coverage_error", {}),
    ("dcg_score", {}),
    ("dcg_score", {"k": 2, "log_base": 3}),
    ("label_ranking_average_precision_score", {}),
    ("label_ranking_loss", {}),
    ("ndcg_score", {}),
    ("ndcg_score", {"k": 1, "ignore_ties": True}),
]


@pytest.mark.parametrize(("name", "options"), RANKINGS, ids=str)
@examples(5)
@given(n=N_ROWS, seed=SEEDS, layout=LAYOUTS, weighted=st.booleans())
def test_rankings(
    name: str, options: dict[str, Any], n: int, seed: int, layout: Any, weighted: bool, deal: Any
) -> None:
    dealt, y_true, _ = indicators(seed, n, layout, deal)
    rng = np.random.default_rng(seed)
    scores, weight = rng.random((n, 3)).round(1), rng.random(n) + 0.1 if weighted else None
    federated = getattr(metrics, name)(
        dealt(y_true), dealt(scores), sample_weight=dealt(weight), **options
    )
    pooled = getattr(sklearn.metrics, name)(y_true, scores, sample_weight=weight, **options)
    assert close(federated, pooled, 1e-14)


def test_graded_relevance(deal: Any) -> None:
    rng = np.random.default_rng(0)
    relevance, scores = rng.integers(0, 5, (30, 6)), rng.random((30, 6))
    dealt = deal(rng.integers(0, 3, 30))
    federated = metrics.ndcg_score(dealt(relevance), dealt(scores), k=3)
    assert close(federated, sklearn.metrics.ndcg_score(relevance, scores, k=3), 1e-14)


@pytest.mark.parametrize("name", ["coverage_error", "ndcg_score"])
def test_rankings_need_tables(name: str, deal: Any) -> None:
    y = deal([0, 1, 1])(np.array([0, 1, 1]))
    with pytest.raises(ValueError):
        getattr(metrics, name)(y, y)
