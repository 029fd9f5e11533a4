"""The rows of the folds over which an estimator cross-validates itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fedruntime.cohort import Cohort
from fedruntime.data.take import take
from fedruntime.model_selection.folds import draw_folds


@dataclass(frozen=True)
class Fold:
    """Training and test rows, at the parties.

    Parameters
    ----------
    train, test : Cohort
    """

    train: Cohort
    test: Cohort


def fold_rows(cv: Any, rows: Cohort) -> Iterator[Fold]:
    """The folds of a regression.

    Parameters
    ----------
    cv : None, int, splitter, or iterable of (train, test) positions
    rows : Cohort
        Rows of one fit, prepared or not.
    """
    folds = draw_folds(cv, rows["X"], rows["y"], classifier=False)
    for train, test in folds.positions:
        yield Fold(_at(rows, folds.index(train)), _at(rows, folds.index(test)))


def _at(rows: Cohort, index: Any) -> Cohort:
    return rows.replace(
        **{
            name: None if handle is None else take(handle, index)
            for name, handle in rows.rows.items()
        }
    )
