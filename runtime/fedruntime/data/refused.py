"""Why some methods of pandas have no counterpart on rows at the parties, and what to do instead."""

from __future__ import annotations

from collections.abc import Mapping

_REASONS = {
    "looks for equal rows at all parties, which would have to show them to each other; drop "
    "duplicates before the rows are loaded, or count them with value_counts()": (
        "drop_duplicates duplicated"
    ),
    "puts rows in an order that shows how those of one party compare with those of another; leave "
    "it out where the order does not matter, as before a fit, or use quantile(), min() and max()": (
        "argsort argmax argmin rank searchsorted sort_index sort_values"
    ),
    "looks at neighbouring rows, which may lie at another party; compute it before the rows are "
    "loaded": (
        "asfreq asof autocorr at_time between_time bfill cummax cummin cumprod cumsum diff ewm "
        "expanding ffill first first_valid_index interpolate last last_valid_index pad pct_change "
        "resample rolling shift truncate"
    ),
    "turns rows into columns or columns into rows, which changes which row lies where; do it "
    "before the rows are loaded": "explode melt pivot stack swaplevel transpose unstack",
    "names rows by their labels, which are at the parties; use a mask, or reset_index(drop=True)": (
        "align combine combine_first compare reindex_like rename_axis update xs"
    ),
    "gives a handful of rows; use quantile(), min(), max() or value_counts()": (
        "nlargest nsmallest"
    ),
}
REFUSED: Mapping[str, str] = {
    name: reason for reason, names in _REASONS.items() for name in names.split()
}
"""Method -> what it does that parties cannot, and the next step to take."""
