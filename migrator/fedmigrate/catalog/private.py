"""What has a private form under a privacy budget, and how many of the budget's parts it takes.

Tests hold the estimators to the runtime's registry of private fits, and the functions to what the
runtime lets out.
"""

from __future__ import annotations

from collections.abc import Mapping

PREDICTOR = 6
_TRANSFORMER = 3
_METRIC = 1
_STATELESS = 0

PRIVATE_FITS: Mapping[str, int] = {
    "sklearn.compose.ColumnTransformer": 2 * _TRANSFORMER,
    "sklearn.dummy.DummyClassifier": PREDICTOR,
    "sklearn.dummy.DummyRegressor": PREDICTOR,
    "sklearn.linear_model.GammaRegressor": PREDICTOR,
    "sklearn.linear_model.LinearRegression": PREDICTOR,
    "sklearn.linear_model.LogisticRegression": PREDICTOR,
    "sklearn.linear_model.PoissonRegressor": PREDICTOR,
    "sklearn.linear_model.Ridge": PREDICTOR,
    "sklearn.linear_model.TweedieRegressor": PREDICTOR,
    "sklearn.naive_bayes.BernoulliNB": PREDICTOR,
    "sklearn.naive_bayes.GaussianNB": PREDICTOR,
    "sklearn.naive_bayes.MultinomialNB": PREDICTOR,
    "sklearn.pipeline.FeatureUnion": 2 * _TRANSFORMER,
    "sklearn.pipeline.Pipeline": _TRANSFORMER + PREDICTOR,
    "sklearn.preprocessing.Binarizer": _STATELESS,
    "sklearn.preprocessing.FunctionTransformer": _STATELESS,
    "sklearn.preprocessing.MaxAbsScaler": _STATELESS,
    "sklearn.preprocessing.MinMaxScaler": _STATELESS,
    "sklearn.preprocessing.Normalizer": _STATELESS,
    "sklearn.preprocessing.PolynomialFeatures": _STATELESS,
    "sklearn.preprocessing.StandardScaler": _TRANSFORMER,
}

PRIVATE_FUNCTIONS: Mapping[str, int] = {
    "sklearn.metrics.accuracy_score": _METRIC,
    "sklearn.metrics.balanced_accuracy_score": _METRIC,
    "sklearn.metrics.class_likelihood_ratios": _METRIC,
    "sklearn.metrics.classification_report": _METRIC,
    "sklearn.metrics.cohen_kappa_score": _METRIC,
    "sklearn.metrics.confusion_matrix": _METRIC,
    "sklearn.metrics.f1_score": _METRIC,
    "sklearn.metrics.fbeta_score": _METRIC,
    "sklearn.metrics.hamming_loss": _METRIC,
    "sklearn.metrics.jaccard_score": _METRIC,
    "sklearn.metrics.matthews_corrcoef": _METRIC,
    "sklearn.metrics.mean_absolute_error": _METRIC,
    "sklearn.metrics.mean_squared_error": _METRIC,
    "sklearn.metrics.multilabel_confusion_matrix": _METRIC,
    "sklearn.metrics.precision_recall_fscore_support": _METRIC,
    "sklearn.metrics.precision_score": _METRIC,
    "sklearn.metrics.r2_score": _METRIC,
    "sklearn.metrics.recall_score": _METRIC,
    "sklearn.metrics.root_mean_squared_error": _METRIC,
    "sklearn.metrics.zero_one_loss": _METRIC,
}
