"""One against the rest, one against one, output codes: the pooled binary classifiers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from parts_cases import assert_same, classes, fit_both, several_labels, two_classes
from pooled_twin import pooled_rows
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fedruntime import FLModel
from fedruntime.errors import DataError

_PART = make_pipeline(StandardScaler(), LogisticRegression())


@pytest.mark.parametrize("data", [classes, two_classes], ids=["three classes", "two classes"])
@pytest.mark.parametrize(
    "model",
    [
        OneVsRestClassifier(_PART),
        OneVsOneClassifier(_PART),
        OutputCodeClassifier(_PART, code_size=2.5, random_state=3),
    ],
    ids=["rest", "one", "code"],
)
def test_the_pooled_classifiers(model: Any, data: Any, deal: Any) -> None:
    X, y = data()
    ours, pooled, dealt = fit_both(model, X, y, deal)
    assert_same(ours, pooled)
    assert pooled_rows(ours.predict(dealt(X))).tolist() == pooled.predict(X).tolist()


def test_several_labels_a_row(deal: Any) -> None:
    X, y = several_labels()
    ours, pooled, dealt = fit_both(OneVsRestClassifier(_PART), X, y, deal)
    assert_same(ours, pooled)
    assert ours.multilabel_ == pooled.multilabel_
    assert pooled_rows(ours.predict(dealt(X))).tolist() == pooled.predict(X).tolist()


def test_a_label_that_all_rows_have(deal: Any) -> None:
    X, y = several_labels()
    y[:, 1] = 1
    dealt = deal(np.arange(len(y)) % 3)
    with pytest.warns(UserWarning, match="Label 1 is present in all training examples"):
        ours = FLModel(model=OneVsRestClassifier(_PART)).fit(dealt(X), dealt(y))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pooled = OneVsRestClassifier(_PART).fit(X, y)
    assert pooled_rows(ours.predict(dealt(X))).tolist() == pooled.predict(X).tolist()


def test_one_class_alone_is_refused(deal: Any) -> None:
    X, _ = classes()
    dealt = deal(np.arange(len(X)) % 2)
    with pytest.raises(DataError, match="only one class is present"):
        FLModel(model=OneVsOneClassifier(_PART)).fit(dealt(X), dealt(np.ones(len(X))))


def test_weights_are_refused_as_scikit_learn_does(deal: Any) -> None:
    X, y = classes()
    dealt = deal(np.arange(len(X)) % 2)
    with pytest.raises(DataError, match="sample_weight"):
        FLModel(model=OneVsRestClassifier(_PART)).fit(dealt(X), dealt(y), dealt(np.ones(len(X))))


def test_pairs_tell_class_counts_and_nothing_of_a_row(deal: Any) -> None:
    X, y = classes()
    _, _, dealt = fit_both(OneVsOneClassifier(_PART), X, y, deal)
    in_the_clear = {
        entry.operation for entry in dealt.federation.ledger if entry.protection == "in the clear"
    }
    keys = {"secure.advertise", "secure.agree"}
    assert in_the_clear - keys == {"design.labels", "multiclass.counts"}
