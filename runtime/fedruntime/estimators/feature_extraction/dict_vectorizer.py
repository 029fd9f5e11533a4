"""``DictVectorizer``: the names of the features in the parties' dictionaries, revealed by each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sklearn.feature_extraction import DictVectorizer

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError, RevealError
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.operations import Statistics, party_op
from fedruntime.privacy.disclosure import require_repeats


@federated(
    DictVectorizer,
    Exactness.EXACT,
    "union of the parties' feature names, revealed by each",
    # Unsorted columns would show in which order the rows use them.
    parameters={"sort": (True,)},
)
def fit(model: DictVectorizer, cohort: Cohort) -> None:
    """Fit scikit-learn's own vectorizer on one public dictionary that has all features."""
    model._validate_params()
    X = cohort["X"]
    if X.ndim != 1 or not len(X):
        raise DataError(f"DictVectorizer takes one dictionary a row, not rows of shape {X.shape}")
    try:
        names = cohort.union(feature_names, separator=model.separator)["names"]
    except RevealError:
        raise
    except TypeError:
        raise DataError(
            "the keys of the dictionaries are of types that cannot be sorted together"
        ) from None
    model.fit([dict.fromkeys(names.tolist(), 1)])


@party_op("dict_vectorizer.names", reveals="the names of features: keys, and keys with their text")
def feature_names(X: Any, separator: str) -> Statistics:
    """The names that ``DictVectorizer`` gives to what occurs in a party's dictionaries."""
    rows = X.tolist()
    texts: dict[Any, list[str]] = defaultdict(list)
    for row in rows:
        for key, value in row.items():
            if isinstance(value, str):
                texts[key].append(value)
            elif isinstance(value, Iterable) and not isinstance(value, Mapping):
                texts[key].extend(value)
    for key, told in texts.items():
        require_repeats(len(set(told)), len(told), f"the text of key {key!r}")
    found = DictVectorizer(separator=separator, sort=False).fit(rows).feature_names_ if rows else []
    names = np.empty(len(found), dtype=object)
    names[:] = found
    return {"names": names}
