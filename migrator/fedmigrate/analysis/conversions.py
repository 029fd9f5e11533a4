"""Which members of a project get conversions, and whose imports have to name those instead.

A module that is converted gets a new name beside it, so each import of it is a site, and the
importing file is converted for that alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fedmigrate.analysis.findings import Findings
from fedmigrate.analysis.modules import PACKAGE
from fedmigrate.plan import Diagnostic, Share, Site, SiteKind, Verdict
from fedmigrate.project import Project
from fedmigrate.source import Source, Span

_ONE_INIT = "a package has one __init__, and no room for its conversion"


@dataclass(frozen=True)
class Analysis:
    """What a script holds.

    Parameters
    ----------
    sites : tuple of Site
        In source order.
    label : str or None
        The column that is fitted to, where the script names it.
    names : frozenset of str
        Every identifier of the script.
    notices : tuple of Diagnostic
        Traps of the script itself, which change nothing in its conversion.
    shares : tuple of Share
        Who runs what in a vertical federation.
    """

    sites: tuple[Site, ...]
    label: str | None
    names: frozenset[str]
    notices: tuple[Diagnostic, ...] = ()
    shares: tuple[Share, ...] = ()


def follow_conversions(
    project: Project, analyses: Mapping[Path, Analysis], findings: Findings
) -> dict[Path, Analysis]:
    """The analyses of a project's members with a site for each import of a converted one."""
    done = dict(analyses)
    imports = {path: findings.within(source.tree).imports for path, source in _sources(project)}
    changed = {path for path, found in done.items() if _is_converted(found)}
    while True:
        before = len(changed)
        for path, statements in imports.items():
            named = {inner for found in statements.values() for inner in found.values()}
            if not changed.isdisjoint(named):
                changed.add(path)
        if len(changed) == before:
            break
    for path, source in _sources(project):
        sites = [
            _site(source, statement, alias, module)
            for statement, found in imports[path].items()
            for alias, module in found.items()
            if module in changed
        ]
        together = sorted([*done[path].sites, *sites], key=lambda site: site.span)
        if path.name == PACKAGE:
            together = [_left_in_package(site) for site in together]
        done[path] = replace(done[path], sites=tuple(together))
    return done


def _left_in_package(site: Site) -> Site:
    """A site in an ``__init__``, beside which no conversion can stand under a name of its own."""
    if site.verdict is not Verdict.CONVERTED:
        return site
    construct = f"{site.subject.rpartition('.')[2]} in the __init__ of a package"
    found = Diagnostic("FM207", site.line, site.column, {"construct": construct})
    diagnostics = (*site.diagnostics, found)
    return replace(site, verdict=Verdict.LEFT, reason=_ONE_INIT, diagnostics=diagnostics)


def _sources(project: Project) -> Iterator[tuple[Path, Source]]:
    yield from project.sources.items()


def _is_converted(found: Analysis) -> bool:
    return any(site.verdict is Verdict.CONVERTED for site in found.sites)


def _site(
    source: Source, statement: ast.Import | ast.ImportFrom, alias: ast.alias | None, module: Path
) -> Site:
    if alias is None:
        assert isinstance(statement, ast.ImportFrom)
        span, name = _module_span(source, statement), statement.module or "."
    else:
        start = source.offset(alias.lineno, alias.col_offset)
        assert alias.end_lineno is not None
        assert alias.end_col_offset is not None
        span, name = Span(start, source.offset(alias.end_lineno, alias.end_col_offset)), alias.name
    line, column = source.position(span.start)
    if module.name != PACKAGE:
        return Site(SiteKind.MODULE, Verdict.CONVERTED, name, span, line, column)
    found = Diagnostic("FM207", line, column, {"construct": f"an import by __init__ of {name}"})
    return Site(SiteKind.MODULE, Verdict.LEFT, name, span, line, column, None, _ONE_INIT, (found,))


def _module_span(source: Source, statement: ast.ImportFrom) -> Span:
    """The dotted name behind ``from``."""
    span = source.span(statement)
    name = statement.module or ""
    start = source.text.index(name, span.start + len("from") + statement.level)
    return Span(start, start + len(name))
