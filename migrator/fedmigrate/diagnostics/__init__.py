"""The diagnostics, one file a code: what is said in one line, and what ``explain`` says at length.

Comments, summaries, JSON and ``docs/diagnostics.md`` are all drawn from here. To add a diagnostic,
add a file: its name is the code, its docstring the page, its example a test. FM1xx is converted,
with something to know (FM10x about exactness, FM11x about traps in the script itself, FM12x about
suppressions, FM13x about privacy budgets, FM14x about vertical federations); FM2xx is left as it
was; with FM3xx rows would reach the coordinator; FM9xx means that the input cannot be used. Which
code applies where is decided elsewhere.
"""

from __future__ import annotations

import dataclasses
import difflib
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property

from fedmigrate.diagnostics.code import Code, Severity, long_form
from fedmigrate.errors import UsageError
from fedmigrate.plan import Diagnostic

__all__ = [
    "CODES", "GIVEN", "MARKER", "Code", "Severity", "describe", "find_code", "long_form",
]  # fmt: skip

MARKER = "# fedmigrate:"
"""What every comment that the tool writes into a script begins with."""

GIVEN = """\
import pandas as pd

df = pd.read_csv("patients.csv")
X, y = df.drop(columns=["outcome"]), df["outcome"]
"""
"""What examples continue: a table of rows, its columns and its label."""

# A class is known by its own name; `sklearn.linear_model.` in front of it only makes lines long.
_QUALIFIED_CLASS = re.compile(r"\b(?:[a-z_]\w*\.)+([A-Z]\w*)\b")
_LONGEST_FACT = 80


@cache
def _read(code: str) -> Code:
    module = importlib.import_module(f"{__name__}.{code.lower()}")
    entry: Code = module.CODE
    return dataclasses.replace(entry, code=code, explanation=inspect.cleandoc(module.__doc__ or ""))


class _Codes(Mapping[str, Code]):
    """Every code by its name; a file is read when it is asked for, as a run needs few of them."""

    @cached_property
    def _names(self) -> tuple[str, ...]:
        modules = (found.name for found in pkgutil.iter_modules(__path__))
        return tuple(sorted(name.upper() for name in modules if name.startswith("fm")))

    def __getitem__(self, code: str) -> Code:
        if code not in self._names:
            raise KeyError(code)
        return _read(code)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


CODES: Mapping[str, Code] = _Codes()


def describe(found: Diagnostic) -> str:
    """The one-line message of a finding.

    Raises
    ------
    KeyError
        If there is no such code or a fact is missing: an error of the tool.
    """
    facts = {name: _short(fact) for name, fact in found.facts.items()}
    return _QUALIFIED_CLASS.sub(r"\1", CODES[found.code].message.format_map(facts))


def _short(fact: str) -> str:
    """A fact on one line, cut in the middle where it is long."""
    line = " ".join(fact.split())
    if len(line) <= _LONGEST_FACT:
        return line
    half = (_LONGEST_FACT - 3) // 2
    return f"{line[:half]}...{line[-half:]}"


def find_code(name: str) -> Code:
    """The code of a name, as a user typed it.

    Raises
    ------
    UsageError
        With the nearest codes, if there is none of that name.
    """
    wanted = name.strip().upper()
    if wanted in CODES:
        return CODES[wanted]
    near = difflib.get_close_matches(wanted, CODES, n=3) or ["FM101"]
    raise UsageError(
        f"there is no diagnostic {name!r}; did you mean {' or '.join(near)}? "
        "`fedmigrate explain` lists all of them."
    )
