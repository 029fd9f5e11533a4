"""What the messages of a run come to, and the words that it is told in."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import change, message, write_ledger

from fedmigrate.audit import audit_command
from fedmigrate.audit.privacy import Spent
from fedmigrate.audit.read import read_record
from fedmigrate.audit.summarise import Summary, summarise

_GOLDEN = Path(__file__).parent / "golden_audit.txt"


def _summary(path: Path, *lines: dict[str, Any], **head: Any) -> Summary:
    return summarise(read_record(write_ledger(path, *lines, **head)).runs[-1])


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ledgers") / "run.ledger.jsonl"


_MESSAGES = st.lists(
    st.builds(
        message,
        st.sampled_from(["north", "south", "east"]),
        purpose=st.sampled_from(["", "Ridge.fit"]),
        protection=st.sampled_from(["masked", "in the clear", "facts", "sealed", "shouted", ""]),
        bytes=st.integers(0, 10**6),
        content=st.sampled_from([[], [["n", []]], [["gram", [3, 3]], ["n", []]]]),
        round=st.integers(0, 3),
    ),
    max_size=20,
)


@given(messages=_MESSAGES)
def test_no_message_and_no_byte_is_lost(ledger: Path, messages: list[dict[str, Any]]) -> None:
    summary = _summary(ledger, *messages)
    totals = summary.totals.values()
    assert sum(total["messages"] for total in totals) == len(messages)
    assert sum(total["bytes"] for total in totals) == sum(one["bytes"] for one in messages)
    assert set(summary.totals) == {one["party"] for one in messages}


@given(messages=_MESSAGES)
def test_the_most_revealing_comes_first(ledger: Path, messages: list[dict[str, Any]]) -> None:
    order = ["in the clear", "masked", "facts", "sealed"]
    for same in _summary(ledger, *messages).leaving:
        places = [
            order.index(row.protection) if row.protection in order else -1 for row in same.together
        ]
        assert places == sorted(places)


def test_parties_that_were_asked_the_same_are_told_together(ledger: Path) -> None:
    def clear(party: str, labels: int) -> dict[str, Any]:
        content = [["labels", [labels]]]
        return message(party, protection="in the clear", content=content, bytes=8 * labels)

    parties = ("alice", "bob")
    (same,) = _summary(ledger, *map(clear, parties, (2, 5))).leaving
    assert same.parties == parties
    (row,) = same.together
    assert (row.messages, row.values, row.bytes) == (1, (2, 5), (16, 40))
    assert row.statistics == ("labels (5)",)
    assert [own[0].values for own in same.rows.values()] == [(2, 2), (5, 5)]


def test_a_party_that_was_asked_more_is_told_apart(ledger: Path) -> None:
    summary = _summary(ledger, message(), message("bob"), message("bob"))
    assert [same.parties for same in summary.leaving] == [("alice",), ("bob",)]


def _known(summary: Summary) -> list[tuple[str, str, str]]:
    return [(known.who, known.about, known.amount) for known in summary.known]


def test_a_sum_is_what_shares_session_and_round(ledger: Path) -> None:
    parts = [
        message(party, round=number) for number in range(2) for party in ("alice", "bob", "carol")
    ]
    late = [message(party, session="t") for party in ("alice", "carol")]
    assert _known(_summary(ledger, *parts, *late)) == [
        ("coordinator", "alice, bob and carol together", "20 values in 2 sums"),
        ("coordinator", "alice and carol together", "10 values in 1 sum"),
        ("alice, carol", "each other", "as above"),
        ("every party", "as above", "at most the above"),
    ]


def test_what_is_in_the_clear_is_known_of_each(ledger: Path) -> None:
    clear = [
        message(party, protection="in the clear", content=[["n", [2]]])
        for party in ("alice", "bob")
    ]
    assert _known(_summary(ledger, *clear))[0] == (
        "coordinator",
        "alice and bob, each",
        "2 values of each",
    )


def test_masked_values_without_a_sum_are_known_to_nobody(ledger: Path) -> None:
    assert _known(_summary(ledger, message())) == [("nobody", "alice", "10 values")]


def test_sealed_shares_are_for_other_parties(ledger: Path) -> None:
    sealed = {"protection": "sealed", "reader": "other parties"}
    summary = _summary(ledger, message(operation="secure.share", **sealed))
    assert _known(summary) == [("other parties", "nobody's rows", "1 message")]


def test_what_parties_seal_for_each_other_is_told_by_what_it_is(ledger: Path) -> None:
    sealed = {"protection": "sealed", "reader": "other parties", "operation": "across.scores"}
    summary = _summary(
        ledger, message(what="scores", **sealed), message("bob", what="scores", **sealed)
    )
    assert _known(summary) == [("other parties", "alice and bob, each", "2 messages")]


def test_remarks_that_are_alike_are_counted(ledger: Path) -> None:
    few = [["min_rows", "is made of 4 rows"]]
    summary = _summary(ledger, message(remarks=few), message("bob", remarks=few), message())
    (remark,) = summary.remarks
    assert (remark.parties, remark.rule, remark.times) == (("alice", "bob"), "min_rows", 2)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            change(),
            "bob did not answer gram.sums for Ridge.fit (after message 1); from there on results "
            "are those of the rows of alice",
        ),
        (change("back"), "bob took part again (after message 1)"),
        (
            change("left out", reason="it lost rows"),
            "bob answered again and stayed out (after message 1): it lost rows",
        ),
    ],
)
def test_who_was_missing(ledger: Path, line: dict[str, Any], words: str) -> None:
    assert _summary(ledger, message(), line).changes == (words,)


_BUDGET = {"epsilon": 1.0, "delta": 1e-5, "mu": 0.25}


def _noised(party: str, mu: float, rate: float = 1.0) -> dict[str, Any]:
    return message(party, protection="noised, masked", mu=mu, rate=rate)


def test_parties_do_not_add_up_in_what_one_row_costs(ledger: Path) -> None:
    lines = [_noised("alice", 0.1), _noised("bob", 0.1), _noised("bob", 0.05)]
    privacy = _summary(ledger, *lines, budget=_BUDGET).privacy
    assert privacy is not None
    assert (privacy.releases, privacy.budget, privacy.delta) == (2, 1.0, 1e-5)
    assert privacy.share == pytest.approx((0.01 + 0.0025) / 0.0625)


def test_by_itself_a_run_that_has_used_everything_amounts_to_the_budget(ledger: Path) -> None:
    budget = {"epsilon": 4.3769, "delta": 1e-5, "mu": 1.0}
    privacy = _summary(ledger, _noised("alice", 0.6), _noised("alice", 0.8), budget=budget).privacy
    assert privacy is not None
    assert privacy.share == pytest.approx(1.0)
    assert privacy.epsilon == pytest.approx(4.3769, rel=1e-4)


def test_of_samples_no_epsilon_is_told(ledger: Path) -> None:
    privacy = _summary(ledger, _noised("alice", 0.5, rate=0.1), budget=_BUDGET).privacy
    assert privacy == Spent(1, pytest.approx(0.0025 / 0.0625), None, 1.0, 1e-5)


def test_without_noise_and_budget_nothing_is_said_of_it(ledger: Path) -> None:
    assert _summary(ledger, message()).privacy is None


def _example() -> list[dict[str, Any]]:
    both = ("alice", "bob")
    keys = {"purpose": "key agreement", "content": [["key", [32]]], "bytes": 32}
    labels = [
        message(
            party,
            purpose="LogisticRegression.fit",
            operation="design.labels",
            protection="in the clear",
            what="the distinct labels",
            content=[["numbers", [2]]],
            bytes=16,
            remarks=[["needs_consent", "tells the distinct labels"]],
        )
        for party in both
    ]
    return [
        *(
            message(party, protection="facts", operation="rows.columns", content=[], bytes=90)
            for party in both
        ),
        *(message(party, **keys, protection="public keys", what="A key") for party in both),
        *labels,
        *(message(party, round=number) for number in range(3) for party in both),
        change(),
        _noised("alice", 0.1),
        _noised("bob", 0.1),
    ]


def test_the_text_is_the_golden_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_ledger(tmp_path / "run.ledger.jsonl", *_example(), budget=_BUDGET)
    out = io.StringIO()
    audit_command("run.ledger.jsonl", None, None, False, out)
    assert out.getvalue() == _GOLDEN.read_text(encoding="utf-8")


def test_the_keys_are_those_that_machines_rely_on(tmp_path: Path) -> None:
    path = write_ledger(tmp_path / "run.ledger.jsonl", *_example(), budget=_BUDGET)
    out = io.StringIO()
    audit_command(str(path), "json", None, False, out)
    answer = json.loads(out.getvalue())
    assert list(answer) == ["version", "exit_code", "audits"]
    (audit,) = answer["audits"]
    assert list(audit) == ["name", "ledgers", "runs"]
    assert list(audit["ledgers"][0]) == ["path", "lines", "intact", "faults"]
    (run,) = audit["runs"]
    named = ["ended", "seal", "left", "totals", "known", "changes", "remarks", "privacy"]
    assert list(run)[-8:] == named
    assert list(run["left"][0]) == [
        *("party", "protection", "purpose", "operation", "what", "reader"),
        *("statistics", "messages", "values", "bytes"),
    ]
    assert run["totals"]["alice"]["messages"] == 7
