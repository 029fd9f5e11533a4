"""Values that are kept as long as the same parties take part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class per_cohort(Generic[T]):
    """A property that is computed anew when a party has vanished or is back.

    Parameters
    ----------
    compute : callable
        A method of an object that knows its ``federation``.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self._key = f"_{compute.__name__}_per_cohort"
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> per_cohort[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: Any, owner: type) -> per_cohort[T] | T:
        if instance is None:
            return self
        parties = instance.federation.parties
        kept = instance.__dict__.get(self._key)
        if kept is None or kept[0] != parties:
            kept = instance.__dict__[self._key] = (parties, self._compute(instance))
        value: T = kept[1]
        return value
