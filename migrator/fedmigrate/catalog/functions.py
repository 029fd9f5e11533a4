"""scikit-learn's whole-data functions: which have a counterpart in ``fedruntime``, and loaders.

Loaders of pandas and numpy stand here too, because they are the places where rows come from.
Operations on rows once loaded are in ``operations.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Role(str, Enum):
    """What a whole-data function does with the rows, and so what it gives back."""

    SPLIT = "split"  # two parts of each array
    FOLDS = "folds"  # a class whose split() gives public row numbers
    CROSS_VALIDATION = "cross_validation"  # fits a plain estimator on parts of the rows
    PREDICTION = "prediction"  # fits likewise, and predicts every row
    METRIC = "metric"  # public figures
    DISPLAY = "display"  # a plot of public figures
    SAMPLE = "sample"  # rows of each array, drawn anew
    ROWS = "rows"  # rows computed from rows
    TABLE = "table"  # rows, or public tables, as pandas gives them
    PERMUTATION = "permutation"  # public figures that depend on draws of its own


_SELECTION = "sklearn.model_selection"
_METRICS = "sklearn.metrics"

_NAMES = {
    (_SELECTION, Role.SPLIT): "train_test_split",
    (_SELECTION, Role.FOLDS): """
        GroupKFold GroupShuffleSplit KFold LeaveOneGroupOut LeavePGroupsOut PredefinedSplit
        RepeatedKFold RepeatedStratifiedKFold ShuffleSplit StratifiedGroupKFold StratifiedKFold
        StratifiedShuffleSplit TimeSeriesSplit
    """,
    (_SELECTION, Role.CROSS_VALIDATION): """
        cross_val_score cross_validate learning_curve validation_curve
    """,
    (_SELECTION, Role.PERMUTATION): "permutation_test_score",
    ("sklearn.inspection", Role.PERMUTATION): "permutation_importance",
    ("sklearn.inspection", Role.DISPLAY): "DecisionBoundaryDisplay.from_estimator",
    (_SELECTION, Role.DISPLAY): """
        LearningCurveDisplay.from_estimator ValidationCurveDisplay.from_estimator
    """,
    (_SELECTION, Role.PREDICTION): "cross_val_predict",
    ("sklearn.utils", Role.SAMPLE): "resample shuffle",
    ("sklearn.utils.class_weight", Role.METRIC): "compute_class_weight",
    ("sklearn.utils.class_weight", Role.ROWS): "compute_sample_weight",
    ("sklearn.utils.multiclass", Role.METRIC): "type_of_target unique_labels",
    ("sklearn.preprocessing", Role.ROWS): """
        add_dummy_feature binarize label_binarize maxabs_scale minmax_scale normalize
        power_transform quantile_transform robust_scale scale
    """,
    ("sklearn.feature_selection", Role.METRIC): """
        chi2 f_classif f_regression mutual_info_classif r_regression
    """,
    ("sklearn.covariance", Role.METRIC): "empirical_covariance ledoit_wolf oas",
    ("pandas", Role.TABLE): """
        DataFrame Series concat crosstab cut factorize get_dummies isna isnull merge notna notnull
        pivot_table qcut to_datetime to_numeric unique
    """,
    (_METRICS, Role.METRIC): """
        accuracy_score adjusted_mutual_info_score adjusted_rand_score
        average_precision_score balanced_accuracy_score brier_score_loss
        calinski_harabasz_score class_likelihood_ratios classification_report
        cohen_kappa_score completeness_score confusion_matrix
        confusion_matrix_at_thresholds coverage_error d2_absolute_error_score
        d2_brier_score d2_log_loss_score d2_pinball_score d2_tweedie_score
        davies_bouldin_score dcg_score det_curve explained_variance_score f1_score
        fbeta_score fowlkes_mallows_score hamming_loss hinge_loss
        homogeneity_completeness_v_measure homogeneity_score jaccard_score
        label_ranking_average_precision_score label_ranking_loss log_loss
        matthews_corrcoef max_error mean_absolute_error mean_absolute_percentage_error
        mean_gamma_deviance mean_pinball_loss mean_poisson_deviance mean_squared_error
        mean_squared_log_error mean_tweedie_deviance median_absolute_error
        multilabel_confusion_matrix mutual_info_score ndcg_score
        normalized_mutual_info_score pair_confusion_matrix precision_recall_curve
        precision_recall_fscore_support precision_score r2_score rand_score recall_score
        roc_auc_score roc_curve root_mean_squared_error root_mean_squared_log_error
        top_k_accuracy_score v_measure_score zero_one_loss
    """,
    (_METRICS, Role.DISPLAY): """
        ConfusionMatrixDisplay.from_estimator ConfusionMatrixDisplay.from_predictions
        DetCurveDisplay.from_estimator DetCurveDisplay.from_predictions
        PrecisionRecallDisplay.from_estimator PrecisionRecallDisplay.from_predictions
        RocCurveDisplay.from_estimator RocCurveDisplay.from_predictions
    """,
}
COUNTERPARTS: Mapping[str, Role] = {
    f"{module}.{name}": role for (module, role), names in _NAMES.items() for name in names.split()
}
"""Functions and classes of scikit-learn and pandas that ``fedruntime`` has under the same name."""

SHOWS_ROWS: frozenset[str] = frozenset(
    {
        f"{_METRICS}.PredictionErrorDisplay.from_estimator",
        f"{_METRICS}.PredictionErrorDisplay.from_predictions",
    }
)
"""Functions of scikit-learn that draw a point for every row."""

PERMUTED_WITHIN = "values are permuted within each party, where they may not cross between them"
"""Why what a function permutes is not what scikit-learn permutes."""

_SPLITTERS = """
    GroupKFold GroupShuffleSplit KFold LeaveOneGroupOut LeaveOneOut LeavePGroupsOut LeavePOut
    PredefinedSplit RepeatedKFold RepeatedStratifiedKFold ShuffleSplit StratifiedGroupKFold
    StratifiedKFold StratifiedShuffleSplit TimeSeriesSplit
