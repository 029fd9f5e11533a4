"""What a solver sees of the rows it fits: sums, and the few values declared as revealed.

``sum`` (under the aggregator's masks), ``minimum``, ``maximum`` and ``union`` (in the clear) are
all a solver can ask for; ``derive`` makes new rows that stay at the parties.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from fedruntime.aggregation.aggregator import Aggregator
from fedruntime.data.handle import Handle
from fedruntime.exchange import Exchange
from fedruntime.messages import Array, Release
from fedruntime.operations import Operation
from fedruntime.privacy.releases import noise_deviations


class Cohort:
    """The rows of one fit, at all parties.

    Parameters
    ----------
    federation : Exchange
    aggregator : Aggregator
    rows : mapping
        Row-aligned handles by the parameter name under which operations want them, such as
        ``X``, ``y`` and ``sample_weight``; ``None`` where the fit has none. Statistics also see
        public local arrays here, where an estimator mixes both.
    purpose : str
        For the ledger, such as ``Ridge.fit``.
    """

    has_hessians: ClassVar[bool] = True  # whether second derivatives can be had of all columns

    def __init__(
        self,
        federation: Exchange,
        aggregator: Aggregator,
        rows: Mapping[str, Handle | None],
        purpose: str,
    ) -> None:
        self.federation = federation
        self.aggregator = aggregator
        self.rows = dict(rows)
        self.purpose = purpose

    def __getitem__(self, name: str) -> Handle:
        handle = self.rows[name]
        assert handle is not None, f"{self.purpose} has no {name}"
        return handle

    def has(self, name: str) -> bool:
        return self.rows.get(name) is not None

    @property
    def n_samples(self) -> int:
        return len(self["X"])

    @property
    def n_features(self) -> int:
        return int(self["X"].shape[1])

    def sum(self, operation: Operation, /, **public: Any) -> dict[str, Array]:
        """The exact sum over the parties of every statistic that the operation gives."""
        return self.aggregator.sum_statistics(
            self.federation, operation, self._arguments(operation, public), purpose=self.purpose
        )

    def noisy_sum(
        self, operation: Operation, /, *, mu: float, rate: float = 1.0, **public: Any
    ) -> dict[str, Array]:
        """The sum over the parties with noise, paid from the federation's privacy budget.

        Parameters
        ----------
        operation : Operation
            With a sensitivity.
        mu : float
            The sensitivity over the standard deviation of the noise.
        rate : float
            The chance of a row to be in the sample that the operation draws; below 1 the
            operation has to have it among its arguments.

        Raises
        ------
        BudgetError
            If less is left, or the operation has no private form. Nothing has been sent.
        """
        if rate < 1.0:
            public["rate"] = rate
        return self.aggregator.sum_statistics(
            self.federation,
            operation,
            self._arguments(operation, public),
            purpose=self.purpose,
            mu=mu,
            rate=rate,
        )

    def noise_sd(self, operation: Operation, /, *, mu: float, **public: Any) -> dict[str, Array]:
        """The standard deviation that the noise of ``noisy_sum`` will have, by statistic.

        Where the operation has one sensitivity for everything it stands under ``""``.
        """
        masked = self.aggregator.release is Release.MASKED_SUM
        return noise_deviations(self.federation, operation, public, mu, masked=masked)

    def minimum(self, operation: Operation, /, **public: Any) -> dict[str, Array]:
        """The entry-wise minimum over the parties; each party's own is revealed. NaN is skipped."""
        return self._reduce(np.fmin, operation, public)

    def maximum(self, operation: Operation, /, **public: Any) -> dict[str, Array]:
        """The entry-wise maximum over the parties; each party's own is revealed. NaN is skipped."""
        return self._reduce(np.fmax, operation, public)

    def union(self, operation: Operation, /, **public: Any) -> dict[str, Array]:
        """The sorted distinct values over the parties; each party's own are revealed.

        A party that has none has no say in their dtype either.
        """
        parts = list(self._each(operation, public).values())
        return {name: _union([part[name] for part in parts]) for name in parts[0]}

    def derive(self, operation: Operation, /, **public: Any) -> Handle:
        """New rows, made at the parties from these rows, that stay there."""
        return self.federation.map(
            operation, purpose=self.purpose, **self._arguments(operation, public)
        )

    def derive_together(
        self, **operations: tuple[Operation, Mapping[str, Any]]
    ) -> dict[str, Handle]:
        """New rows of several kinds at once, each by an operation and its public arguments."""
        calls = [
            (operation, self._arguments(operation, public))
            for operation, public in operations.values()
        ]
        handles = self.federation.map_together(calls, purpose=self.purpose)
        return dict(zip(operations, handles, strict=True))

    def replace(self, **rows: Handle | None) -> Cohort:
        """The same fit on other rows."""
        return Cohort(self.federation, self.aggregator, {**self.rows, **rows}, self.purpose)

    def only(self, **rows: Handle | None) -> Cohort:
        """The same fit on these rows alone."""
        return Cohort(self.federation, self.aggregator, rows, self.purpose)

    def named(self, purpose: str) -> Cohort:
        """The same rows on behalf of a part of the fit."""
        return Cohort(self.federation, self.aggregator, self.rows, purpose)

    def _reduce(
        self, reduce: Callable[[Array, Array], Array], operation: Operation, public: Any
    ) -> dict[str, Array]:
        first, *others = self._each(operation, public).values()
        for other in others:
            first = {name: reduce(value, other[name]) for name, value in first.items()}
        return first

    def _each(self, operation: Operation, public: Any) -> dict[str, dict[str, Array]]:
        return self.federation.collect(
            operation, purpose=self.purpose, **self._arguments(operation, public)
        )

    def _arguments(self, operation: Operation, public: Mapping[str, Any]) -> dict[str, Any]:
        rows = {name: rows for name, rows in self.rows.items() if name in operation.parameters}
        return {**rows, **public}


def _union(parts: Sequence[Array]) -> Array:
    values: Array = np.concatenate([part for part in parts if len(part)] or parts[:1])
    return np.unique(values)
