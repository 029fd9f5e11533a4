"""Counterparts of the functions of ``sklearn.covariance``, through the estimators that call them.

All other names of ``sklearn.covariance`` can be imported from here, too.
"""

from __future__ import annotations

from typing import Any

import sklearn.covariance as local

from fedruntime.attempts import attempted
from fedruntime.data.handle import Handle
from fedruntime.model import FLModel

__all__ = ["empirical_covariance", "ledoit_wolf", "oas"]


@attempted
def empirical_covariance(X: Any, *, assume_centered: bool = False) -> Any:
    """``sklearn.covariance.empirical_covariance``: the maximum likelihood covariance."""
    if not isinstance(X, Handle):
        return local.empirical_covariance(X, assume_centered=assume_centered)
    return _fitted(local.EmpiricalCovariance, X, assume_centered).covariance_


@attempted
def ledoit_wolf(X: Any, *, assume_centered: bool = False, block_size: int = 1000) -> Any:
    """``sklearn.covariance.ledoit_wolf``: the shrunk covariance and its shrinkage."""
    if not isinstance(X, Handle):
        return local.ledoit_wolf(X, assume_centered=assume_centered, block_size=block_size)
    model = _fitted(local.LedoitWolf, X, assume_centered)
    return model.covariance_, model.shrinkage_


@attempted
def oas(X: Any, *, assume_centered: bool = False) -> Any:
    """``sklearn.covariance.oas``: the shrunk covariance and its shrinkage."""
    if not isinstance(X, Handle):
        return local.oas(X, assume_centered=assume_centered)
    model = _fitted(local.OAS, X, assume_centered)
    return model.covariance_, model.shrinkage_


def _fitted(estimator: type, X: Handle, assume_centered: bool) -> Any:
    made = estimator(store_precision=False, assume_centered=assume_centered)
    return FLModel(model=made).fit(X).to_sklearn()


def __getattr__(name: str) -> Any:
    return getattr(local, name)
