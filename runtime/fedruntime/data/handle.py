"""The root of all handles: a name for rows that stay at the parties, and what is public of them.

What a handle can do is written in its subclasses; how one is made and forgotten, and the refusal
to show rows, is written here.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from fedruntime.attempts import AtParties, Restartable
from fedruntime.caller import where
from fedruntime.data.facts import Facts, PartFacts
from fedruntime.data.layout import RowLayout
from fedruntime.errors import RevealError
from fedruntime.messages import Ref

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange


class Handle(AtParties, Restartable, asks=False):
    """Rows at the parties of one federation.

    Parameters
    ----------
    federation : Exchange
    ref : Ref
        The rows' name at every party.
    layout : RowLayout
        Of all parties that hold a part, whether or not they take part now.
    facts : PartFacts
        What these told of their parts.
    """

    kinds: ClassVar[dict[str, type[Handle]]] = {}  # facts.kind -> class

    def __init__(self, federation: Exchange, ref: Ref, layout: RowLayout, facts: PartFacts) -> None:
        self._federation = federation
        self._whole_layout = layout
        self._ref = ref
        self._part_facts = facts
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
        """Where the rows of those who take part now lie."""
        whole = self._whole_layout
        if self._federation.complete:
            return whole
        return whole.restricted(set(self.holders).intersection(self._federation.parties))

    @property
    def facts(self) -> Facts:
        """What is public of the rows of those who take part now."""
        return self._part_facts.over(self.layout.parties)

    @property
    def holders(self) -> tuple[str, ...]:
        """The parties that hold a part, whether or not they take part now."""
        return tuple(party for party in self._whole_layout.parties if party in self._part_facts)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.facts.shape

    @property
    def ndim(self) -> int:
        return len(self.facts.shape)

    @property
    def size(self) -> int:
        size = 1
        for extent in self.facts.shape:
            size *= extent
        return size

    def __len__(self) -> int:
        return self.facts.shape[0]

    def __repr__(self) -> str:
        extent = " x ".join(str(extent) for extent in self.shape)
        counts = ", ".join(
            f"{party}: {count}"
            for party, count in zip(self.layout.parties, self.facts.rows, strict=True)
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


class AlignedRows(AtParties):
    """Rows whose columns lie at several parties; what they can do is written in ``vertical``."""

    def __len__(self) -> int:
        raise NotImplementedError

    def take(self, indices: Any) -> Any:
        """The rows at pooled positions, in that order."""
        raise NotImplementedError

    def to_frame(self, labels: Any) -> Any:
        """The rows as a table with column labels."""
        raise NotImplementedError


def handles_in(value: Any) -> Iterator[Handle]:
    """The handles in a value and the containers that it is made of."""
    if isinstance(value, Handle):
        yield value
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from handles_in(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from handles_in(entry)
