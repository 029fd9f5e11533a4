"""What the tool makes of a script, as counts: every site under one heading. Runs nothing; how the
conversions behave is in ``script_runs``.
"""

from __future__ import annotations

import ast
import io
import traceback
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.experimental import enable_halving_search_cv as enable_halving_search_cv
from sklearn.utils import all_estimators

from fedmigrate.batch import Mode, Outcome, Request, Status, run
from fedmigrate.catalog.functions import COUNTERPARTS, Role
from fedmigrate.diagnostics import describe
from fedmigrate.plan import Diagnostic, Site, SiteKind, Verdict

_WRAPPERS = ("GridSearchCV", "RandomizedSearchCV", "Pipeline")  # as supervised as what they hold
_EVALUATIONS = frozenset(
    name
    for name, role in COUNTERPARTS.items()
    if role in (Role.CROSS_VALIDATION, Role.PREDICTION) or name.endswith("permutation_test_score")
)


class Heading(str, Enum):
    """Where a supervised site is counted."""

    CONVERTED = "converted"
    REFUSED = "refused for a stated mathematical reason"
    LEFT = "left for another reason"
    FOREIGN = "not scikit-learn's, left alone"


@dataclass(frozen=True)
class SupervisedSite:
    """A classifier or regressor, or a search, pipeline or cross-validation around one."""

    script: str
    line: int
    name: str
    heading: Heading
    exactness: str
    why: str


@dataclass(frozen=True)
class Converted:
    """One script and what the tool made of it.

    Parameters
    ----------
    path : Path
    crash : str, optional
        The end of the traceback, where the tool raised instead of answering.
    unreadable : str, optional
        The tool's reason for not reading the script.
    sites : tuple of Site
    text : bytes, optional
        The conversion, if there is one.
    left : int
        Sites that a person has to look at.
    """

    path: Path
    crash: str | None = None
    unreadable: str | None = None
    sites: tuple[Site, ...] = ()
    text: bytes | None = None
    left: int = 0
    source: str = ""


def convert_script(path: Path, *, drop_displays: bool) -> Converted:
    """Convert one script in this process, without writing anything."""
    request = Request((str(path),), Mode.SHOW, drop_displays=drop_displays or None)
    try:
        outcome: Outcome = next(run(request, io.BytesIO()))
    except Exception:  # a benchmark counts what must never happen
        return Converted(path, crash=traceback.format_exc(limit=-2))
    if outcome.status is Status.FAILED or outcome.conversion is None:
        failure = str(outcome.error)
        readable = not failure.startswith("FM9") and "FM9" not in failure
        return Converted(
            path,
            crash=failure if readable else None,
            unreadable=None if readable else failure,
        )
    conversion = outcome.conversion
    return Converted(
        path,
        sites=conversion.plan.sites,
        text=conversion.data if conversion.changed else None,
        left=len(conversion.unresolved),
        source=conversion.source.text,
    )


def supervised_sites(converted: Converted, name: str) -> Iterator[SupervisedSite]:
    """The supervised sites of a script, each under its heading."""
    for site in converted.sites:
        if not _is_supervised(site, converted.source):
            continue
        heading, found = _heading(site)
        yield SupervisedSite(
            name,
            site.line,
            site.subject.rpartition(".")[2],
            heading,
            site.exactness.value if site.exactness and heading is Heading.CONVERTED else "",
            f"{found.code} {describe(found)}" if found else site.reason,
        )


def is_foreign_conversion(site: Site, converted: Converted) -> bool:
    """Whether a converted estimator is not scikit-learn's, or a function not its or pandas' or
    numpy's.

    Asked of what is installed, not of the tool's own tables: the subject has to be there to import,
    and the script has to name its library.
    """
    if site.verdict is not Verdict.CONVERTED:
        return False
    if site.kind not in (SiteKind.ESTIMATOR, SiteKind.FUNCTION):
        return False
    package = site.subject.partition(".")[0]
    known = ("sklearn",) if site.kind is SiteKind.ESTIMATOR else ("sklearn", "pandas", "numpy")
    return package not in known or _named(site.subject) is None or package not in converted.source


def has_verdict(site: Site) -> bool:
    """Whether a site says what becomes of it, and what a person is to do where it is left."""
    return site.verdict is not Verdict.LEFT or bool(site.diagnostics) or bool(site.reason)


def _heading(site: Site) -> tuple[Heading, Diagnostic | None]:
    if site.verdict is Verdict.FOREIGN:
        return Heading.FOREIGN, None
    if site.verdict is not Verdict.LEFT:
        return Heading.CONVERTED, None
    refused = next((d for d in site.diagnostics if _is_mathematical(d)), None)
    if refused is not None:
        return Heading.REFUSED, refused
    return Heading.LEFT, next(iter(site.diagnostics), None)


def _is_mathematical(found: Diagnostic) -> bool:
    return found.code == "FM201" or (found.code == "FM203" and bool(found.facts.get("reason")))


def _is_supervised(site: Site, source: str) -> bool:
    if site.kind is SiteKind.FUNCTION:
        return site.subject in _EVALUATIONS
    if site.kind is not SiteKind.ESTIMATOR:
        return False
    found = _named(site.subject)
    if found is None:
        return True  # not scikit-learn's, or not known: counted, as it may be one
    if not found.__name__.endswith(_WRAPPERS):
        return _predicts(found)
    return _holds_supervised(_expression(source, site))


def _expression(source: str, site: Site) -> ast.AST | None:
    try:
        return ast.parse(source[site.span.start : site.span.end], mode="eval").body
    except SyntaxError:
        return None


def _holds_supervised(node: ast.AST | None) -> bool:
    """Whether a wrapper holds a classifier or regressor; what it is given by name may be one."""
    words = [
        word.id if isinstance(word, ast.Name) else word.attr
        for word in (ast.walk(node) if node is not None else ())
        if isinstance(word, ast.Name | ast.Attribute)
    ]
    known = [_classes()[word] for word in words if word in _classes()]
    ends = [kind for kind in known if not kind.__name__.endswith(_WRAPPERS)]
    return any(map(_predicts, ends)) or isinstance(_last_step(node), ast.Name)


def _last_step(node: ast.AST | None) -> ast.AST | None:
    """What a pipeline ends in or a search fits, where the call shows it."""
    if not isinstance(node, ast.Call):
        return node
    named = [word.value for word in node.keywords if word.arg in ("estimator", "steps")]
    given = (*node.args[:1], *named)
    if not given:
        return None
    called = node.func.id if isinstance(node.func, ast.Name) else ""
    last: ast.AST = node.args[-1] if called == "make_pipeline" and node.args else given[0]
    if isinstance(last, ast.List | ast.Tuple) and last.elts:
        last = last.elts[-1]
        if isinstance(last, ast.Tuple) and last.elts:
            last = last.elts[-1]
    return last


def _predicts(kind: Any) -> bool:
    return issubclass(kind, ClassifierMixin | RegressorMixin)


@cache
def _classes() -> dict[str, Any]:
    return dict(all_estimators())


@cache
def _named(subject: str) -> Any | None:
    """The class or function that a qualified name means, by importing it."""
    package, *rest = subject.split(".")
    if package not in ("sklearn", "pandas", "numpy"):
        return None
    found: Any = import_module(package)
    for word in rest:
        if isinstance(found, ModuleType) and not hasattr(found, word):
            with suppress(ImportError):  # not a module, but a name of one that is not there yet
                import_module(f"{found.__name__}.{word}")
        found = getattr(found, word, None)
    return found
