"""Deciding: from everything found in a script to its sites, each with one verdict."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace

from fedmigrate.analysis.assessment import (
    LOADED,
    NOT_FOLLOWED,
    Assessment,
    Finding,
    assess,
    combine,
    permuted,
    untold,
)
from fedmigrate.analysis.findings import Findings, Origins
from fedmigrate.analysis.state import text_of
from fedmigrate.analysis.survey import Survey
from fedmigrate.analysis.values import Estimator, Value
from fedmigrate.catalog.functions import COUNTERPARTS, Role
from fedmigrate.plan import Diagnostic, Exactness, Site, SiteKind, Verdict
from fedmigrate.source import Source, Span

Judge = Callable[[Findings, Value], Assessment]


class _Decision:
    """The sites of one script, being put together."""

    def __init__(self, source: Source, survey: Survey, findings: Findings, judge: Judge) -> None:
        self._source = source
        self._formatted = survey.formatted
        self._uses_sklearn = "sklearn" in survey.imported
        self._findings = findings
        self._judge = judge
        self.federated = frozenset(findings.trained_on)
        self._made: dict[ast.Call, list[Estimator]] = {}
        for estimator in findings.constructions:
            self._made.setdefault(estimator.call, []).append(estimator)
        self._wrapped: set[ast.Call] = set()

    def concerns(self, origins: Origins) -> bool:
        """Whether rows of these origins stay at the parties."""
        return not self.federated.isdisjoint(origins)

    def site(
        self,
        kind: SiteKind,
        verdict: Verdict,
        subject: str,
        node: ast.expr | ast.stmt,
        *,
        exactness: Exactness | None = None,
        reason: str = "",
        findings: tuple[Finding, ...] = (),
        edited: bool = False,
    ) -> Site:
        """A site at a node; ``edited`` if converting it changes the text of this node."""
        outer = self._formatted.get(node)
        span = self._source.span(node) if outer is None else self._span_inside(outer, node)
        if span is None or (outer is not None and edited):
            span = self._source.span(outer or node)
            if verdict is Verdict.CONVERTED:
                verdict = Verdict.LEFT
                findings = (*findings, Finding("FM210", {"name": subject}))
        line, column = self._source.position(span.start)
        diagnostics = tuple(Diagnostic(found.code, line, column, found.facts) for found in findings)
        return Site(kind, verdict, subject, span, line, column, exactness, reason, diagnostics)

    def _span_inside(self, outer: ast.JoinedStr, node: ast.expr | ast.stmt) -> Span | None:
        """The span of a dotted name in an f-string; None where it cannot be trusted.

        Before Python 3.12 positions inside f-strings may be off.
        """
        if not isinstance(node, ast.Name | ast.Attribute) or node.end_lineno is None:
            return None
        around = self._source.span(outer)
        width = len(self._source.line(node.end_lineno).encode("utf-8"))
        if node.end_col_offset is None or node.end_col_offset > width:
            return None
        span = self._source.span(node)
        inside = around.start <= span.start and span.end <= around.end
        exact = self._source.text[span.start : span.end] == text_of(node)
        return span if inside and exact else None

    def sources(self) -> Iterator[Site]:
        for call, names in self._findings.sources.items():
            if call in self.federated:
                site = self.site(SiteKind.SOURCE, Verdict.CONVERTED, min(names), call, edited=True)
                yield replace(site, party=self._findings.placed.get(call))

    def estimators(self) -> Iterator[Site]:
        by_call: dict[ast.Call, list[Estimator]] = {}
        for estimator in self._findings.fits:
            by_call.setdefault(estimator.call, []).append(estimator)
        for call, fitted in by_call.items():
            judged = self._judged(call, fitted)
            if judged is None:
                if self._findings.here(call):
                    name = fitted[0].name
                    reason = "the script makes its data itself, so they are known to all"
                    yield self.site(SiteKind.ESTIMATOR, Verdict.PUBLIC, name, call, reason=reason)
                continue
            subject, found, obstacles = judged
            if not obstacles:
                self._wrapped.add(call)
            if self._findings.here(call):
                yield self._assessed(
                    SiteKind.ESTIMATOR, subject, call, found, obstacles, edited=True
                )

    def _judged(
        self, call: ast.Call, fitted: list[Estimator]
    ) -> tuple[str, Assessment, list[Finding]] | None:
        """What a call constructs, how that is assessed, and what keeps it from being wrapped."""
        fits = [self._findings.fits[estimator] for estimator in fitted]
        unknown = [name for found in fits for name in found.unknown]
        on_rows = any(found.origins for found in fits)
        if not on_rows and not unknown:
            return None
        # One call that constructs several classes is converted only if each of them can be.
        made = self._made[call]
        assessments = [self._judge(self._findings, estimator) for estimator in made]
        found = combine(assessments)
        subject = made[assessments.index(next(a for a in assessments if _same(a, found)))].name
        obstacles = list(found.obstacles)
        if unknown or (on_rows and any(one.public for one in fits)):
            name = unknown[0] if unknown else text_of(call.func)
            obstacles.append(Finding("FM209", {"name": name}))
        if call in self._findings.mixed:
            obstacles.append(untold(text_of(call), "it may be of another library"))
        return subject, found, obstacles

    def _assessed(
        self,
        kind: SiteKind,
        subject: str,
        node: ast.expr,
        found: Assessment,
        obstacles: list[Finding],
        *,
        edited: bool,
    ) -> Site:
        if obstacles:
            reason = found.reason if found.obstacles else "its data cannot be followed"
            return self.site(
                kind,
                Verdict.LEFT,
                subject,
                node,
                exactness=found.exactness,
                reason=reason,
                findings=tuple(obstacles),
            )
        return self.site(
            kind,
            Verdict.CONVERTED,
            subject,
            node,
            exactness=found.exactness,
            reason=found.reason,
            findings=found.notices,
            edited=edited,
        )

    def subclassed(self) -> Iterator[Site]:
        for value in self._findings.subclassed:
            found = assess(self._findings, value)
            yield self._assessed(
                SiteKind.ESTIMATOR,
                value.name,
                value.call,
                found,
                list(found.obstacles),
                edited=False,
            )

    def functions(self) -> Iterator[Site]:
        for expression, use in self._findings.functions.items():
            if not self.concerns(use.origins):
                continue
            subject = min(use.unsupported or use.names)
            if use.unsupported:
                yield self.site(
                    SiteKind.FUNCTION,
                    Verdict.LEFT,
                    subject,
                    expression,
                    reason="it has no federated counterpart",
                    findings=(Finding("FM206", {"function": subject}),),
                )
                continue
            # A name moves with its import; only `sklearn.metrics.f1_score` itself is rewritten.
            edited = text_of(expression).count(".") == subject.count(".")
            if not use.estimators and COUNTERPARTS[subject] is not Role.PERMUTATION:
                yield self.site(
                    SiteKind.FUNCTION, Verdict.CONVERTED, subject, expression, edited=edited
                )
                continue
            parts = [self._judge(self._findings, value) for value in use.estimators]
            if COUNTERPARTS[subject] is Role.PERMUTATION:
                parts.append(permuted(subject))
            found = combine(parts)
            yield self._assessed(
                SiteKind.FUNCTION,
                subject,
                expression,
                found,
                list(found.obstacles),
                edited=edited,
            )

    def elsewhere(self) -> Iterator[Site]:
        for receiver, fit in self._findings.foreign.items():
            subject = min(fit.names)
            if self.concerns(fit.origins):
                library = subject.partition(".")[0] or subject
                yield self.site(
                    SiteKind.ESTIMATOR,
                    Verdict.LEFT,
                    subject,
                    receiver,
                    reason="another library would be given rows",
                    findings=(Finding("FM305", {"library": library}),),
                )
            else:
                yield self.site(SiteKind.ESTIMATOR, Verdict.FOREIGN, subject, receiver)
        for receiver, fit in self._findings.untold.items() if self._uses_sklearn else ():
            yield self.site(
                SiteKind.ESTIMATOR,
                Verdict.LEFT,
                "?",
                receiver,
                reason="its class is not known",
                findings=(untold(text_of(receiver), LOADED if fit.loaded else NOT_FOLLOWED),),
            )

    def handed_over(self) -> Iterator[Site]:
        """Models given to libraries that look for the class of scikit-learn itself."""
        for expression, found in self._findings.handed.items():
            wrapped = all(model.call in self._wrapped for model in found.models)
            if found.sure and wrapped and expression not in self._formatted:
                yield self.site(SiteKind.MODEL, Verdict.CONVERTED, found.library, expression)

    def stacks(self) -> Iterator[Site]:
        for expression, (name, origins) in self._findings.stacks.items():
            if self.concerns(origins):
                yield self.site(SiteKind.STACK, Verdict.CONVERTED, name, expression, edited=True)

    def joins(self) -> Iterator[Site]:
        for expression, origins in self._findings.joins.items():
            if self.concerns(origins):
                yield self.site(
                    SiteKind.JOIN, Verdict.CONVERTED, "pandas.merge", expression, edited=True
                )

    def marks(self) -> Iterator[Site]:
        for mark in self._findings.marks.values():
            if mark.origins is not None and not self.concerns(mark.origins):
                continue
            if mark.origins is None and not self._findings.fits:
                continue
            yield self.site(
                mark.kind,
                Verdict.LEFT,
                mark.subject,
                mark.node,
                findings=(Finding(mark.code, dict(mark.facts)),),
            )


def _same(one: Assessment, combined: Assessment) -> bool:
    return one.exactness is combined.exactness and one.reason == combined.reason


def decide(
    source: Source, survey: Survey, findings: Findings, judge: Judge = assess
) -> tuple[Site, ...]:
    """The sites of a script, in source order.

    Parameters
    ----------
    judge : callable
        What becomes of a value that is fitted.
    """
    decision = _Decision(source, survey, findings, judge)
    found = [
        *decision.sources(),
        *decision.estimators(),
        *decision.subclassed(),
        *decision.functions(),
        *decision.elsewhere(),
        *decision.handed_over(),
        *decision.stacks(),
        *decision.joins(),
        *decision.marks(),
    ]
    found.sort(key=lambda site: (site.span.start, -site.span.end, site.kind.value, site.subject))
    return tuple(_without_repeats(found))


def _without_repeats(sites: list[Site]) -> Iterator[Site]:
    """Drop a reveal around another of the same code: ``print(df.head())`` is said once."""
    for index, site in enumerate(sites):
        code = site.diagnostics[0].code if site.kind is SiteKind.REVEAL else None
        inner = sites[index + 1] if index + 1 < len(sites) else None
        if (
            code is not None
            and inner is not None
            and inner.kind is SiteKind.REVEAL
            and inner.diagnostics[0].code == code
            and inner.span.end <= site.span.end
        ):
            continue
        yield site
