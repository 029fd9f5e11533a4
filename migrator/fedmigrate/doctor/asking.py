"""Asking a party whose folder is here what its tables look like: its process is started as for a
run, runs the loaders that it has reviewed, and tells names, types and counts. Its ledger notes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fedmigrate.doctor.loads import LoadSite
from fedruntime.errors import FedError, PartyGone
from fedruntime.hosting.child import PartyProcess
from fedruntime.hosting.frames import dumps, loads
from fedruntime.hosting.greeting import greeting
from fedruntime.hosting.party_settings import PartySettings
from fedruntime.messages import Named, Ref, Release, Reply, Request, pack_request, unpack_reply

_PURPOSE = "fedmigrate doctor"


@dataclass(frozen=True)
class Table:
    """What a party tells of a table: a part of what a loader gives.

    Parameters
    ----------
    entry : str
        Which part; empty where the loader gives one table.
    kind : str
        Such as ``frame``.
    rows : int
    width : int
        Columns.
    columns : mapping of str to str
        Names of columns, in order, with their dtypes; empty where it has no names.
    dtypes : tuple of str
    """

    entry: str
    kind: str
    rows: int
    width: int
    columns: Mapping[str, str]
    dtypes: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What one party has answered.

    Parameters
    ----------
    refusal : str
        Why it has answered nothing.
    tables : mapping of int to tuple of Table
        By the line of the load.
    failures : mapping of int to str
        What went wrong there, by the line of the load.
    """

    refusal: str = ""
    tables: Mapping[int, tuple[Table, ...]] = field(default_factory=dict)
    failures: Mapping[int, str] = field(default_factory=dict)


class _Failed(Exception):
    """The party could not do what it was asked for."""


def ask_party(settings: PartySettings, sites: Sequence[LoadSite]) -> Answer:
    """Start the party's process, ask it about each load, and end it."""
    process = PartyProcess(settings.folder)
    try:
        refusal = process.ask(greeting(settings.script_sha256))
        if refusal:
            return Answer(refusal.decode())
        tables, failures = {}, {}
        for number, site in enumerate(sites):
            try:
                tables[site.line] = tuple(_tables(process, site, f"doctor{number}"))
            except _Failed as error:
                failures[site.line] = str(error)
        return Answer("", tables, failures)
    except PartyGone as error:
        return Answer(f"its process has ended ({error}): see .fedmigrate/party.log there")
    except FedError as error:  # what it says is no answer
        return Answer(str(error))
    finally:
        process.stop()


def _tables(process: PartyProcess, site: LoadSite, name: str) -> Iterator[Table]:
    arguments = {
        "function": Named(site.loader),
        "args": list(site.args),
        "kwargs": dict(site.kwargs),
    }
    facts = _asked(process, "device.run", arguments, Release.KEEP, keep_as=name).facts
    if facts["kind"] != "object":
        yield _table("", facts)
        return
    described = _asked(process, "load.describe", {"loaded": Ref(name)}, Release.CLEAR)
    for number, path in enumerate(described.arrays["description"][()]["paths"]):
        arguments = {"loaded": Ref(name), "path": list(path)}
        part = _asked(process, "load.entry", arguments, Release.KEEP, keep_as=f"{name}.{number}")
        yield _table(".".join(map(str, path)), part.facts)


def _asked(
    process: PartyProcess,
    operation: str,
    arguments: Mapping[str, Any],
    release: Release,
    keep_as: str = "",
) -> Reply:
    request = Request(operation, arguments, release, keep_as, purpose=_PURPOSE)
    reply = unpack_reply(loads(process.ask(dumps(pack_request(request)))))
    if reply.error is not None:
        raise _Failed(": ".join(filter(None, reply.error)))
    return reply


def _table(entry: str, facts: Mapping[str, Any]) -> Table:
    dtypes, columns = tuple(facts["dtypes"]), facts["columns"]
    return Table(
        entry,
        facts["kind"],
        facts["rows"],
        facts["tail"][0] if facts["tail"] else 1,
        {} if columns is None else dict(zip(map(str, columns), dtypes, strict=True)),
        dtypes,
    )
