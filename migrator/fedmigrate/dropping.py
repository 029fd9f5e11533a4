"""Taking statements out of a plan that do nothing but show rows, where the user asks for it.

A plot or a print of rows has no place in a federated script, and nothing else depends on it. A
statement that also does something else, such as fitting, stays, and so does one whose value is
used.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from fedmigrate.plan import Plan, Site, SiteKind, Verdict
from fedmigrate.source import Source, Span

_ACTS = frozenset(
    ("fit", "fit_transform", "fit_predict", "partial_fit", "append", "extend", "update", "pop")
)


def drop_displays(plan: Plan, source: Source) -> Plan:
    """The plan with every statement that only shows rows taken out of the script."""
    shown = [site.span for site in plan.sites if _reveals(site)]
    if not shown:
        return plan
    dropped = [
        span
        for span in _displays(source)
        if any(span.start <= inner.start and inner.end <= span.end for inner in shown)
    ]
    sites = tuple(_dropped(site, dropped) for site in plan.sites)
    return replace(plan, sites=sites)


def _reveals(site: Site) -> bool:
    return site.kind is SiteKind.REVEAL and site.verdict is Verdict.LEFT


def _displays(source: Source) -> Iterator[Span]:
    """Statements on lines of their own whose value nobody takes and that change nothing."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Expr) or isinstance(node.value, ast.Await | ast.Yield):
            continue
        span = source.span(node)
        line, _ = source.position(span.start)
        before = source.text[source.line_start(line) : span.start]
        after = source.text[span.end :].splitlines()[:1]
        alone = not before.strip() and not "".join(after).split("#")[0].strip()
        if alone and not _acts(node):
            yield span


def _acts(statement: ast.Expr) -> bool:
    return any(
        isinstance(node, ast.NamedExpr)
        or (isinstance(node, ast.Attribute) and node.attr in _ACTS)
        or (isinstance(node, ast.keyword) and node.arg == "inplace")
        for node in ast.walk(statement)
    )


def _dropped(site: Site, spans: list[Span]) -> Site:
    for span in spans:
        if span.start <= site.span.start and site.span.end <= span.end:
            return replace(site, verdict=Verdict.DROPPED, span=span)
    return site
