"""What becomes of each scikit-learn estimator: how exact its fit is, or why it is refused.

Estimators of scikit-learn that are not here are known by name only (``sklearn_names.py``) and are
left as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

from fedmigrate.catalog.entry import Entry
from fedmigrate.catalog.refused import REFUSED
from fedmigrate.catalog.supported import SUPPORTED

ESTIMATORS: Mapping[str, Entry] = {**SUPPORTED, **REFUSED}

FACTORIES: Mapping[str, str] = {
    "sklearn.pipeline.make_pipeline": "sklearn.pipeline.Pipeline",
    "sklearn.compose.make_column_transformer": "sklearn.compose.ColumnTransformer",
    "sklearn.pipeline.make_union": "sklearn.pipeline.FeatureUnion",
}
"""Functions that build an estimator from estimators -> the class they build."""

ROW_ATTRIBUTES: frozenset[str] = frozenset(
    ("dist_", "labels_", "outliers_", "raw_support_", "x_scores_", "y_scores_")
)
"""Fitted attributes of one entry a row: they stay at the parties, as handles."""
