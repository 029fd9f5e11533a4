"""Where names and containers keep their values while a script is followed.

Branches write into a layer of their own, so that joining two branches costs what they wrote and
not what the script has ever named.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterable
from pathlib import Path

from fedmigrate.analysis.values import PUBLIC, Value, join, join_all

Layer = dict[str, Value]


class Frame:
    """The names of a module, function or class body, inside the frame around it."""

    def __init__(
        self, around: Frame | None = None, *, of_class: bool = False, path: Path | None = None
    ) -> None:
        self.around = around
        self.of_class = of_class
        self.path = path  # of the file, where it is the frame of a module
        self.layers: list[Layer] = [{}]
        self.elsewhere: dict[str, Frame] = {}  # names declared global or nonlocal
        self.returned: list[Value] = []
        self.yielded: list[Value] = []
        self.version = 0  # counts bindings, so that what was computed from them can be stale

    def own(self, name: str) -> Value | None:
        """The value of a name bound in this frame itself."""
        for layer in reversed(self.layers):
            if name in layer:
                return layer[name]
        return None

    @property
    def module(self) -> Frame:
        """The frame of the module around."""
        frame = self
        while frame.around is not None:
            frame = frame.around
        return frame

    def bound(self) -> Layer:
        """Every name that is bound in this frame itself."""
        return {name: value for layer in self.layers for name, value in layer.items()}

    def get(self, name: str) -> Value | None:
        frame: Frame | None = self.elsewhere.get(name, self)
        while frame is not None:
            value = frame.own(name)
            if value is not None:
                return value
            frame = frame.around
        return None

    def set(self, name: str, value: Value) -> None:
        self.version += 1
        home = self.elsewhere.get(name)
        if home is None:
            self.layers[-1][name] = value
            return
        home.version += 1
        present = home.own(name)
        # Whether and when the function runs is not known to the other frame: it may be either.
        home.layers[0][name] = value if present is None else join(present, value)
        for layer in home.layers[1:]:
            layer.pop(name, None)

    def branch(self) -> None:
        self.layers.append({})

    def leave(self) -> Layer:
        return self.layers.pop()

    def merge(self, layers: Iterable[Layer], *, complete: bool) -> bool:
        """Join what branches wrote; without ``complete`` none of them may have run.

        Returns
        -------
        bool
            Whether any name changed its value.
        """
        taken = list(layers)
        changed = False
        for name in dict.fromkeys(name for layer in taken for name in layer):
            before = self.own(name)
            values = [layer[name] for layer in taken if name in layer]
            skipped = not complete or len(values) < len(taken)
            if skipped and before is not None:
                values.insert(0, before)
            value = join_all(values)
            if value != before:
                changed = True
                self.layers[-1][name] = value
        return changed


class Heap:
    """What lists, dictionaries and objects of the script hold."""

    def __init__(self) -> None:
        self._boxes: dict[ast.AST, dict[Hashable, Value]] = {}
        self._contents: dict[ast.AST, Value] = {}
        self._attributes: dict[tuple[ast.ClassDef, str], Value] = {}
        self.version = 0  # counts changes, so that a function's result can be known to be stale

    def put(self, box: ast.AST, key: Hashable, value: Value) -> None:
        entries = self._boxes.setdefault(box, {})
        present = entries.get(key)
        joined = value if present is None else join(present, value)
        if joined != present:
            entries[key] = joined
            content = self._contents.get(box)
            self._contents[box] = joined if content is None else join(content, joined)
            self.version += 1

    def entries(self, box: ast.AST) -> dict[Hashable, Value]:
        return self._boxes.setdefault(box, {})

    def content(self, box: ast.AST) -> Value:
        """The join of all that a box holds; kept up to date, because lists are read often."""
        return self._contents.get(box, PUBLIC)

    def set_attribute(self, node: ast.ClassDef, name: str, value: Value) -> None:
        present = self._attributes.get((node, name))
        joined = value if present is None else join(present, value)
        if joined != present:
            self._attributes[node, name] = joined
            self.version += 1

    def attribute(self, node: ast.ClassDef, name: str) -> Value | None:
        return self._attributes.get((node, name))
