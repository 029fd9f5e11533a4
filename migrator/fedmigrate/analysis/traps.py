"""Traps in the script itself: what is converted faithfully and may not be what was meant.

They are told from the history of a whole script, because most are made of what it does not do. How
that is noted is in ``observation.py``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace

from fedmigrate.analysis.assessment import Finding
from fedmigrate.analysis.findings import Findings
from fedmigrate.analysis.history import Fit, History, Use
from fedmigrate.analysis.survey import Survey
from fedmigrate.analysis.values import Estimator
from fedmigrate.catalog.randomness import MADE_UP, draws
from fedmigrate.plan import Diagnostic
from fedmigrate.source import Source

Trap = tuple[ast.expr, Finding]
"""A place, and what to say of it."""


def find_traps(history: History, findings: Findings) -> Iterator[Trap]:
    """What the script should be told of, each with its place."""
    for node, by in history.leaks.items():
        facts = {"name": history.fitted_by[node].name, "split": by.rpartition(".")[2]}
        yield node, Finding("FM111", facts)
    for model, fits in history.fits.items():
        for node in {fit.node for fit in fits if _is_on_test_rows(history, model, fit)}:
            yield node, Finding("FM112", {"name": model.name})
    for model in history.uses:
        yield from _scored_on_training_rows(history, findings, model)
    for node, (name, method) in history.stale.items():
        yield node, Finding("FM114", {"name": name, "method": method})
    if not history.seeded:
        yield from _unseeded(history, findings)


def _is_on_test_rows(history: History, model: Estimator, fit: Fit) -> bool:
    """Whether a transformer is fitted on test rows, and one of its kind on the training rows."""
    if not fit.transforms or fit.part is None or fit.part.side != "test":
        return False
    training = replace(fit.part, side="train")
    return any(
        other.part is not None and other.part.within(training)
        for one, others in history.fits.items()
        if one.name == model.name
        for other in others
    )


def _scored_on_training_rows(
    history: History, findings: Findings, model: Estimator
) -> Iterator[Trap]:
    uses, fits = history.uses[model], history.fits.get(model, [])
    scores = [use for use in uses if use.scored]
    made = findings.constructions.get(model)
    judged_otherwise = (
        model in history.elsewhere
        or model.name.endswith("CV")
        or (made is not None and made.parameters.get("oob_score") == [True])
    )
    if not scores or not fits or judged_otherwise or not all(fit.labelled for fit in fits):
        return
    if not all(_was_trained_on(fit, use) for fit in fits for use in uses):
        return
    use, fit = scores[0], fits[-1]
    if use.part is not None and use.part.side == "test" and use.part != fit.part:
        how = "it was fitted on all rows, the test rows among them"
    elif fit.part is not None and fit.part.side == "train":
        how = "the test rows are not scored"
    else:
        how = "no rows are kept apart"
    yield use.node, Finding("FM113", {"name": model.name, "how": how})


def _was_trained_on(fit: Fit, use: Use) -> bool:
    if fit.part is None or use.part is None or fit.origins.isdisjoint(use.origins):
        return False
    if fit.part == use.part:
        return fit.part.side == "train" or fit.given == use.given
    return use.part.within(fit.part)


def _unseeded(history: History, findings: Findings) -> Iterator[Trap]:
    for node, name in history.unseeded.items():
        if node in findings.trained_on or not name.startswith(MADE_UP):
            yield node, Finding("FM115", {"name": name.rpartition(".")[2]})
    fitted = [model for model, fits in findings.fits.items() if fits.origins]
    for use in findings.functions.values():
        fitted += [model for model in use.estimators if isinstance(model, Estimator)]
    seen: set[Estimator] = set()
    while fitted:
        model = fitted.pop()
        made = findings.constructions.get(model)
        if model in seen or made is None:
            continue
        seen.add(model)
        unpacked = any(word.arg is None for word in model.call.keywords)
        if not unpacked and draws(model.name, made.parameters):
            yield model.call, Finding("FM115", {"name": model.name})
        if "random_state" not in made.parameters:  # else it seeds its parts itself
            fitted += [part for part in made.parts if isinstance(part, Estimator)]


def notices(source: Source, survey: Survey, traps: Iterable[Trap]) -> tuple[Diagnostic, ...]:
    """The traps that lie in one file, in source order."""
    traps = list(traps)
    nodes = set(ast.walk(source.tree)) if traps else set()
    found = []
    for node, finding in traps:
        if node in nodes:
            place = source.span(survey.formatted.get(node, node))
            found.append(Diagnostic(finding.code, *source.position(place.start), finding.facts))
    found.sort(key=lambda one: (one.line, one.column, one.code))
    return tuple(found)
