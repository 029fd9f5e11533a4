"""What a run's messages come to: what left each party, who learnt what, what policies object to."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from fedmigrate.audit import words
from fedmigrate.audit.privacy import Spent, spent
from fedmigrate.audit.read import Fields, Run

_OF_ROWS = "row counts, column names and dtypes of tables that stayed"


@dataclass(frozen=True)
class Row:
    """All messages of a party that serve the same purpose by the same operation.

    Parameters
    ----------
    protection, purpose, operation, what, reader : str
        As the ledger has them; of facts there is one row for all.
    statistics : tuple of str
        Names and shapes of what left, such as ``gram (30, 30)``; a message of most values.
    messages : int
    values, bytes : tuple of (int, int)
        The fewest and the most values of a message, and bytes of all messages. These differ where
        a row is about several parties.
    """

    protection: str
    purpose: str
    operation: str
    what: str
    reader: str
    statistics: tuple[str, ...]
    messages: int
    values: tuple[int, int]
    bytes: tuple[int, int]

    def joined(self, others: Sequence[Row]) -> Row:
        """This row and the same one of other parties."""
        rows = (self, *others)
        most = max(rows, key=lambda row: row.values[1])
        return replace(
            self,
            statistics=most.statistics,
            values=_range("values", rows),
            bytes=_range("bytes", rows),
        )


@dataclass(frozen=True)
class Leaving:
    """What left parties that were asked the same.

    Parameters
    ----------
    rows : mapping of str to tuple of Row
        By party; the most revealing first.
    """

    rows: Mapping[str, tuple[Row, ...]]

    @property
    def parties(self) -> tuple[str, ...]:
        return tuple(self.rows)

    @property
    def together(self) -> list[Row]:
        """One row for what has left each of the parties."""
        return [first.joined(others) for first, *others in zip(*self.rows.values(), strict=True)]

    @property
    def messages(self) -> int:
        """Of each of the parties."""
        return sum(row.messages for row in self.together)

    @property
    def bytes(self) -> tuple[int, int]:
        """The fewest and the most of a party."""
        totals = [sum(row.bytes[0] for row in own) for own in self.rows.values()]
        return min(totals), max(totals)


@dataclass(frozen=True)
class Known:
    """One thing that someone has learnt.

    Parameters
    ----------
    who : str
    what : str
    about : str
        Whose data it is about.
    amount : str
    """

    who: str
    what: str
    about: str
    amount: str


@dataclass(frozen=True)
class Remark:
    """One objection of the policies of some parties."""

    parties: tuple[str, ...]
    rule: str
    operation: str
    purpose: str
    text: str
    times: int


@dataclass(frozen=True)
class Summary:
    """All that is told of a run."""

    run: Run
    leaving: tuple[Leaving, ...]
    known: tuple[Known, ...]
    remarks: tuple[Remark, ...]
    changes: tuple[str, ...]
    privacy: Spent | None

    @property
    def totals(self) -> dict[str, dict[str, int]]:
        """Messages and bytes by party."""
        return {
            party: {
                "messages": sum(row.messages for row in own),
                "bytes": sum(row.bytes[0] for row in own),
            }
            for same in self.leaving
            for party, own in same.rows.items()
        }


_KEY_SHARES = "secure.share"  # the operation by which parties share keys


def summarise(run: Run) -> Summary:
    """What a run's messages come to."""
    return Summary(
        run,
        leaving=tuple(_leaving(run.messages)),
        known=tuple(_known(run.messages)),
        remarks=tuple(_remarks(run.messages)),
        changes=tuple(words.change(dict(change)) for change in run.changes),
        privacy=spent(run),
    )


def values(message: Fields) -> int:
    """How many numbers or words a message holds."""
    return sum(math.prod(shape) for _, shape in message["content"])


def _leaving(messages: Iterable[Fields]) -> list[Leaving]:
    by_party: dict[str, list[Fields]] = defaultdict(list)
    for message in messages:
        by_party[message["party"]].append(message)
    alike: dict[tuple[object, ...], dict[str, tuple[Row, ...]]] = defaultdict(dict)
    for party, own in by_party.items():
        rows = tuple(_rows(own))
        asked = tuple((row.protection, row.purpose, row.operation, row.messages) for row in rows)
        alike[asked][party] = rows
    return [Leaving(rows) for rows in alike.values()]


def _range(name: str, rows: Sequence[Row]) -> tuple[int, int]:
    ranges = [getattr(row, name) for row in rows]
    return min(least for least, _ in ranges), max(most for _, most in ranges)


class _Alike(NamedTuple):
    """What messages of one row share."""

    protection: str
    purpose: str
    operation: str
    what: str
    reader: str


def _rows(messages: Iterable[Fields]) -> list[Row]:
    found: dict[_Alike, list[Fields]] = defaultdict(list)
    for message in messages:
        found[_alike(message)].append(message)
    rows = [_row(key, same) for key, same in found.items()]
    return sorted(rows, key=lambda row: words.place(row.protection))


