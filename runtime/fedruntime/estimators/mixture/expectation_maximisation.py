"""The fit of a mixture: scikit-learn's own loop, with its starts, its stopping rule and its
warnings, around an E-step that the parties take and an M-step on their sums.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans
from sklearn.mixture._base import BaseMixture

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError
from fedruntime.estimators import registry
from fedruntime.estimators.column_sums import column_sums
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.mixture.component_sums import (
    Components,
    alone,
    component_sums,
    one_hot,
)
from fedruntime.estimators.registry import Exactness
from fedruntime.estimators.state import export_state
from fedruntime.estimators.tables import require_dense, require_table
from fedruntime.messages import Array, Public
from fedruntime.operations import row_op

Floats = npt.NDArray[np.float64]

_DRAWN_ROWS = 2**14

FROM_KMEANS = (
    Exactness.STATISTICAL,
    "scikit-learn's own EM iterations on summed moments, from a federated k-means clustering whose "
    "initial centres are means of at least 10 rows",
)
FROM_DRAWS = (
    Exactness.EXACT,
    "scikit-learn's own EM iterations on summed moments, from the same random responsibilities",
)
STARTS = {
    # The other two put components onto single rows, which would reveal these.
    "init_params": ("kmeans", "random"),
}


class SummedMixture(BaseMixture):  # type: ignore[misc]
    """Stands before a mixture class among the bases of one that is fitted over parties.

    Parameters
    ----------
    family : type
        Class attribute: scikit-learn's class.
    """

    family: type

    def fit_rows(self, rows: Cohort) -> None:
        """Run scikit-learn's loop; its rows are a public table of zeros that nothing looks at."""
        self._rows = rows
        self._mean = rows.sum(column_sums)["sum"] / rows.n_samples
        shape = (min(rows.n_samples, max(2, self.n_components)), rows.n_features)
        try:
            self.fit_predict(np.zeros(shape))
        except ValueError as error:
            raise DataError(str(error)) from None

    def _e_step(self, X: Any, xp: Any = None) -> tuple[float, Floats]:
        # Done with the M-step, in one round.
        return 0.0, np.zeros((1, self.n_components))

    def _m_step(self, X: Any, log_resp: Any, xp: Any = None) -> None:
        found = self._sums(self._rows, self.means_, state=self._state())
        self._expected = found
        self._update(found)

    @abstractmethod
    def _update(self, found: Components) -> None:
        """Set the parameters from the components' sums."""

    def _initial(self, random_state: np.random.RandomState) -> Components:
        """The components under the initial responsibilities."""
        rows = self._rows
        reference = np.tile(self._mean, (self.n_components, 1))
        if self.n_components == 1:
            return self._sums(rows.replace(resp=rows.derive(alone)), reference)
        if self.init_params == "random":
            resp = drawn_responsibilities(rows, self.n_components, random_state)
            return self._sums(rows.replace(resp=resp), reference)
        start = KMeans(n_clusters=self.n_components, n_init=1, random_state=random_state)
        labels = registry.fit(start, rows.named(f"{rows.purpose}: KMeans"))["labels_"]
        resp = rows.replace(labels=labels).derive(one_hot, n_components=self.n_components)
        return self._sums(rows.replace(resp=resp), start.cluster_centers_)

    def _sums(self, rows: Cohort, reference: Floats, state: Public = None) -> Components:
        if self.covariance_type != "full":
            reference = np.tile(self._mean, (self.n_components, 1))
        return component_sums(rows, reference, self.covariance_type, self.reg_covar, state)

    def _state(self) -> Public:
        """What the E-step needs of the model, as the parties get it."""
        mixture: Any = object.__new__(self.family)
        needed = {"n_components", "covariance_type", "weight_concentration_prior_type"}
        vars(mixture).update(
            {
                name: value
                for name, value in vars(self).items()
                if name in needed or (name.endswith("_") and not name.startswith("_"))
            }
        )
        return export_state(mixture)


def fit_mixture(model: Any, cohort: Cohort, kind: type[SummedMixture]) -> None:
    """Fit a model by a class that has the model's class among its bases.

    Raises
    ------
    DataError
        In scikit-learn's words.
    """
    model._validate_params()
    require_table(cohort["X"])
    require_dense(cohort["X"])
    rows = prepare(cohort)
    fitted: Any = object.__new__(kind)
    vars(fitted).update(vars(model))
    fitted.fit_rows(rows.only(X=rows["X"]))
    vars(model).update(
        {name: value for name, value in vars(fitted).items() if name not in _OF_THE_FIT}
    )
    record_features(model, cohort["X"])


_OF_THE_FIT = frozenset({"_rows", "_mean", "_expected"})


def drawn_responsibilities(
    rows: Cohort, n_components: int, random_state: np.random.RandomState
) -> Handle:
    """The random responsibilities that scikit-learn draws for the pooled rows.

    The generator is public: each party repeats all draws, and keeps those of its own rows.
    """
    X = rows["X"]
    each = {party: {"positions": own} for party, own in X.layout.positions.items()}
    resp = rows.federation.map(
        own_draws,
        each=each,
        purpose=rows.purpose,
        X=X,
        generator=random_state.get_state(legacy=False),
        n_samples=len(X),
        n_components=n_components,
    )
    for _ in _draws(random_state, len(X), n_components):
        pass  # the generator goes on behind these draws
    return resp


@row_op("mixture.draws")
def own_draws(
    X: Floats, positions: Array, generator: Public, n_samples: int, n_components: int
) -> Floats:
    """The draws for rows at ascending pooled positions, made to responsibilities."""
    random_state = np.random.RandomState()
    random_state.set_state(generator)
    parts = [np.empty((0, n_components))]
    for start, drawn in _draws(random_state, n_samples, n_components):
        first, last = np.searchsorted(positions, [start, start + len(drawn)])
        parts.append(drawn[positions[first:last] - start])
    resp = np.concatenate(parts)
    return np.asarray(resp / resp.sum(axis=1, keepdims=True))


def _draws(
    random_state: np.random.RandomState, n_samples: int, n_components: int
) -> Iterator[tuple[int, Floats]]:
    """What one draw of shape (n_samples, n_components) gives, in blocks of rows."""
    for start in range(0, n_samples, _DRAWN_ROWS):
        count = min(_DRAWN_ROWS, n_samples - start)
        yield start, random_state.uniform(size=(count, n_components))
