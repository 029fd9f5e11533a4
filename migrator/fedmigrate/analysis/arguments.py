"""The evaluated arguments of a call."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from fedmigrate.analysis.values import Constant, Value, constants_of


@dataclass(frozen=True)
class Arguments:
    """What a call was given.

    Parameters
    ----------
    node : ast.Call
    positional : tuple of Value
    keywords : dict of str to Value
    rest : tuple of Value
        What ``*`` and ``**`` bring where positions and names are not known.
    """

    node: ast.Call
    positional: tuple[Value, ...]
    keywords: dict[str, Value]
    rest: tuple[Value, ...] = field(default=())

    @property
    def values(self) -> tuple[Value, ...]:
        return (*self.positional, *self.keywords.values(), *self.rest)

    def get(self, position: int, *names: str) -> Value | None:
        """An argument by position or by one of its names."""
        for name in names:
            if name in self.keywords:
                return self.keywords[name]
        return self.positional[position] if position < len(self.positional) else None

    def expression(self, value: Value) -> ast.expr:
        """The expression an argument came from; the call itself where that is not known."""
        for given, expression in self._pairs():
            if given is value:
                return expression
        return self.node

    def _pairs(self) -> Iterator[tuple[Value, ast.expr]]:
        yield from zip(self.positional, self.node.args, strict=False)
        for keyword in self.node.keywords:
            if keyword.arg in self.keywords:
                yield self.keywords[keyword.arg], keyword.value

    def constants(self, names: tuple[str, ...] = ()) -> dict[str, tuple[Constant, ...]]:
        """What the parameters given may be, by name; ``names`` are those by position."""
        given = dict(zip(names, self.positional, strict=False)) | self.keywords
        return {name: constants_of(value) for name, value in given.items()}
