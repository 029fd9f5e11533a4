"""How a generated file is named and known again.

``render`` writes the header line that is recognised here; a test holds the two together.
"""

from __future__ import annotations

import ast
import codecs
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fedmigrate.errors import SourceError
from fedmigrate.plan import Options, Vertical
from fedmigrate.source import decode

SUFFIX = "_fed"
_HEADER = re.compile(
    rb"^# Converted from [^\r\n]* by fedmigrate [^\r\n]*convert again\.\r?$", re.MULTILINE
)
_DROPPED = re.compile(r"^[ \t]*# fedmigrate: FM3\d\d dropped, ", re.MULTILINE)
_HEADER_OF_CELL = re.compile(
    rb'"# Converted from (?:[^"\\\r\n]|\\[^n])* by fedmigrate [^"\\\r\n]*convert again\.(?:\\n|")'
)
_LONGEST_PROLOGUE = 4096  # byte order mark, shebang and coding cookie stand above the header


def conversion_path(script: Path) -> Path:
    """Where the conversion of a script is written unless told otherwise."""
    return script.with_name(f"{script.stem}{SUFFIX}{script.suffix or '.py'}")


def original_path(conversion: Path) -> Path | None:
    """The script that a conversion beside it comes from; none if the name is not of one."""
    stem = conversion.stem.removesuffix(SUFFIX)
    if not stem or stem == conversion.stem:
        return None
    return conversion.with_name(stem + conversion.suffix)


def is_generated(data: bytes) -> bool:
    """Whether a file was written by fedmigrate, going by its header."""
    if data.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"{":
        return _HEADER_OF_CELL.search(data) is not None
    start = data.removeprefix(codecs.BOM_UTF8)[:_LONGEST_PROLOGUE]
    start = start.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return any(_HEADER.match(line) for line in start.split(b"\n")[:3])


def read_options(data: bytes, path: str) -> Options | None:
    """The options that a conversion was made with, read from its set-up line.

    None where there is no such line: the file was changed by hand, or is of another kind.
    """
    try:
        source = decode(data, path)
        body = source.tree.body
    except SourceError:
        return None
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            try:
                given = {
                    word.arg: ast.literal_eval(word.value)
                    for word in node.value.keywords
                    if word.arg in ("parties", "split", "label_party")
                }
            except ValueError:
                continue
            if "parties" in given:
                return Options(
                    tuple(given["parties"]),
                    given.get("split", Options().split),
                    drop_displays=_DROPPED.search(source.original) is not None,
                    vertical=_vertical(source.tree, given),
                    **_budget(node.value),
                )
    return None


def _vertical(tree: ast.Module, given: Mapping[str, Any]) -> Vertical | None:
    """How columns of several parties are put together, going by set-up line and alignment."""
    if "label_party" not in given:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            keys = [word.value for word in node.keywords if word.arg == "on"]
            joins = bool(node.args) and isinstance(node.args[0], ast.List)
            if node.func.attr == "align" and keys and not joins:
                try:
                    on = ast.literal_eval(keys[0])
                except ValueError:
                    continue
                return Vertical(given["label_party"], (on,) if isinstance(on, str) else tuple(on))
    return Vertical(given["label_party"])


def _budget(init: ast.Call) -> dict[str, Any]:
    """Epsilon and delta that a set-up line gives; nothing without a privacy budget."""
    for word in init.keywords:
        if word.arg == "budget" and isinstance(word.value, ast.Call):
            return {
                given.arg: ast.literal_eval(given.value)
                for given in word.value.keywords
                if given.arg in ("epsilon", "delta")
            }
    return {}


def imports_runtime(tree: ast.Module) -> bool:
    """Whether a script is federated already, generated or written by hand."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules = [node.module or ""]
        else:
            continue
        if any(module.partition(".")[0] == "fedruntime" for module in modules):
            return True
    return False
