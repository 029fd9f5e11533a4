"""The root of all handles: a name for rows that stay at the parties, and what is public of them.

What a handle can do is written in its subclasses; how one is made and forgotten, and the refusal
to show rows, is written here.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from fedruntime.caller import where
from fedruntime.data.facts import Facts
from fedruntime.data.layout import RowLayout
from fedruntime.errors import RevealError
from fedruntime.messages import Ref

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange


class Handle:
    """Rows at the parties of one federation.

    Parameters
    ----------
    federation : Exchange
    ref : Ref
        The rows' name at every party.
    layout : RowLayout
    facts : Facts
    """

    kinds: ClassVar[dict[str, type[Handle]]] = {}  # facts.kind -> class

    def __init__(self, federation: Exchange, ref: Ref, layout: RowLayout, facts: Facts) -> None:
        self._federation = federation
        self._layout = layout
        self._ref = ref
        self._facts = facts
        # The rows live as long as their name is held, by this handle or by another.
        weakref.finalize(ref, federation.forget, Ref(ref.name)).atexit = False

    def __init_subclass__(cls, kind: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if kind is not None:
            Handle.kinds[kind] = cls

    @property
    def federation(self) -> Exchange:
        return self._federation

    @property
    def ref(self) -> Ref:
        return self._ref

    @property
    def layout(self) -> RowLayout:
        return self._layout

    @property
    def facts(self) -> Facts:
        return self._facts

    @property
    def shape(self) -> tuple[int, ...]:
        return self._facts.shape

    @property
    def ndim(self) -> int:
        return len(self._facts.shape)

    @property
    def size(self) -> int:
        size = 1
        for extent in self._facts.shape:
            size *= extent
        return size

    def __len__(self) -> int:
        return self._facts.shape[0]

    def __repr__(self) -> str:
        extent = " x ".join(str(extent) for extent in self.shape)
        counts = ", ".join(
            f"{party}: {count}"
            for party, count in zip(self._layout.parties, self._facts.rows, strict=True)
        )
        return f"<{type(self).__name__} {extent}; rows at {counts}>"

    def __str__(self) -> str:
        self.refuse(
            "printed",
            "leave the line out, print its shape or an aggregate such as X.mean(axis=0), "
            "describe() or value_counts(), or let a party look at its own rows itself",
        )

    def __format__(self, spec: str) -> str:
        self.refuse(
            "printed",
            "leave the line out, print its shape or an aggregate such as X.mean(axis=0), "
            "describe() or value_counts(), or let a party look at its own rows itself",
        )

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self.refuse(
            "copied into a local array",
            "keep working on the handle, call the fedruntime counterpart of this function, "
            "or aggregate first",
        )

    def __iter__(self) -> NoReturn:
        self.refuse("iterated", "use a row-wise operation or an aggregate")

    def __bool__(self) -> NoReturn:
        self.refuse("tested for truth", "use an aggregate such as len(X) or X.sum()")

    def refuse(self, verb: str, instead: str) -> NoReturn:
        """Refuse to show rows, with the line of the user's script that asked for it."""
        raise RevealError(
            f"{where()}{self!r} cannot be {verb}: rows stay at the parties; {instead}"
        )