"""
SPLITTERS: frozenset[str] = frozenset(f"{_SELECTION}.{name}" for name in _SPLITTERS.split())
"""Classes whose ``split`` draws row numbers from the data, with a counterpart or without."""

LOADERS: Mapping[str, str] = {
    "pandas.read_csv": "frame",
    "pandas.read_excel": "frame",
    "pandas.read_feather": "frame",
    "pandas.read_fwf": "frame",
    "pandas.read_hdf": "frame",
    "pandas.read_json": "frame",
    "pandas.read_orc": "frame",
    "pandas.read_parquet": "frame",
    "pandas.read_pickle": "frame",
    "pandas.read_sas": "frame",
    "pandas.read_spss": "frame",
    "pandas.read_stata": "frame",
    "pandas.read_table": "frame",
    "pandas.read_xml": "frame",
    "numpy.genfromtxt": "array",
    "numpy.load": "array",
    "numpy.loadtxt": "array",
}
"""Loaders of pandas and numpy -> the kind of object that they give."""

OBJECT_LOADERS: frozenset[str] = frozenset(
    ("joblib.load", "pickle.load", "pickle.loads", "cloudpickle.load", "dill.load", "skops.io.load")
)
"""Functions that give an object whose class the file decides."""

PIECEWISE: frozenset[str] = frozenset({"chunksize", "iterator"})
"""Arguments with which a loader gives pieces one after another instead of rows."""

_BUNCH_PUBLIC = """
    DESCR categories data_filename data_module details feature_names filename filenames
    frame_filename target_filename target_names url
"""
BUNCH_PUBLIC: frozenset[str] = frozenset(_BUNCH_PUBLIC.split())
"""Entries of scikit-learn's Bunch objects that describe the data and hold no rows."""


def dataset_loader(name: str) -> str | None:
    """The kind of object a loader of ``sklearn.datasets`` gives by default; None for others.

    ``bunch``, or ``pair`` for those that give ``X, y`` at once.
    """
    module, _, function = name.rpartition(".")
    if module != "sklearn.datasets":
        return None
    if function.startswith(("make_", "load_svmlight")):
        return "pair"
    if function.startswith(("load_", "fetch_")):
        return "bunch"
    return None
