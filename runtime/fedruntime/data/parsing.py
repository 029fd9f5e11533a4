"""``pandas.to_datetime`` and ``pandas.to_numeric``: text becomes times and numbers at the parties,
by the format that pandas would take from the first pooled value.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pandas as pd

from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.operations import Statistics, party_op, row_op

# Before pandas 2.2 there is no public name for it.
_parsing: Any = importlib.import_module("pandas._libs.tslibs.parsing")


def to_datetime(
    arg: Any,
    errors: str = "raise",
    dayfirst: bool = False,
    yearfirst: bool = False,
    utc: bool = False,
    format: str | None = None,
    unit: str | None = None,
    origin: Any = "unix",
    cache: bool = True,
    **options: Any,
) -> Any:
    """``pandas.to_datetime`` of a series.

    Where no format is given, the one of the first pooled value that is not missing is revealed.

    Raises
    ------
    UnsupportedError
        For frames, ``errors="ignore"`` and other origins.
    """
    if not isinstance(arg, Handle) or arg.facts.kind != "series":
        raise UnsupportedError(f"{where()}pd.to_datetime takes a column of a frame, not {arg!r}")
    if errors == "ignore" or options or not isinstance(origin, str):
        raise UnsupportedError(
            f"{where()}pd.to_datetime with {', '.join(sorted(options)) or 'errors or origin'} has "
            "no counterpart"
        )
    if format is None and unit is None:
        format = _first_format(arg, dayfirst)
    given = {
        "errors": errors,
        "dayfirst": dayfirst,
        "yearfirst": yearfirst,
        "utc": utc,
        "format": format,
        "unit": unit,
        "origin": origin,
    }
    return arg.federation.map(parse_times, purpose="to_datetime", rows=arg, options=given)


def to_numeric(arg: Any, errors: str = "raise", downcast: Any = None, **options: Any) -> Any:
    """``pandas.to_numeric`` of a series.

    Raises
    ------
    UnsupportedError
        For ``downcast`` and ``errors="ignore"``, which look at all values at once.
    """
    if not isinstance(arg, Handle) or arg.facts.kind != "series":
        raise TypeError(f"{where()}arg must be a list, tuple, 1-d array, or Series, not {arg!r}")
    if downcast is not None or errors == "ignore" or options:
        raise UnsupportedError(
            f"{where()}pd.to_numeric with downcast or errors='ignore' depends on all values; use "
            "errors='coerce' and astype"
        )
    return arg.federation.map(parse_numbers, purpose="to_numeric", rows=arg, errors=errors)


def _first_format(series: Handle, dayfirst: bool) -> str | None:
    layout = series.layout
    each = {party: {"positions": layout.positions[party]} for party in layout.parties}
    found = series.federation.collect(
        first_format, each=each, rows=series, dayfirst=dayfirst, purpose="to_datetime"
    )
    told = [part for part in found.values() if part]
    if not told:
        return None
    first = min(told, key=lambda part: int(part["position"]))
    return str(first["format"]) or None


# -- at the parties -------------------------------------------------------------------------


@party_op("rows.time_format", reveals="where the first value is that is not missing, and its form")
def first_format(rows: pd.Series, positions: Any, dayfirst: bool) -> Statistics:
    """The pooled position and the format of the first text that is not missing."""
    present = np.flatnonzero(rows.notna().to_numpy())
    if not len(present):
        return {}
    first = rows.iloc[present[0]]
    form = (
        _parsing.guess_datetime_format(first, dayfirst=dayfirst) if isinstance(first, str) else None
    )
    return {"position": np.asarray(positions)[present[0]], "format": np.asarray(form or "")}


@row_op("rows.times")
def parse_times(rows: pd.Series, options: Any) -> pd.Series:
    """Text or numbers as times."""
    try:
        return pd.to_datetime(rows, **options)
    except ValueError as error:
        # The text of pandas quotes the value.
        raise DataError(f"column {rows.name!r} does not hold times of one form") from error


@row_op("rows.numbers")
def parse_numbers(rows: pd.Series, errors: str) -> pd.Series:
    """Text as numbers."""
    try:
        return pd.to_numeric(rows, errors=errors)
    except ValueError as error:
        raise DataError(f"column {rows.name!r} holds text that is no number") from error
