"""Counterparts take the arguments of the installed scikit-learn, and say what they reveal."""

from __future__ import annotations

import inspect

import pytest
import sklearn.metrics

from fedruntime import metrics


@pytest.mark.parametrize("name", metrics.__all__)
def test_signature_is_scikit_learns(name: str) -> None:
    ours, theirs = getattr(metrics, name), getattr(sklearn.metrics, name)
    assert str(inspect.signature(ours)) == str(inspect.signature(theirs))
    assert ours.__name__ == name


@pytest.mark.parametrize("name", metrics.__all__)
def test_docstring_says_what_is_revealed(name: str) -> None:
    assert "eveal" in (getattr(metrics, name).__doc__ or "")


def test_other_names_are_scikit_learns() -> None:
    assert metrics.make_scorer is sklearn.metrics.make_scorer
    with pytest.raises(AttributeError, match="no_such_metric"):
        _ = metrics.no_such_metric
