"""A plan with a privacy budget: what in it has no private form, and into how many parts it is cut.

How much noise that makes is for the runtime to say, which knows the number of rows.
"""

from __future__ import annotations

from dataclasses import replace

from fedmigrate.catalog.functions import COUNTERPARTS, Role
from fedmigrate.catalog.private import PREDICTOR, PRIVATE_FITS, PRIVATE_FUNCTIONS
from fedmigrate.plan import Diagnostic, Exactness, Plan, Site, SiteKind, Verdict

FEWEST_PARTS = 10  # the runtime's own default: a scaler, a model, and a score
DEFAULT_DELTA = 1e-6

_RELEASING = frozenset(
    (Role.CROSS_VALIDATION, Role.DISPLAY, Role.METRIC, Role.PERMUTATION, Role.PREDICTION)
)
_NOISY = "noise is added under the privacy budget"
_SCORE = 1  # what `score` of a fitted model takes; it is no site, as nothing of it changes


def with_budget(plan: Plan) -> Plan:
    """The plan with a finding at every site that will be refused under its privacy budget."""
    return replace(plan, sites=tuple(_judged(site) for site in plan.sites))


def parts(plan: Plan) -> int:
    """Into how many parts the budget is cut, so that every site of the script gets its own.

    A statement in a loop counts once: the script's reader has to say how often it runs.
    """
    needed = sum(_taken(site) for site in plan.sites if site.verdict is Verdict.CONVERTED)
    return max(FEWEST_PARTS, needed)


def _taken(site: Site) -> int:
    if site.kind is SiteKind.ESTIMATOR:
        fit = PRIVATE_FITS.get(site.subject, 0)
        return fit + _SCORE if fit >= PREDICTOR else fit
    return PRIVATE_FUNCTIONS.get(site.subject, 0) if site.kind is SiteKind.FUNCTION else 0


def _judged(site: Site) -> Site:
    if site.verdict is not Verdict.CONVERTED:
        return site
    if _has_private_form(site):
        noisy = site.kind is SiteKind.ESTIMATOR and PRIVATE_FITS[site.subject] > 0
        return replace(site, exactness=Exactness.APPROXIMATE, reason=_NOISY) if noisy else site
    found = Diagnostic("FM131", site.line, site.column, {"name": site.subject})
    return replace(site, diagnostics=(*site.diagnostics, found))


def _has_private_form(site: Site) -> bool:
    if site.kind is SiteKind.ESTIMATOR:
        return site.subject in PRIVATE_FITS
    if site.kind is not SiteKind.FUNCTION or site.subject in PRIVATE_FUNCTIONS:
        return True
    return COUNTERPARTS.get(site.subject) not in _RELEASING
