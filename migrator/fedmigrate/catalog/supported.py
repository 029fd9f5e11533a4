"""The estimators that have a federated fit: how exact it is, and which parameters it refuses.

One line an estimator, under its canonical public name; a test holds it to the runtime's registry.
"""

from __future__ import annotations

from collections.abc import Mapping

from fedmigrate.catalog.entry import Entry
from fedmigrate.plan import Exactness

_EXACT = Exactness.EXACT
_EQUIVALENT = Exactness.EQUIVALENT
_STATISTICAL = Exactness.STATISTICAL
_APPROXIMATE = Exactness.APPROXIMATE

SUPPORTED: Mapping[str, Entry] = {
    "sklearn.compose.ColumnTransformer": Entry(
        _EXACT,
        "each transformer by its own federated fit; as exact as the weakest of them",
        positional=("transformers",),
        parts=("transformers",),
    ),
    "sklearn.impute.SimpleImputer": Entry(
        _EXACT,
        ("sums for means, radix selection for medians; distinct values revealed for most_frequent"),
        refuses={"strategy": ("mean", "median", "most_frequent", "constant")},
    ),
    "sklearn.linear_model.LinearRegression": Entry(
        _EXACT,
        "summed Gram matrix, in an orthogonal basis where it is ill-conditioned",
        refuses={"positive": (False,)},
    ),
    "sklearn.linear_model.LogisticRegression": Entry(
        _EXACT,
        "scikit-learn's own L-BFGS iterations on the summed loss and gradient",
        refuses={
            "solver": ("lbfgs", "newton-cholesky"),
            "penalty": ("deprecated", "l2", None),
            "l1_ratio": (0.0, 0, None),
            "dual": (False,),
            "warm_start": (False,),
            "multi_class": ("deprecated", "auto", "multinomial"),
        },
        by_parameter={
            ("solver", "newton-cholesky"): (
                _EQUIVALENT,
                (
                    "scikit-learn's own Newton iterations on the summed gradient and Hessian, to "
                    "the optimum"
                ),
            )
        },
        positional=("penalty",),
    ),
    "sklearn.linear_model.Ridge": Entry(
        _EXACT,
        "summed Gram matrix and scikit-learn's own direct solver",
        refuses={"positive": (False,), "solver": ("auto", "cholesky", "svd")},
        positional=("alpha",),
    ),
    "sklearn.pipeline.Pipeline": Entry(
        _EXACT,
        "each step by its own federated fit; as exact as the weakest of them",
        refuses={"memory": (None,), "transform_input": (None,)},
        positional=("steps",),
        parts=("steps",),
    ),
    "sklearn.preprocessing.LabelEncoder": Entry(
        _EXACT, "union of the parties' labels, revealed by each"
    ),
    "sklearn.preprocessing.MinMaxScaler": Entry(
        _EXACT,
        "minimum and maximum of every column, revealed by each party",
        positional=("feature_range",),
    ),
    "sklearn.preprocessing.OneHotEncoder": Entry(
        _EXACT,
        (
            "union of the parties' categories, revealed by each; summed counts where "
            "infrequent ones group"
        ),
    ),
    "sklearn.preprocessing.StandardScaler": Entry(
        _EXACT, "sums of values, then of squared deviations"
    ),
}
