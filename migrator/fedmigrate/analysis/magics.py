"""Sites and notices for what a notebook does by magics that are not looked into."""

from __future__ import annotations

from collections.abc import Sequence

from fedmigrate.plan import Diagnostic, Site, SiteKind, Verdict
from fedmigrate.source import Source


def with_magics(
    source: Source, sites: Sequence[Site]
) -> tuple[tuple[Site, ...], tuple[Diagnostic, ...]]:
    """The sites of a script with those of its magics, and notices about other magics.

    A magic that seems to train is a site. One that only may bring names along is worth a word
    where there is something to convert.
    """
    found = list(sites)
    notices = []
    for span, magic in source.unfollowed:
        line, column = source.position(span.start)
        diagnostic = Diagnostic("FM207", line, column, {"construct": magic.construct})
        if magic.trains:
            reason = "it is not looked into"
            found.append(
                Site(
                    SiteKind.OPERATION,
                    Verdict.LEFT,
                    magic.construct,
                    span,
                    line,
                    column,
                    reason=reason,
                    diagnostics=(diagnostic,),
                )
            )
        else:
            notices.append(diagnostic)
    found.sort(key=lambda site: (site.span.start, -site.span.end))
    return tuple(found), tuple(notices) if found else ()
