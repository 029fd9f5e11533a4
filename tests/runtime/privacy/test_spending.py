"""The account of a budget: it refuses before a release, and remembers."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fedruntime.errors import BudgetError
from fedruntime.privacy.accountant import epsilon_of
from fedruntime.privacy.budget import PrivacyBudget
from fedruntime.privacy.spending import Spending


def _account(path: Path | None = None, **options: object) -> Spending:
    return Spending(PrivacyBudget(3.0, **options), path)  # type: ignore[arg-type]


def test_parts_are_equal_and_add_up_to_the_budget() -> None:
    account = _account(parts=4)
    for number in range(4):
        mu = account.allot(f"fit {number}")
        account.pay(f"fit {number}", "test.op", mu)
    assert account.spent == pytest.approx(account.total)
    assert account.epsilon == pytest.approx(3.0)
    with pytest.raises(BudgetError):
        account.allot("one more")


def test_a_refusal_says_what_is_left_and_what_was_asked() -> None:
    account = _account(parts=10)
    account.pay("mean", "test.op", account.allot("mean", parts=7))
    with pytest.raises(BudgetError, match=r"Ridge.fit asks for 6 of .* 10 parts, and 3 are left"):
        account.allot("Ridge.fit", parts=6)


def test_a_refused_payment_is_not_entered(tmp_path: Path) -> None:
    path = tmp_path / "data.budget.jsonl"
    account = _account(path)
    account.pay("mean", "test.op", 0.5)
    before = path.read_bytes()
    with pytest.raises(BudgetError):
        account.pay("mean", "test.op", 0.6)
    assert path.read_bytes() == before
    assert len(account.history) == 1


def test_allotting_and_asking_cost_nothing(tmp_path: Path) -> None:
    path = tmp_path / "data.budget.jsonl"
    account = _account(path)
    for _ in range(50):
        account.allot("fit", parts=6)
        account.require("fit", 0.5)
    assert account.spent == 0.0
    assert account.history == ()
    assert not path.exists()


def test_shares_and_taking_change_what_an_operation_gets() -> None:
    account = _account(parts=10, shares={"Ridge.fit": 0.25})
    whole = account.budget.mu
    assert account.allot("Ridge.fit", parts=6) == pytest.approx(whole * math.sqrt(0.25))
    with account.taking(2):
        assert account.allot("mean") == pytest.approx(whole * math.sqrt(0.2))
        assert account.allot("Ridge.fit", parts=6) == pytest.approx(whole * math.sqrt(0.25))
        with account.taking(3):
            assert account.allot("mean") == pytest.approx(whole * math.sqrt(0.3))
    assert account.allot("mean") == pytest.approx(whole * math.sqrt(0.1))


def test_an_account_outlives_its_process(tmp_path: Path) -> None:
    path = tmp_path / ".fedmigrate" / "data.budget.jsonl"
    first = _account(path)
    first.pay("Ridge.fit", "test.op", 0.5, errors={"gram": 2.0})
    again = _account(path)
    assert again.history == first.history
    assert again.spent == first.spent
    with pytest.raises(BudgetError, match="remembers earlier runs"):
        again.pay("Ridge.fit", "test.op", 0.5)


def test_a_larger_budget_counts_what_was_spent_under_a_smaller(tmp_path: Path) -> None:
    path = tmp_path / "data.budget.jsonl"
    Spending(PrivacyBudget(1.0), path).pay("mean", "test.op", 0.2)
    larger = Spending(PrivacyBudget(2.0), path)
    assert larger.spent == pytest.approx(0.04)


def test_two_open_accounts_see_each_other(tmp_path: Path) -> None:
    path = tmp_path / "data.budget.jsonl"
    one, other = _account(path), _account(path)
    one.pay("mean", "test.op", 0.5)
    with pytest.raises(BudgetError):
        other.pay("mean", "test.op", 0.5)
    assert other.spent == one.spent


def test_a_payment_that_was_cut_off_counts_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "data.budget.jsonl"
    _account(path).pay("mean", "test.op", 0.1)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:20])
    again = _account(path)
    assert len(again.history) == 1
    again.pay("mean", "test.op", 0.1)
    assert len(_account(path).history) == 2


@pytest.mark.parametrize("entry", [b"not json\n", b"{}\n", b'{"purpose": 1, "more": 2}\n'])
def test_an_account_that_cannot_be_read_stops_everything(tmp_path: Path, entry: bytes) -> None:
    path = tmp_path / "data.budget.jsonl"
    path.write_bytes(entry)
    with pytest.raises(BudgetError, match="cannot be read"):
        _account(path)


def test_the_payment_is_on_disk_before_it_is_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "data.budget.jsonl"
    payment = _account(path).pay("mean", "test.op", 0.25)
    (line,) = path.read_text().splitlines()
    assert json.loads(line)["mu"] == payment.mu == 0.25


def test_what_cannot_be_written_down_is_not_paid(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    account = _account(tmp_path / "file" / "data.budget.jsonl")
    with pytest.raises(BudgetError, match="nothing has been let out"):
        account.pay("mean", "test.op", 0.1)
    assert account.spent == 0.0


def test_threads_never_spend_more_than_there_is(tmp_path: Path) -> None:
    account = _account(tmp_path / "data.budget.jsonl", parts=25)
    mu = account.allot("mean")
    paid, refused = [], []

    def spend() -> None:
        for _ in range(10):
            try:
                paid.append(account.pay("mean", "test.op", mu))
            except BudgetError:
                refused.append(1)

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(paid), len(refused)) == (25, 55)
    assert account.spent == pytest.approx(account.total)


def test_processes_never_spend_more_than_there_is(tmp_path: Path) -> None:
    path = tmp_path / "data.budget.jsonl"
    program = (
        "from fedruntime.errors import BudgetError\n"
        "from fedruntime.privacy.budget import PrivacyBudget\n"
        "from fedruntime.privacy.spending import Spending\n"
        "from pathlib import Path\n"
        f"account = Spending(PrivacyBudget(3.0, parts=20), Path({str(path)!r}))\n"
        "mu = account.budget.mu / 20 ** 0.5\n"
        "for _ in range(15):\n"
        "    try:\n"
        "        account.pay('mean', 'test.op', mu)\n"
        "    except BudgetError:\n"
        "        break\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    assert [process.wait(timeout=600) for process in running] == [0, 0]
    assert len(_account(path).history) == 20


def test_samples_are_charged_as_samples() -> None:
    account = _account()
    account.pay("MLP.fit", "test.op", 1.0, rate=0.01)
    cheap = account.epsilon
    assert 0 < cheap < epsilon_of(1.0, 1e-6)
    account.pay("MLP.fit", "test.op", 0.3)
    assert account.epsilon > cheap
    with pytest.raises(BudgetError):
        account.require("MLP.fit", 1.0, rate=0.01, steps=10**6)


def test_a_useless_release_is_refused_with_both_numbers() -> None:
    account = _account()
    account.require_useful("mean", 0.1, 0.1, "the mean of column 0")
    with pytest.raises(BudgetError, match=r"off by 12.5, and 0.1 is the most"):
        account.require_useful("mean", 12.5, 0.1, "the mean of column 0")
    with pytest.raises(BudgetError):
        account.require_useful("mean", math.nan, 0.1, "the mean of column 0")


def test_it_says_what_is_left() -> None:
    account = _account(parts=4)
    account.pay("mean", "test.op", account.allot("mean"))
    assert repr(account) == (
        f"<Spending: epsilon {account.epsilon:.3g} of 3 at delta=1e-06, 3 of 4 parts left, "
        "1 releases>"
    )
