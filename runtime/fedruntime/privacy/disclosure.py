"""When distinct values of a column may be told: not where they are nearly its rows.

The one rule that holds without a policy, in simulations too: operations ask it themselves, as it is
they who see the values. The rules of a party's own policy are in ``rules``.
"""

from __future__ import annotations

from fedruntime.errors import RevealError

ALWAYS_FEW = 20  # distinct values that any column may have
MOST = 0.8  # the share of rows above which more of them are refused


def require_repeats(distinct: int, rows: int, what: str) -> None:
    """Refuse to tell the distinct values of a column that hardly repeats.

    Parameters
    ----------
    distinct, rows : int
        How many distinct values a party has, in how many rows.
    what : str
        The column, for the message.

    Raises
    ------
    RevealError
        If there are more than ``ALWAYS_FEW``, and they are more than ``MOST`` of the rows.
    """
    if distinct > ALWAYS_FEW and distinct > MOST * rows:
        raise RevealError(
            f"{what} has {distinct} distinct values in {rows} rows, so telling them would show "
            "rows; only values that repeat are told"
        )
