"""What becomes of each scikit-learn estimator: how exact its fit is, or why it is refused.

One line an estimator, under its canonical public name. Estimators of scikit-learn that are not
here are known by name only (``sklearn_names.py``) and are left as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fedmigrate.plan import Exactness

Constant = str | int | float | bool | None
Level = tuple[Exactness, str]


@dataclass(frozen=True)
class Entry:
    """What the tool knows about one estimator.

    Parameters
    ----------
    exactness : Exactness
        The class that its default parameters lead to.
    how : str
        One clause: how that is reached or, for a refused one, why it is refused.
    refuses : mapping of str to tuple
        Parameter -> the values that are supported; any other value is refused.
    by_parameter : mapping of (str, constant) to (Exactness, str)
        Where one value of a parameter leads to another class: that class, and how it is reached.
    positional : tuple of str
        Names of the parameters that the constructor takes by position.
    composite : bool
        Whether it is built of other estimators, whose classes it then takes on.
    instead : str
        For a refused one: the nearest alternative.
    """

    exactness: Exactness
    how: str
    refuses: Mapping[str, tuple[Constant, ...]] = field(default_factory=dict)
    by_parameter: Mapping[tuple[str, Constant], Level] = field(default_factory=dict)
    positional: tuple[str, ...] = ()
    composite: bool = False
    instead: str = ""


_EXACT = Exactness.EXACT
_LINEAR = "sklearn.linear_model"
_PREPROCESSING = "sklearn.preprocessing"

_SUPPORTED = {
    f"{_LINEAR}.LinearRegression": Entry(
        _EXACT, "sums of centred cross products", refuses={"positive": (False,)}
    ),
    f"{_LINEAR}.Ridge": Entry(
        _EXACT,
        "sums of centred cross products",
        refuses={"positive": (False,), "solver": ("auto", "cholesky", "svd")},
        positional=("alpha",),
    ),
    f"{_LINEAR}.LogisticRegression": Entry(
        _EXACT,
        "scikit-learn's own L-BFGS-B on summed losses and gradients",
        refuses={
            "solver": ("lbfgs", "newton-cholesky"),
            "penalty": ("l2", None, "deprecated"),
            "l1_ratio": (0, None),
            "dual": (False,),
            "warm_start": (False,),
            "multi_class": ("auto", "multinomial", "deprecated"),
        },
        by_parameter={
            ("solver", "newton-cholesky"): (
                Exactness.EQUIVALENT,
                "Newton steps on summed gradients and Hessians reach the same optimum",
            )
        },
        positional=("penalty",),
    ),
    f"{_PREPROCESSING}.StandardScaler": Entry(_EXACT, "sums and centred sums of squares"),
    f"{_PREPROCESSING}.MinMaxScaler": Entry(
        _EXACT, "minima and maxima", positional=("feature_range",)
    ),
    f"{_PREPROCESSING}.OneHotEncoder": Entry(_EXACT, "the union of the categories"),
    f"{_PREPROCESSING}.LabelEncoder": Entry(_EXACT, "the union of the labels"),
    "sklearn.impute.SimpleImputer": Entry(
        _EXACT,
        "sums, counts and order statistics",
        refuses={"strategy": ("mean", "median", "most_frequent", "constant")},
    ),
    "sklearn.pipeline.Pipeline": Entry(
        _EXACT,
        "as its steps",
        refuses={"memory": (None,), "transform_input": (None,)},
        positional=("steps",),
        composite=True,
    ),
    "sklearn.compose.ColumnTransformer": Entry(
        _EXACT, "as its transformers", positional=("transformers",), composite=True
    ),
}


def _refused(reason: str, instead: str, *names: str) -> dict[str, Entry]:
    return {f"sklearn.{name}": Entry(Exactness.REFUSED, reason, instead=instead) for name in names}


_REFUSED = {
    **_refused(
        "its fitted model is the training rows themselves",
        "sklearn.linear_model.LogisticRegression",
        "neighbors.KNeighborsClassifier",
        "neighbors.RadiusNeighborsClassifier",
        "semi_supervised.LabelPropagation",
        "semi_supervised.LabelSpreading",
    ),
    **_refused(
        "its fitted model is the training rows themselves",
        "sklearn.linear_model.Ridge",
        "neighbors.KNeighborsRegressor",
        "neighbors.RadiusNeighborsRegressor",
        "isotonic.IsotonicRegression",
    ),
    **_refused(
        "its fitted model is the training rows themselves",
        "aggregates such as means and histograms",
        "neighbors.KNeighborsTransformer",
        "neighbors.KernelDensity",
        "neighbors.LocalOutlierFactor",
        "neighbors.NearestNeighbors",
        "neighbors.RadiusNeighborsTransformer",
    ),
    **_refused(
        "each missing value is filled from the nearest rows, which other parties may hold",
        "sklearn.impute.SimpleImputer",
        "impute.KNNImputer",
    ),
    **_refused(
        "it needs the kernel of every pair of rows, and its support vectors are rows",
        "sklearn.linear_model.LogisticRegression",
        "svm.NuSVC",
        "svm.SVC",
    ),
    **_refused(
        "it needs the kernel of every pair of rows, and its support vectors are rows",
        "sklearn.linear_model.Ridge",
        "svm.NuSVR",
        "svm.SVR",
    ),
    **_refused(
        "it needs the kernel of every pair of rows, and its support vectors are rows",
        "aggregates such as means and histograms",
        "svm.OneClassSVM",
    ),
    **_refused(
        "it needs the kernel of every pair of rows and keeps the rows in the model",
        "sklearn.linear_model.LogisticRegression",
        "gaussian_process.GaussianProcessClassifier",
    ),
    **_refused(
        "it needs the kernel of every pair of rows and keeps the rows in the model",
        "sklearn.linear_model.Ridge",
        "gaussian_process.GaussianProcessRegressor",
        "kernel_ridge.KernelRidge",
    ),
    **_refused(
        "it needs the kernel of every pair of rows",
        "sklearn.preprocessing.StandardScaler for scaling alone",
        "decomposition.KernelPCA",
        "preprocessing.KernelCenterer",
    ),
    **_refused(
        "it needs the distance of every pair of rows",
        "aggregates by group, computed at the parties",
        "cluster.AffinityPropagation",
        "cluster.AgglomerativeClustering",
        "cluster.DBSCAN",
        "cluster.HDBSCAN",
        "cluster.MeanShift",
        "cluster.OPTICS",
        "cluster.SpectralClustering",
    ),
    **_refused(
        "it places every row by its distance to the others",
        "aggregates such as means and histograms",
        "manifold.ClassicalMDS",
        "manifold.Isomap",
        "manifold.LocallyLinearEmbedding",
        "manifold.MDS",
        "manifold.SpectralEmbedding",
        "manifold.TSNE",
    ),
}

ESTIMATORS: Mapping[str, Entry] = {**_SUPPORTED, **_REFUSED}

FACTORIES: Mapping[str, str] = {
    "sklearn.pipeline.make_pipeline": "sklearn.pipeline.Pipeline",
    "sklearn.compose.make_column_transformer": "sklearn.compose.ColumnTransformer",
    "sklearn.pipeline.make_union": "sklearn.pipeline.FeatureUnion",
}
"""Functions that build an estimator from estimators -> the class they build."""
