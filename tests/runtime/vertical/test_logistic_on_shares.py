"""Logistic regression of which nothing but sums over rows is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from columns_dealt import binary, deal, multiclass, regression, split
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, LogisticRegression

import fedruntime
from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError


@pytest.mark.parametrize("layout", ["two parties", "the label alone at a party"])
@pytest.mark.parametrize(
    "model", [LogisticRegression(C=0.5), LogisticRegression(fit_intercept=False)], ids=str
)
def test_the_pooled_optimum_comes_out(model: Any, layout: str) -> None:
    table = binary(300)
    X, y = split(deal(table, layout))
    ours = FLModel(model=clone(model), reveal="none").fit(X, y)
    theirs = clone(model).set_params(tol=1e-10, max_iter=10_000).fit(*split(table))
    size = np.abs(theirs.coef_).max()
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=0, atol=5e-5 * size)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=0, atol=5e-5 * size)
    assert ours.score(X, y) == theirs.score(*split(table))


def test_no_predictor_is_told_in_the_fit() -> None:
    X, y = split(deal(binary(100)))
    FLModel(model=LogisticRegression(), reveal="none").fit(X, y)
    operations = {entry.operation for entry in X.federation.ledger}
    assert "spu.reveal" in operations
    assert not operations & {"across.scores", "across.loss", "across.gradient"}
    for entry in X.federation.ledger:
        if entry.operation == "spu.reveal":
            assert all(int(np.prod(shape)) <= 10 for _, shape in entry.content)


def test_a_clone_reveals_as_little() -> None:
    X, y = split(deal(binary(100)))
    clone(FLModel(model=LogisticRegression(), reveal="none")).fit(X, y)
    assert "across.scores" not in {entry.operation for entry in X.federation.ledger}


@pytest.mark.parametrize(
    ("model", "table", "error", "reason"),
    [
        (LogisticRegression(), multiclass(), DataError, "takes two classes, and y has 3"),
        (LogisticRegression(class_weight="balanced"), binary(), UnsupportedError, "class_weight"),
        (LinearRegression(), regression(), UnsupportedError, "for LogisticRegression only"),
    ],
    ids=["three classes", "class weights", "another model"],
)
def test_what_does_not_fit_is_refused(
    model: Any, table: Any, error: type[Exception], reason: str
) -> None:
    X, y = split(deal(table))
    with pytest.raises(error, match=reason):
        FLModel(model=model, reveal="none").fit(X, y)


def test_parties_with_rows_of_their_own_reveal_no_predictor_anyway() -> None:
    X, y = split(fedruntime.init(["alice", "bob"]).load(binary))
    with pytest.raises(UnsupportedError, match="is about columns at several parties"):
        FLModel(model=LogisticRegression(), reveal="none").fit(X, y)


def test_other_words_are_refused() -> None:
    with pytest.raises(ValueError, match="reveal='all' is not one of logits, none"):
        FLModel(model=LogisticRegression(), reveal="all")
