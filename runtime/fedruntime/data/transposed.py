"""Products that sum over rows: ``X.T @ Y`` is an exact sum over the parties. A handle's transpose
is a name for its columns, and knows little else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from fedruntime.attempts import AtParties, Restartable
from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.data.numbers import numbers
from fedruntime.data.row_operations import pick_columns
from fedruntime.data.sums import sum_over_parties
from fedruntime.data.take import align
from fedruntime.errors import UnsupportedError
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange

_INSTEAD = "use X.T @ Y, its columns one by one, or aggregates of X along axis 0"


class FedTransposed(AtParties, Restartable, np.lib.mixins.NDArrayOperatorsMixin):
    """``X.T`` of a two-dimensional array handle.

    Parameters
    ----------
    rows : FedArray
        Of shape (n_samples, n_features).
    """

    def __init__(self, rows: Handle) -> None:
        self._rows = rows

    @property
    def federation(self) -> Exchange:
        return self._rows.federation

    @property
    def T(self) -> Handle:
        """The handle itself."""
        return self._rows

    @property
    def shape(self) -> tuple[int, ...]:
        return self._rows.shape[::-1]

    @property
    def ndim(self) -> int:
        return self._rows.ndim

    @property
    def size(self) -> int:
        return self._rows.size

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self._rows.facts.dtypes[0])

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"<transpose of {self._rows!r}>"

    def __iter__(self) -> Iterator[Handle]:
        return (self[column] for column in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        """A column for an integer; the transpose of some columns for a slice or a list."""
        if isinstance(key, tuple | Handle) or key is None or key is Ellipsis:
            self._refuse("subscripted along its rows")
        if isinstance(key, int | np.integer) and not -len(self) <= key < len(self):
            raise IndexError(f"{where()}{self!r} has no column {key}")
        chosen = self._rows.federation.map(pick_columns, rows=self._rows, key=[key])
        return chosen if chosen.ndim == 1 else FedTransposed(chosen)

    def __matmul__(self, other: Any) -> Array:
        return sum_products(self, other)

    def dot(self, other: Any) -> Array:
        """The product with rows that lie where these lie: a public array."""
        return sum_products(self, other)

    def __rmatmul__(self, other: Any) -> NoReturn:
        self._refuse("multiplied from the left: that gives columns of rows")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if ufunc is np.matmul and method == "__call__" and not kwargs and inputs[0] is self:
            return sum_products(self, inputs[1])
        return self._refuse(f"given to numpy.{ufunc.__name__}")

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function in FUNCTIONS and args and args[0] is self:
            return FUNCTIONS[function](*args, **kwargs)
        return self._refuse(f"given to numpy.{function.__name__}")

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._rows.refuse("copied into a local array", _INSTEAD)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(np.ndarray, name):
            raise AttributeError(f"'FedTransposed' object has no attribute {name!r}")
        return self._refuse(f"asked for .{name}")

    def _refuse(self, verb: str) -> NoReturn:
        raise UnsupportedError(f"{where()}{self!r} cannot be {verb}; {_INSTEAD}")


def transpose(rows: Handle) -> FedTransposed:
    """``rows.T``.

    Raises
    ------
    UnsupportedError
        If there are more axes than two.
    """
    if rows.ndim != 2:
        raise UnsupportedError(f"{where()}only a matrix of rows is transposed, not {rows!r}")
    return FedTransposed(rows)


def sum_products(left: FedTransposed, right: Any) -> Array:
    """``left @ right``, summed over the rows at the parties.

    Parameters
    ----------
    left : FedTransposed of shape (p, n_samples)
    right : Handle of shape (n_samples,) or (n_samples, m)

    Returns
    -------
    ndarray of shape (p,) or (p, m)
        The sum of the parties' own products: equal to the pooled one to rounding.

    Raises
    ------
    UnsupportedError
        If the right side is public: it could pick single rows.
    DataError
        If the two do not have the same rows.
    """
    rows = left.T
    if not isinstance(right, Handle) or right.ndim > 2:
        raise UnsupportedError(
            f"{where()}{left!r} is multiplied by rows that lie at the parties only, because a "
            f"public matrix can pick single rows; not by {right!r}"
        )
    align(rows, right)
    dtypes = [np.dtype(side.facts.dtypes[0]) for side in (rows, right)]
    dtype = np.result_type(*dtypes)
    found = sum_over_parties(rows, products, "matmul", right=right)
    return np.asarray(found["product"]).astype(dtype, copy=False)


def _transpose(transposed: FedTransposed, axes: Sequence[int] | None = None) -> Any:
    if axes is not None:
        raise UnsupportedError(f"{where()}numpy.transpose with axes of {transposed!r}")
    return transposed.T


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.dot: sum_products,
    np.transpose: _transpose,
    np.shape: lambda transposed: transposed.shape,
    np.ndim: lambda transposed: transposed.ndim,
    np.size: lambda transposed: transposed.size,
}
"""numpy's functions whose first argument may be a transpose; other modules add theirs."""


@party_op("rows.products")
def products(rows: Any, right: Any) -> Statistics:
    """The product of one table's transpose with another table of the same rows."""
    return {"product": numbers(rows, None, "float64").T @ numbers(right, None, "float64")}