def _alike(message: Fields) -> _Alike:
    protection = message["protection"]
    if protection == words.FACTS:
        return _Alike(protection, "", "", _OF_ROWS, message["reader"])
    return _Alike(
        protection,
        message["purpose"],
        message["operation"],
        message["what"],
        message["reader"],
    )


def _row(key: _Alike, messages: Sequence[Fields]) -> Row:
    sizes = [values(message) for message in messages]
    fullest = messages[sizes.index(max(sizes))]
    statistics = tuple(f"{name}{_shape(shape)}" for name, shape in fullest["content"])
    total = sum(message["bytes"] for message in messages)
    return Row(*key, statistics, len(messages), (min(sizes), max(sizes)), (total, total))


def _shape(shape: Sequence[int]) -> str:
    return f" ({', '.join(map(str, shape))})" if shape else ""


def _known(messages: Sequence[Fields]) -> list[Known]:
    sums, own = _sums(messages), _own(messages)
    learnt = any(known.who != "nobody" for known in (*sums, *own))
    passed_on = Known(
        "every party",
        "what the coordinator passes on of this, such as fitted models",
        "as above",
        "at most the above",
    )
    return [*sums, *own, *([passed_on] if learnt else []), *_of_sealed(messages)]


def _sums(messages: Iterable[Fields]) -> list[Known]:
    """Messages of one session and round are parts of one sum."""
    rounds: dict[tuple[str, str, int], list[Fields]] = defaultdict(list)
    for message in messages:
        if message["protection"] in words.MASKED:
            rounds[message["protection"], message["session"], message["round"]].append(message)
    sums: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
    for (protection, _, _), parts in rounds.items():
        over = tuple(dict.fromkeys(part["party"] for part in parts))
        sums[protection, over].append(values(parts[0]))
    known = []
    for (protection, over), sizes in sums.items():
        noise = " with noise" if protection != "masked" else ""
        values_of = words.counted(sum(sizes), "value")
        if len(over) == 1:
            nothing = "masked values of which no sum has come, as the others did not answer"
            known.append(Known("nobody", nothing, over[0], values_of))
            continue
        known.append(
            Known(
                "coordinator",
                f"sums{noise}, and no party's own part of them",
                f"{words.listed(over)} together",
                f"{values_of} in {words.counted(len(sizes), 'sum')}",
            )
        )
        if len(over) == 2 and not noise:
            first, second = over
            known.append(
                Known(
                    f"{first}, {second}",
                    "if it is told such a sum: the other's part, by subtracting its own",
                    "each other",
                    "as above",
                )
            )
    return known


def _own(messages: Iterable[Fields]) -> list[Known]:
    """What is read of single parties; of all who told the same in one line."""
    told: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for message in messages:
        protection = message["protection"]
        if protection in ("in the clear", "noised, in the clear") or words.place(protection) < 0:
            what = message["what"] or message["operation"]
            told[protection, what][message["party"]].append(values(message))
        elif protection in (words.FACTS, words.FAILURE):
            told[protection, words.meaning(protection)][message["party"]].append(0)
    known = []
    for (protection, what), by_party in told.items():
        sizes = [sum(own) for own in by_party.values()]
        amount = f"{words.bounds(min(sizes), max(sizes), 'value')} of each"
        if protection in (words.FACTS, words.FAILURE):
            numbers = [len(own) for own in by_party.values()]
            noun = "table" if protection == words.FACTS else "message"
            amount = f"{words.bounds(min(numbers), max(numbers), noun)} of each"
        noise = ", with noise" if protection.startswith("noised") else ""
        known.append(
            Known("coordinator", f"{what}{noise}", f"{words.listed(list(by_party))}, each", amount)
        )
    return known


def _of_sealed(messages: Iterable[Fields]) -> list[Known]:
    """What parties tell each other: shares of keys, and what operations say that they reveal."""
    sealed = [message for message in messages if message["protection"] == "sealed"]
    told: Mapping[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for message in sealed:
        if message["operation"] != _KEY_SHARES:
            told[message["what"]][message["party"]] += 1
    known = [
        Known(
            "other parties",
            what,
            f"{words.listed(list(by_party))}, each",
            words.counted(sum(by_party.values()), "message"),
        )
        for what, by_party in told.items()
    ]
    shares = sum(message["operation"] == _KEY_SHARES for message in sealed)
    if shares:
        what = "shares of each other's keys, of use only to take masks off when someone is missing"
        known.append(
            Known("other parties", what, "nobody's rows", words.counted(shares, "message"))
        )
    return known


def _remarks(messages: Iterable[Fields]) -> list[Remark]:
    times: Counter[tuple[str, str, str, str]] = Counter()
    parties: Mapping[tuple[str, str, str, str], dict[str, None]] = defaultdict(dict)
    for message in messages:
        for rule, text in message["remarks"]:
            raised = (rule, message["operation"], message["purpose"], text)
            times[raised] += 1
            parties[raised][message["party"]] = None
    return [Remark(tuple(parties[raised]), *raised, count) for raised, count in times.items()]
