"""Functions by name: how a loader or a numpy function is mentioned in a message.

A name stands for one of a few builtins, for a public function of numpy, pandas, scipy or
scikit-learn, which a party imports itself, or for a function of the script, of which every party
has its own reviewed copy. No code ever crosses.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from fedruntime.errors import ProtocolError, UnsupportedError
from fedruntime.messages import Named

LIBRARIES = frozenset({"numpy", "pandas", "scipy", "sklearn"})
BUILTINS = {
    f"builtins.{function.__name__}": function
    for function in (abs, bool, float, int, len, max, min, round, str, sum)
}
_SCRIPT = "script:"
_of_the_script: dict[str, Callable[..., Any]] = {}
_reviewed: list[Callable[[str], Any]] = []


def name_of(function: Callable[..., Any]) -> Named:
    """The name under which parties know a function.

    Raises
    ------
    UnsupportedError
        If it has no name that another process could look up.
    """
    module = getattr(function, "__module__", None) or type(function).__module__
    qualified = getattr(function, "__qualname__", None) or getattr(function, "__name__", None)
    if qualified is None:
        raise UnsupportedError(f"{function!r} has no name by which parties could find it")
    if BUILTINS.get(f"{module}.{qualified}") is function:
        return Named(f"{module}.{qualified}")
    if module.partition(".")[0] in LIBRARIES:
        name = f"{module}.{qualified}"
        if resolve(Named(name)) is function:
            return Named(name)
    name = f"{_SCRIPT}{module}.{qualified}"
    line = getattr(getattr(function, "__code__", None), "co_firstlineno", 0)
    number = 0
    while _of_the_script.setdefault(unique := f"{name}:{line}.{number}", function) is not function:
        number += 1  # lambdas of one line share their name
    return Named(unique)


def look_up_in(script: Callable[[str], Any]) -> None:
    """Find functions of the script, where it does not run, in a party's reviewed copy.

    Parameters
    ----------
    script : callable
        Gives the function of a name without its prefix; one a process.
    """
    _reviewed[:] = [script]


def resolve(named: Named) -> Any:
    """The function that a name stands for.

    Raises
    ------
    ProtocolError
        If the name leads outside the script and the four libraries.
    """
    if named.name.startswith(_SCRIPT):
        if named.name in _of_the_script:
            return _of_the_script[named.name]
        for script in _reviewed:
            return script(named.name[len(_SCRIPT) :])
        raise ProtocolError(f"the script has no function {named.name!r}")
    if named.name in BUILTINS:
        return BUILTINS[named.name]
    head, *rest = named.name.split(".")
    if head not in LIBRARIES:
        raise ProtocolError(f"{named.name!r} is not a function of {', '.join(sorted(LIBRARIES))}")
    module: Any = importlib.import_module(head)
    path = head
    for part in rest:
        path = f"{path}.{part}"
        if not hasattr(module, part):
            try:
                importlib.import_module(path)
            except ImportError:
                raise ProtocolError(f"there is no {named.name!r} here") from None
        module = getattr(module, part)
    return module
