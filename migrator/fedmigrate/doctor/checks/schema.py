"""Whether the parties' tables fit together: their processes are started, run the loaders of the
script, and tell columns, dtypes and row counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from fedmigrate.doctor.asking import Table
from fedmigrate.doctor.finding import Finding, fine, note, problem
from fedmigrate.doctor.loads import LoadSite
from fedmigrate.doctor.subject import Subject, shown
from fedruntime.errors import SettingsError
from fedruntime.hosting.party_settings import PartySettings
from fedruntime.privacy.policy import Policy
from fedruntime.privacy.policy_file import read_policy


def check(subject: Subject) -> Iterator[Finding]:
    if subject.engine == "local" and not subject.members:
        yield note(
            "tables", "a simulation deals the rows of one table, so they have the same columns"
        )
        return
    for site in subject.loads:
        if not site.is_known:
            yield note(f"line {site.line}", f"{site.text}: {site.unknown} is known only by running")
    if not subject.loads:
        yield note("tables", "no call of fed.load was found in the script")
        return
    for party, answer in subject.answers.items():
        if answer.refusal:
            yield problem(party, f"takes no part: {answer.refusal}", "mend that first")
    for site in subject.loads:
        yield from _site(subject, site)


def _site(subject: Subject, site: LoadSite) -> Iterator[Finding]:
    where = f"line {site.line}"
    told: dict[str, tuple[Table, ...]] = {}
    for party, answer in subject.answers.items():
        if site.line in answer.failures:
            yield problem(
                f"{where}, {party}",
                f"{site.text} failed there: {answer.failures[site.line]}",
                "put the table where the script reads it; .fedmigrate/party.log there may say more",
            )
        elif site.line in answer.tables:
            told[party] = answer.tables[site.line]
    for party, tables in told.items():
        for table in tables:
            yield fine(f"{where}, {party}{_entry(table)}", _in_words(table))
    for member, settings in subject.readable:
        yield from _enough_rows(where, settings, told.get(member.name, ()))
    if len(told) > 1:
        differing = list(_compared(where, told))
        yield from differing
        if not differing:
            yield fine(where, f"{site.text} gives the same columns at {', '.join(told)}")


def _compared(where: str, told: Mapping[str, tuple[Table, ...]]) -> Iterator[Finding]:
    entries = {party: [table.entry for table in tables] for party, tables in told.items()}
    if len(set(map(tuple, entries.values()))) > 1:
        parts = {party: ", ".join(names) or "one table" for party, names in entries.items()}
        yield from _differ(where, "parts", parts)
        return
    for number in range(len(next(iter(told.values())))):
        tables = {party: parts[number] for party, parts in told.items()}
        yield from _tables(f"{where}{_entry(next(iter(tables.values())))}", tables)


def _tables(where: str, tables: Mapping[str, Table]) -> Iterator[Finding]:
    kinds = {party: table.kind for party, table in tables.items()}
    if len(set(kinds.values())) > 1:
        yield from _differ(where, "kind", kinds)
        return
    if not any(table.columns for table in tables.values()):
        widths = {party: f"{table.width} columns" for party, table in tables.items()}
        yield from _differ(where, "width", widths)
        dtypes = {party: ", ".join(table.dtypes) for party, table in tables.items()}
        yield from _differ(where, "dtype", dtypes)
        return
    usual = _most_frequent({party: tuple(table.columns) for party, table in tables.items()})
    order_matters = True
    for party, table in tables.items():
        missing = [name for name in usual if name not in table.columns]
        more = [name for name in table.columns if name not in usual]
        for name in missing:
            yield _of_column(where, party, name, "is missing; others have it")
        for name in more:
            yield _of_column(where, party, name, "is there; others do not have it")
        order_matters = not missing and not more
        if order_matters and tuple(table.columns) != usual:
            yield problem(
                f"{where}, {party}",
                f"has its columns in the order {', '.join(table.columns)}; others have "
                f"{', '.join(usual)}",
                "bring them into the same order",
            )
    for name in usual:
        dtypes = {p: table.columns[name] for p, table in tables.items() if name in table.columns}
        yield from _differ(f"{where}, column {name!r}", "dtype", dtypes)


def _differ(where: str, what: str, values: Mapping[str, str]) -> Iterator[Finding]:
    if len(set(values.values())) > 1:
        by_value: dict[str, list[str]] = {}
        for party, value in values.items():
            by_value.setdefault(value, []).append(party)
        told = "; ".join(f"{value} at {', '.join(names)}" for value, names in by_value.items())
        yield problem(
            where, f"not the same {what}: {told}", "let all parties' tables have the same"
        )


def _of_column(where: str, party: str, name: str, what: str) -> Finding:
    return problem(f"{where}, {party}", f"column {name!r} {what}", "let all tables have the same")


def _enough_rows(
    where: str, settings: PartySettings, tables: tuple[Table, ...]
) -> Iterator[Finding]:
    try:
        policy = Policy() if settings.policy is None else read_policy(settings.policy)
    except SettingsError:
        return  # the policies' check says so
    for table in tables:
        if table.rows < policy.min_rows:
            yield problem(
                f"{where}, {settings.name}{_entry(table)}",
                f"has {table.rows} rows, and its own policy lets no statistic of fewer than "
                f"{policy.min_rows} out",
                f"more rows, or min_rows in {shown(settings.policy or settings.folder)}",
            )


def _most_frequent(values: Mapping[str, Any]) -> Any:
    return Counter(values.values()).most_common(1)[0][0]


def _entry(table: Table) -> str:
    return f", entry {table.entry!r}" if table.entry else ""


def _in_words(table: Table) -> str:
    shape = f"{table.kind} of {table.rows} rows"
    if table.columns:
        columns = ", ".join(f"{name} {dtype}" for name, dtype in table.columns.items())
        return f"{shape}: {columns}"
    return f"{shape} and {table.width} columns of {', '.join(table.dtypes)}"
