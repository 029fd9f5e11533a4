"""How scripts are written in the wild: each file in ``shapes/`` is one way, and says what is found.

The comments at the top of a shape list its sites in order: verdict, class (or kind of site), codes
of what is left. Sources and functions that are converted are not listed.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from fedmigrate.convert import convert
from fedmigrate.plan import Options, Site, SiteKind, Verdict
from fedmigrate.source import decode, read

SHAPES = sorted((Path(__file__).parent / "shapes").glob("*.py"))


def _said(site: Site) -> str:
    name = site.kind.value
    if site.kind is SiteKind.ESTIMATOR:
        name = site.subject.rpartition(".")[2]
    left = site.verdict is Verdict.LEFT
    codes = [found.code for found in site.diagnostics] if left else []
    return " ".join([f"# {site.verdict.value} {name}", *codes])


def _is_listed(site: Site) -> bool:
    converted = site.verdict is Verdict.CONVERTED
    return not (converted and site.kind in (SiteKind.SOURCE, SiteKind.FUNCTION))


@pytest.mark.parametrize("path", SHAPES, ids=[path.stem for path in SHAPES])
def test_shape_gets_the_verdicts_it_says(path: Path) -> None:
    source = read(path)
    expected = list(itertools.takewhile(lambda line: line != "", source.text.split("\n")))
    found = [_said(site) for site in convert(source, Options()).plan.sites if _is_listed(site)]
    assert found == [line for line in expected if line != "# nothing"]


@pytest.mark.parametrize("path", SHAPES, ids=[path.stem for path in SHAPES])
def test_converting_a_shape_again_changes_nothing(path: Path) -> None:
    once = convert(read(path), Options())
    again = convert(decode(once.data, path.name), Options())
    assert again.data == once.data
