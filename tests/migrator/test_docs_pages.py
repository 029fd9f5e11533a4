"""Pages drawn from tables in the code are those that the code draws today: ``make docs``."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedmigrate.docs import PAGES

_DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("page", PAGES)
def test_a_generated_page_is_current(page: str) -> None:
    assert (_DOCS / f"{page}.md").read_text(encoding="utf-8") == PAGES[page]()
