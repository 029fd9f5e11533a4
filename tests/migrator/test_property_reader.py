"""Broken bytes: whatever a file holds, it is read or refused, and what is read reads back."""

from __future__ import annotations

import codecs
import json
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedmigrate.convert import convert
from fedmigrate.errors import MigrateError
from fedmigrate.plan import Options
from fedmigrate.source import decode

FIXTURES = Path(__file__).parents[2] / "fixtures"
SCRIPTS = [path.read_bytes() for path in sorted(FIXTURES.glob("*/train.py"))]
NOTEBOOK = json.dumps(
    {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": "one",
                "metadata": {},
                "outputs": [],
                "source": SCRIPTS[0].decode().splitlines(keepends=True),
            }
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "x", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
).encode()
COOKIES = [
    b"utf-8", b"latin-1", b"cp1252", b"ascii", b"utf-16", b"utf-32", b"utf-7", b"shift_jis",
    b"cp037", b"idna", b"punycode", b"rot13", b"hex", b"zlib", b"base64", b"undefined",
    b"unicode_escape", b"raw_unicode_escape", b"utf-8-sig", b"mbcs", b"no-such", b"\xff",
]  # fmt: skip
PIECES = [
    b"\0", b"\r", b"\r\n", b"\n", b"\f", b"\x0b", b"\x1a", b"\x85", b"\xff\xfe", b"\xed\xa0\x80",
    b"\xc0\x80", b"\xf5", b"\xe2\x80\xa8", codecs.BOM_UTF8, b"\\", b"'''", b'"', b"(", b"f'{", b"#",
    b"# fedmigrate: ignore[", b"\t", b" ", b"0" * 5000, b"(" * 300, b"-" * 2000, b"{}", b"\\N{",
]  # fmt: skip
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp037", "utf-7", "latin-1"]


def check(data: bytes, path: str) -> None:
    """Assert that bytes are refused by an error for people, or read and give the same bytes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python's own, of odd literals
        try:
            source = decode(data, path)
            conversion = convert(source, Options())
        except MigrateError:
            return
    assert source.encode(source.original) == data
    assert conversion.changed or conversion.data == data


@st.composite
def mutations(draw: st.DrawFn, originals: list[bytes]) -> bytes:
    data = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        until = min(len(data), at + draw(st.integers(0, 40)))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=8))
        match draw(st.sampled_from(["insert", "replace", "truncate", "repeat", "flip"])):
            case "insert":
                data = data[:at] + piece + data[at:]
            case "replace":
                data = data[:at] + piece + data[until:]
            case "truncate":
                data = data[:at]
            case "repeat":
                data = data[:until] + data[at:]
            case "flip":
                data = data[:at] + bytes(byte ^ 0x80 for byte in data[at:until]) + data[until:]
    return data


@settings(max_examples=150, deadline=None, derandomize=True)
@given(mutations(SCRIPTS))
def test_mutated_scripts(data: bytes) -> None:
    check(data, "script.py")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(mutations([NOTEBOOK]))
def test_mutated_notebooks(data: bytes) -> None:
    check(data, "notebook.ipynb")


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.binary(max_size=200))
@pytest.mark.parametrize("path", ["script.py", "notebook.ipynb"])
def test_random_bytes(path: str, data: bytes) -> None:
    check(data, path)


@pytest.mark.parametrize("cookie", COOKIES)
@pytest.mark.parametrize("bom", [b"", codecs.BOM_UTF8], ids=["plain", "bom"])
def test_every_declared_encoding(cookie: bytes, bom: bytes) -> None:
    for script in SCRIPTS[:3]:
        check(bom + b"# -*- coding: " + cookie + b" -*-\n" + script, "script.py")
        check(bom + b"# coding: " + cookie + b"\nx = '\xe9\xff'\n" + script, "script.py")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_that_is_not_declared(encoding: str) -> None:
    text = SCRIPTS[0].decode() + "name = 'Größe'\n"
    check(text.encode(encoding), "script.py")
    check(text.encode(encoding), "notebook.ipynb")


@pytest.mark.parametrize("newline", ["\r", "\r\n", "\n\r", "\x0b", "\x85", "\u2028"])
def test_every_newline(newline: str) -> None:
    for script in SCRIPTS[:3]:
        check(script.decode().replace("\n", newline).encode(), "script.py")


def test_lone_surrogates_in_text_are_read() -> None:
    check(SCRIPTS[0] + b"lone = '\\ud800'\n", "script.py")
    check(NOTEBOOK.replace(b"import", b"lone = '\\ud800'\\nimport", 1), "notebook.ipynb")


@pytest.mark.parametrize("nested", ["(" * 500, "[" * 90, "-" * 5000 + "1", "a" + ".b" * 5000])
def test_nesting_that_python_refuses(nested: str) -> None:
    check(b"import sklearn\nx.fit(y)\n" + nested.encode() + b"\n", "script.py")
