"""The table of estimators: what the runtime's registry fits, and what is refused for good."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_BUDGET = "init(budget=...)"


@dataclass(frozen=True)
class SupportRow:
    """One estimator: its exactness, how it is reached, and supported values by parameter.

    ``levels`` hold the values of parameters, such as ``solver='saga'``, with which exactness and
    the way to it are others; for estimators with a private form a privacy budget is one of them.
    """

    name: str
    exactness: str
    how: str
    parameters: Mapping[str, tuple[str, ...]]
    levels: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def support_rows() -> list[SupportRow]:
    """The registry's rows, then those refused for good, each by name.

    Imports the runtime, and with it scikit-learn.
    """
    from fedmigrate.catalog.estimators import ESTIMATORS
    from fedmigrate.plan import Exactness
    from fedruntime.estimators.private.families import private_families
    from fedruntime.estimators.registry import public_name, support_table

    private = {
        public_name(kind): {_BUDGET: (Exactness.APPROXIMATE.value, family.how)}
        for kind, family in private_families().items()
    }
    fitted = [
        SupportRow(
            row.name,
            row.exactness.value,
            row.how,
            {name: tuple(map(repr, values)) for name, values in row.parameters.items()},
            {
                f"{name}={value!r}": (exactness.value, how)
                for (name, value), (exactness, how) in row.when.items()
            }
            | private.get(row.name, {}),
        )
        for row in support_table()
    ]
    refused = [
        SupportRow(name, entry.exactness.value, f"{entry.how}; instead: {entry.instead}", {})
        for name, entry in sorted(ESTIMATORS.items())
        if entry.exactness is Exactness.REFUSED
    ]
    return [*fitted, *refused]


def render_table(rows: Sequence[SupportRow], format: str) -> str:
    """The table as ``text``, ``json`` or ``markdown``."""
    if format == "json":
        table = [
            {
                "name": row.name,
                "exactness": row.exactness,
                "how": row.how,
                "parameters": {name: list(values) for name, values in row.parameters.items()},
                "levels": {
                    value: {"exactness": exactness, "how": how}
                    for value, (exactness, how) in row.levels.items()
                },
            }
            for row in rows
        ]
        return json.dumps(table, indent=2) + "\n"
    if format == "markdown":
        head = "| estimator | exactness | how | parameters |\n|---|---|---|---|\n"
        return head + "".join(
            f"| {name} | {exactness} | {_cell(how)} | {_cell(parameters)} |\n"
            for row in rows
            for name, exactness, how, parameters in (
                (f"`{row.name}`", row.exactness, row.how, _parameters(row)),
                *((f"- with `{value}`", *level, "") for value, level in row.levels.items()),
            )
        )
    return "".join(_paragraph(row) for row in rows)


def _paragraph(row: SupportRow) -> str:
    limits = "".join(
        f"    {name}: {', '.join(values)}\n" for name, values in row.parameters.items()
    )
    levels = "".join(
        f"    with {value}  {exactness}  {how}\n" for value, (exactness, how) in row.levels.items()
    )
    return f"{row.name}  {row.exactness}  {row.how}\n{limits}{levels}"


def _parameters(row: SupportRow) -> str:
    return "; ".join(f"{name}: {', '.join(values)}" for name, values in row.parameters.items())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
