"""The file: whatever no edit touches keeps its bytes, and what is no notebook is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedmigrate.errors import SourceError
from fedmigrate.source import decode

LAYOUTS: dict[str, dict[str, Any]] = {
    "as Jupyter writes it": {},
    "four spaces": {"indent": 4},
    "tabs": {"indent": "\t"},
    "one line": {"indent": None},
    "compact": {"indent": None, "separators": (",", ":")},
    "escaped": {"ensure_ascii": True},
    "sorted": {"sort_keys": True},
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=list(LAYOUTS))
class TestLayouts:
    def test_read_and_written_it_is_the_same(
        self, notebook: Callable[..., bytes], layout: dict[str, Any]
    ) -> None:
        data = notebook(("markdown", "# Zürich"), 'x = "é"', "", "y = 1\n", **layout)
        source = decode(data, "a.ipynb")
        assert source.encode(source.original) == data

    def test_only_the_cell_that_changes_and_the_outputs_change(
        self, notebook: Callable[..., bytes], layout: dict[str, Any]
    ) -> None:
        data = notebook(("markdown", "# Zürich"), 'x = "é"\nz = 2', "y = 1", **layout)
        source = decode(data, "a.ipynb")
        new = source.encode(source.original.replace("z = 2", "z = 3\nw = 4"))
        expected = json.loads(data)
        for cell in expected["cells"][1:]:
            cell["outputs"], cell["execution_count"] = [], None
        expected["cells"][1]["source"] = ['x = "é"\n', "z = 3\n", "w = 4"]
        dumped = json.dumps(expected, **({"indent": 1, "ensure_ascii": False} | layout))
        assert new == dumped.encode() + b"\n"


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.rstrip(b"\n"),
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b'"nbformat": 4', b'"nbformat" :4'),
        lambda data: data.replace(b'"nbformat_minor": 5', b'"extra": 1.50e3, "nbformat_minor": 5'),
        lambda data: data.replace(b'"metadata": {\n   "tags"', b'"metadata":{"a":1,"a":2,\n"tags"'),
    ],
    ids=["no newline", "CRLF", "byte order mark", "spacing", "numbers", "a key twice"],
)
def test_unusual_files_keep_their_bytes(
    notebook: Callable[..., bytes], change: Callable[[bytes], bytes]
) -> None:
    data = change(notebook("x = 1", ("raw", "z"), "y = 1"))
    source = decode(data, "a.ipynb")
    assert source.encode(source.original) == data
    new = source.encode(source.original.replace("y = 1", "y = 2"))
    before, after = json.loads(data), json.loads(new)
    assert after["cells"][2]["source"] == ["y = 2"]
    for cell in (*before["cells"], *after["cells"]):
        cell.update(source=0, outputs=0, execution_count=0)
    assert before == after
    assert new[-10:] == data[-10:]
    assert new.startswith(data[:8])


def test_a_source_that_is_one_string_stays_one() -> None:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": "a = 1\nb = 2"}
    data = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    source = decode(data.encode(), "a.ipynb")
    new = source.encode(source.original.replace("b = 2", "b = 3"))
    assert new.decode() == data.replace("b = 2", "b = 3")


CELL = st.text(st.sampled_from(list("ab=1 \t\n\r%!?#'\"\\()[]{}:;é\u2028\U0001f600")), max_size=60)


@given(st.lists(CELL, max_size=5), st.booleans(), st.booleans())
def test_cells_come_back_whatever_they_hold(cells: list[str], as_list: bool, escaped: bool) -> None:
    made = [
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": cell.splitlines(keepends=True) if as_list else cell,
        }
        for cell in cells
    ]
    notebook = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    data = json.dumps(notebook, indent=1, ensure_ascii=escaped).encode()
    source = decode(data, "a.ipynb")
    assert source.encode(source.original) == data
    changed = source.original + "# more"
    found = ["".join(cell["source"]) for cell in json.loads(source.encode(changed))["cells"]]
    assert found[:-1] == cells[:-1]
    if cells:
        assert found[-1] == cells[-1] + "\n# more"


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (b"{", "FM906", "is not JSON"),
        (b"", "FM906", "is not JSON"),
        (b"print(1)", "FM906", "is not JSON"),
        (b'{"cells": []}', "FM906", "names no notebook format"),
        (b"[]", "FM906", "names no notebook format"),
        (b'{"nbformat": 3, "worksheets": []}', "FM906", "format 3"),
        (b'{"nbformat": 4}', "FM906", "no list of cells"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code"}]}', "FM906", "cell 1 holds no source"),
        (b'{"nbformat": 4, "cells": [{"source": ""}]}', "FM906", "cell 1 has no type"),
        (b'{"nbformat": 4, "cells": [{"source": [1]}]}', "FM906", "cell 1 holds no source"),
        (b"<<<<<<< HEAD\n{}", "FM906", "is not JSON"),
        (b'"\xff"', "FM902", "not utf-8"),
        (b"[" * 100_000, "FM906", "nested too deeply"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_notebook_is_an_error(data: bytes, code: str, says: str) -> None:
    with pytest.raises(SourceError, match=says) as caught:
        decode(data, "a.ipynb")
    assert caught.value.code == code


@given(st.binary(max_size=200))
def test_broken_bytes_are_an_error_and_never_a_crash(data: bytes) -> None:
    with pytest.raises(SourceError):
        decode(b"{" + data, "a.ipynb")
