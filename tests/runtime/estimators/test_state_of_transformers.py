"""What only transformers hold crosses to the parties as data, too: splines, sparse matrices, arrays
of different lengths, imputations.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pooled_twin import assert_same_state
from scipy import sparse
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer
from sklearn.linear_model import Ridge
from sklearn.preprocessing import KBinsDiscretizer, SplineTransformer
from sklearn.random_projection import SparseRandomProjection

from fedruntime.errors import ProtocolError
from fedruntime.estimators.state import export_state, import_state
from fedruntime.messages import pack, unpack

_X = np.random.default_rng(0).lognormal(size=(30, 4))
_HOLED = np.where(_X > 3, np.nan, _X)
_MODELS = [
    (SplineTransformer(extrapolation="periodic").fit(_X), _X),
    (KBinsDiscretizer([2, 3, 4, 5], encode="ordinal", strategy="uniform").fit(_X), _X),
    (SparseRandomProjection(2, random_state=0).fit(_X), _X),
    (IterativeImputer(Ridge(), max_iter=2, tol=9.0).fit(_HOLED), _HOLED),
]


def _crossed(model: Any) -> Any:
    return import_state(unpack(pack(export_state(model))))


@pytest.mark.parametrize(("model", "rows"), _MODELS, ids=lambda value: type(value).__name__)
def test_what_crosses_transforms_to_the_same_bits(model: Any, rows: Any) -> None:
    there = _crossed(model)
    assert np.array_equal(there.transform(rows), model.transform(rows))


@pytest.mark.parametrize(("model", "rows"), _MODELS[:2], ids=["splines", "edges"])
def test_all_attributes_come_back(model: Any, rows: Any) -> None:
    assert_same_state(_crossed(model), model)


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array])
def test_sparse_matrices_keep_their_kind(kind: Any) -> None:
    model = Ridge()
    model.held_ = kind(_X * (_X > 1))
    held = _crossed(model).held_
    assert type(held) is kind
    assert abs(held - model.held_).max() == 0


def test_other_kinds_of_matrices_are_no_part_of_the_protocol() -> None:
    state = {
        "is": "sparse",
        "of": ["lil_matrix", np.ones(1), np.zeros(1), np.array([0, 1]), [1, 1]],
    }
    with pytest.raises(ProtocolError, match="unknown kind of matrix: 'lil_matrix'"):
        import_state(state)
