"""What has a counterpart where parties have other columns of the same rows, and what it reveals.

Tests hold the estimators to the runtime's registry of fits across columns, and the operations to
what its tables of several parties have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from fedmigrate.catalog.entry import Constant
from fedmigrate.catalog.functions import COUNTERPARTS, SPLITTERS, Role


class Where(str, Enum):
    """Where an estimator is fitted and used."""

    COLUMNS = "columns"  # at every party on its own columns; nothing leaves
    LABEL = "label"  # at the label party on the label; nothing leaves
    TOGETHER = "together"  # by all parties and the coordinator
    PARTS = "parts"  # where its parts are


@dataclass(frozen=True)
class Across:
    """How an estimator is fitted across columns.

    Parameters
    ----------
    where : Where
    reveals : str
        What is told beyond the fitted model, and whom; empty for nothing.
    parameters : mapping of str to tuple
        Parameter -> the values that are supported; any other value is refused.
    """

    where: Where
    reveals: str = ""
    parameters: Mapping[str, tuple[Constant, ...]] = field(default_factory=dict)


_MOMENTS = "means and cross Gram blocks of all columns to the coordinator"
_LOGITS = "logits to the label party, loss and gradient to the coordinator, each round"
_CLASS_MEANS = "means and squares of columns by class, and class sizes, to the coordinator"
_CLASS_PRODUCTS = "means by class and cross Gram blocks of all columns to the coordinator"
_HISTOGRAMS = "gradients by bin and node to the coordinator, sides of splits to the label party"
_LAYERS = "first-layer parts to the label party, gradients there to the others, row by row"
_DISTANCES = "distances to centres to the label party, each row's nearest centre to the others"
_FOLDS = "which rows are in which fold to all parties, if folds go by label"

_LOCAL = {
    name: Across(Where.COLUMNS)
    for name in (
        "sklearn.feature_selection.VarianceThreshold",
        "sklearn.impute.SimpleImputer",
        "sklearn.preprocessing.Binarizer",
        "sklearn.preprocessing.FunctionTransformer",
        "sklearn.preprocessing.KBinsDiscretizer",
        "sklearn.preprocessing.MaxAbsScaler",
        "sklearn.preprocessing.MinMaxScaler",
        "sklearn.preprocessing.OneHotEncoder",
        "sklearn.preprocessing.OrdinalEncoder",
        "sklearn.preprocessing.PowerTransformer",
        "sklearn.preprocessing.QuantileTransformer",
        "sklearn.preprocessing.RobustScaler",
        "sklearn.preprocessing.StandardScaler",
    )
}
_LEAST_SQUARES = {
    f"sklearn.linear_model.{name}": Across(Where.TOGETHER, _MOMENTS)
    for name in ("ElasticNet", "Lasso", "LinearRegression", "Ridge")
}
_BY_DESCENT = {
    f"sklearn.linear_model.{name}": Across(Where.TOGETHER, _LOGITS, {"solver": ("lbfgs",)})
    for name in ("GammaRegressor", "LogisticRegression", "PoissonRegressor", "TweedieRegressor")
}
_NETWORKS = {
    f"sklearn.neural_network.{name}": Across(Where.TOGETHER, _LAYERS, {"early_stopping": (False,)})
    for name in ("MLPClassifier", "MLPRegressor")
}
_BOOSTED_TREES = {
    f"sklearn.ensemble.{name}": Across(
        Where.TOGETHER,
        _HISTOGRAMS,
        {
            "loss": ("squared_error", "gamma", "poisson", "log_loss"),
            "early_stopping": ("auto", False),
            "categorical_features": (None, "from_dtype", "warn"),
            "class_weight": (None,),
            "interaction_cst": (None,),
            "monotonic_cst": (None,),
            "warm_start": (False,),
        },
    )
    for name in ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor")
}
_SEARCHES = {
    f"sklearn.model_selection.{name}": Across(Where.PARTS, _FOLDS)
    for name in (
        "GridSearchCV",
        "HalvingGridSearchCV",
        "HalvingRandomSearchCV",
        "RandomizedSearchCV",
    )
}

ESTIMATORS_ACROSS: Mapping[str, Across] = {
    **_LOCAL,
    **_LEAST_SQUARES,
    **_BY_DESCENT,
    **_BOOSTED_TREES,
    **_SEARCHES,
    "sklearn.cluster.KMeans": Across(Where.TOGETHER, _DISTANCES),
    "sklearn.compose.ColumnTransformer": Across(Where.PARTS),
    "sklearn.decomposition.PCA": Across(
        Where.TOGETHER, _MOMENTS, {"svd_solver": ("auto", "full", "covariance_eigh")}
    ),
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": Across(
        Where.TOGETHER, _CLASS_PRODUCTS
    ),
    "sklearn.naive_bayes.GaussianNB": Across(Where.TOGETHER, _CLASS_MEANS),
    **_NETWORKS,
    "sklearn.pipeline.Pipeline": Across(Where.PARTS),
    "sklearn.svm.LinearSVC": Across(
        Where.TOGETHER, _LOGITS, {"loss": ("squared_hinge",), "penalty": ("l2",)}
    ),
    "sklearn.svm.LinearSVR": Across(
        Where.TOGETHER, _LOGITS, {"loss": ("squared_epsilon_insensitive",)}
    ),
}
"""Estimators with a fit across columns."""

LABEL_ESTIMATORS: Mapping[str, Across] = {
    f"sklearn.preprocessing.{name}": Across(Where.LABEL)
    for name in ("LabelBinarizer", "LabelEncoder")
}
"""Estimators that are fitted on the label alone, which is a column of one party as any other."""

_OF_COLUMNS = frozenset(
    (
        "sklearn.metrics.calinski_harabasz_score",
        "sklearn.metrics.davies_bouldin_score",
        "sklearn.model_selection.permutation_test_score",
    )
)
_LABEL_ROLES = frozenset((Role.METRIC, Role.DISPLAY))
_LABEL_MODULES = ("sklearn.metrics", "sklearn.utils")

AT_LABEL: frozenset[str] = (
    frozenset(
        name
        for name, role in COUNTERPARTS.items()
        if role in _LABEL_ROLES and name.startswith(_LABEL_MODULES)
    )
    - _OF_COLUMNS
    - {name for name in COUNTERPARTS if name.endswith(".from_estimator")}
)
"""Functions of the label and of predictions, both of which lie at the label party."""

_CROSS_VALIDATION = frozenset(
    f"sklearn.model_selection.{name}"
    for name in ("cross_val_predict", "cross_val_score", "cross_validate")
)
BY_EVERYONE: frozenset[str] = (
    _CROSS_VALIDATION
    | {"sklearn.model_selection.train_test_split"}
    | (SPLITTERS & COUNTERPARTS.keys())
)
"""Functions of whole tables: which rows are taken is the same at all parties."""

TELLS_ROWS: Mapping[str, str] = {
    name: _FOLDS
    for name in BY_EVERYONE
    if name in _CROSS_VALIDATION or name.rpartition(".")[2].startswith("Stratified")
}
"""Functions that may choose rows by label -> what they reveal then."""

TABLE_OPERATIONS: frozenset[str] = frozenset(
    """
    abs assign astype clip columns copy count describe drop dtypes fillna iloc isna isnull items
    keys loc max mean median min ndim notna notnull nunique pop quantile rename replace
    reset_index round select_dtypes shape std sum to_numpy values var
    """.split()  # noqa: SIM905
)
"""What a table of several parties can do; one column, or those of one party, can do more."""

CELL_FUNCTIONS: frozenset[str] = frozenset(
    """
    abs absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh bitwise_and bitwise_or
    bitwise_xor cbrt ceil copysign cos cosh deg2rad degrees divide equal exp exp2 expm1 fabs
    float_power floor floor_divide fmax fmin fmod greater greater_equal heaviside hypot invert
    isfinite isinf isnan less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and
    logical_not logical_or logical_xor maximum minimum mod multiply negative not_equal positive
    power rad2deg radians reciprocal remainder rint sign signbit sin sinh sqrt square subtract tan
    tanh true_divide trunc
    """.split()  # noqa: SIM905
)
"""Functions of numpy that look at one cell at a time, so that they are carried for whole tables."""

FILTERS: frozenset[str] = frozenset(("dropna", "query"))
"""Operations that take rows by what stands in them, which all parties would learn of."""

JOINS: frozenset[str] = frozenset(("join", "merge", "concat"))
"""Operations that put tables side by side."""
