"""Operations that begin again, over the parties that are left, when one vanishes in the middle.

Only what a script calls begins again: the runtime's own functions inside it may hold counts and
sums of the parties that were there at its start. How it is begun again is ``Exchange.attempt``.
"""

from __future__ import annotations

import functools
import operator
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange

F = TypeVar("F", bound=Callable[..., Any])


class AtParties:
    """What lies at the parties of one federation, and knows it as ``federation``."""


@dataclass
class Attempt:
    """One go at an outermost operation.

    Parameters
    ----------
    parties : tuple of str
        Those who take part in it from beginning to end.
    go_on_with : tuple of str, optional
        Set when it has to begin again: those who are left.
    """

    parties: tuple[str, ...]
    go_on_with: tuple[str, ...] | None = None


class UnderWay(threading.local):
    """The attempt of the calling thread, if there is one."""

    attempt: Attempt | None = None


def attempted(function: F) -> F:
    """Let a function begin again if a party vanishes while it runs.

    The federation is that of the first argument that lies at parties; without one the function
    just runs.
    """

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        federation = federation_of((*args, *kwargs.values()))
        if federation is None:
            return function(*args, **kwargs)
        return federation.attempt(lambda: function(*args, **kwargs), (args, kwargs))

    return run  # type: ignore[return-value]


def federation_of(values: Iterable[Any]) -> Exchange | None:
    """The federation of the first value, or entry of a container, that lies at parties."""
    for value in values:
        if isinstance(value, AtParties):
            held: Any = value
            return held.federation  # type: ignore[no-any-return]
        if isinstance(value, list | tuple):
            found = federation_of(value)
        elif isinstance(value, Mapping):
            found = federation_of(value.values())
        else:
            continue
        if found is not None:
            return found
    return None


class Restartable:
    """A class whose public methods, operators and properties are ``attempted``.

    With ``asks=False`` those in its own body are not: they ask no party for anything.
    """

    def __init_subclass__(cls, asks: bool = True, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not asks:
            return
        for name, value in list(vars(cls).items()):
            if name == "federation" or (name.startswith("_") and name not in _OPERATORS):
                continue
            if isinstance(value, FunctionType):
                setattr(cls, name, attempted(value))
            elif isinstance(value, property) and value.fget is not None:
                setter = None if value.fset is None else attempted(value.fset)
                setattr(
                    cls, name, property(attempted(value.fget), setter, value.fdel, value.__doc__)
                )


_OPERATORS = {name for name in vars(operator) if name.startswith("__")} | {
    "__array_function__",
    "__array_ufunc__",
    "__radd__",
    "__rand__",
    "__rdivmod__",
    "__rfloordiv__",
    "__rmatmul__",
    "__rmod__",
    "__rmul__",
    "__ror__",
    "__rpow__",
    "__rsub__",
    "__rtruediv__",
    "__rxor__",
}
