"""How the tests of this folder state what is expected of a script's sites."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fedmigrate.analysis import analyse
from fedmigrate.source import Source

Decide = Callable[[str], list[str]]


@pytest.fixture
def decide() -> Decide:
    """One line a site: line, kind, verdict, subject, diagnostic codes."""

    def run(text: str) -> list[str]:
        return [
            " ".join(
                (
                    str(site.line),
                    site.kind.value,
                    site.verdict.value,
                    site.subject,
                    *(found.code for found in site.diagnostics),
                )
            )
            for site in analyse(Source("script.py", text)).sites
        ]

    return run
