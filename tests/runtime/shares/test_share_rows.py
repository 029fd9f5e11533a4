"""How rows are followed through a program: never counted as more than are mixed."""

from __future__ import annotations

import pytest

from fedruntime.shares.rows import NO_ROWS, Rows, contracted, together

ROWS = Rows(1, -1)
FIRST = Rows(1, -2)
LOST = Rows(1, None)
SUM = Rows(60)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (FIRST.summed((60, 3), 0, False), SUM),
        (FIRST.summed((60, 3), -2, True), SUM),
        (FIRST.summed((60, 3), None, False), SUM),
        (FIRST.summed((60, 3), 1, False), ROWS),
        (FIRST.summed((60, 3), 1, True), FIRST),
        (ROWS.summed((3, 60), 0, False), ROWS),
        (LOST.summed((60, 3), 0, False), LOST),
        (FIRST.picked((60, 3), (slice(None), 0)), ROWS),
        (FIRST.picked((60, 3), (0,)), LOST),
        (FIRST.picked((60, 3), (slice(0, 5), None)), Rows(1, -3)),
        (FIRST.picked((60, 3), (slice(0, 1),)).summed((1, 3), 0, False), Rows(1)),
        (FIRST.transposed(2), ROWS),
        (ROWS.transposed(2), FIRST),
        (ROWS.reshaped((60,), (60, 1)), FIRST),
        (FIRST.reshaped((60, 3), (3, 60)), LOST),
        (FIRST.reshaped((60, 3), (180,)), LOST),
        (together([ROWS, NO_ROWS]), ROWS),
        (together([ROWS, SUM]), ROWS),
        (together([ROWS, FIRST]), LOST),
        (together([SUM, Rows(5)]), Rows(5)),
        (together([]), NO_ROWS),
        (contracted(ROWS, FIRST, 60), SUM),
        (contracted(ROWS, NO_ROWS, 60), SUM),
        (contracted(FIRST, NO_ROWS, 3), FIRST),
        (contracted(FIRST, SUM, 3), FIRST),
        (contracted(NO_ROWS, ROWS, 3), ROWS),
        (contracted(FIRST, FIRST, 60), LOST),
        (contracted(LOST, NO_ROWS, 3), LOST),
        (contracted(FIRST, ROWS, 3), LOST),
        (contracted(SUM, NO_ROWS, 3), SUM),
        (contracted(NO_ROWS, NO_ROWS, 3), NO_ROWS),
    ],
)
def test_rows(found: Rows, expected: Rows) -> None:
    assert found == expected
