"""How a function of ours stands in for scikit-learn's: it takes the installed version's arguments,
looks where the rows are, and leaves local data to scikit-learn. What is computed over parties is
written beside each function, not here.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fedruntime.aggregation.default import AGGREGATOR
from fedruntime.attempts import attempted
from fedruntime.caller import where
from fedruntime.cohort import Cohort
from fedruntime.current import current
from fedruntime.data.assemble import assemble
from fedruntime.data.handle import AlignedRows, Handle
from fedruntime.devices import PYUObject
from fedruntime.errors import DataError
from fedruntime.exchange import common_layout

Function = Callable[..., Any]


def at_parties(given: Mapping[str, Any]) -> bool:
    """Whether row arguments lie at the parties; if not, they are scikit-learn's business.

    Parameters
    ----------
    given : mapping
        Row arguments by name; ``None`` where one is absent.

    Raises
    ------
    DataError
        If some lie at the parties and some do not, or their rows lie at different places.
    """
    held = [name for name, rows in given.items() if isinstance(rows, Handle | AlignedRows)]
    if not held:
        return False
    local = [name for name, rows in given.items() if rows is not None and name not in held]
    if local:
        raise DataError(
            f"{where()}{held[0]} lies at the parties, but {', '.join(local)} does not: load all "
            "of them with fed.load, or compute them from what was loaded there"
        )
    row_count([rows for rows in given.values() if rows is not None])
    return True


def row_count(rows: Sequence[Any]) -> int:
    """How many rows all of these have, which lie at the parties.

    Raises
    ------
    DataError
        If their rows lie at different places, or differ in number.
    """
    if not any(isinstance(one, AlignedRows) for one in rows):
        return len(common_layout(rows))
    first, *others = rows
    for other in others:
        if len(other) != len(first):
            raise DataError(f"{where()}{first!r} and {other!r} differ in the number of rows")
    return len(first)


def counterpart(local: Function, *row_arguments: str) -> Callable[[Function], Function]:
    """Make a computation over parties the counterpart of a scikit-learn function.

    Parameters
    ----------
    local : callable
        scikit-learn's function. The counterpart has its signature, whatever the version.
    *row_arguments : str
        Its parameters that hold one entry a row; names it does not have are passed over.

    Returns
    -------
    callable
        Decorator of ``(cohort, **options) -> result``, where the cohort holds the row arguments
        and the options are all others that were given.
    """
    signature = inspect.signature(local)

    def decorate(federated: Function) -> Function:
        @attempted
        @functools.wraps(federated)
        def dispatch(*args: Any, **kwargs: Any) -> Any:
            options = dict(signature.bind(*args, **kwargs).arguments)
            rows = {name: assembled(options.pop(name)) for name in row_arguments if name in options}
            if not at_parties(rows):
                return local(*args, **kwargs)
            federation = next(r.federation for r in rows.values() if r is not None)
            return federated(Cohort(federation, AGGREGATOR, rows, local.__name__), **options)

        dispatch.__name__ = dispatch.__qualname__ = local.__name__
        dispatch.__signature__ = signature  # type: ignore[attr-defined]
        return dispatch

    return decorate


def assembled(given: Any) -> Any:
    """Device objects, one a party, put together to a handle; anything else as it is."""
    if isinstance(given, list | tuple) and given and all(isinstance(p, PYUObject) for p in given):
        return assemble(current(), given)
    return given
