"""The account of a federation's privacy budget: what was let out, and whether more may be.

A payment is written before the release it pays for, so that a crash can cost budget but never
privacy. The file outlives the script: running it again draws from the same budget, because what
was published once stays published.
"""

from __future__ import annotations

import json
import math
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from pathlib import Path

if sys.platform == "win32":
    fcntl = None  # there, two runs at once must not share an account
else:
    import fcntl

from fedruntime.errors import BudgetError
from fedruntime.privacy.accountant import Cost, composed, epsilon_of_costs
from fedruntime.privacy.budget import PARTS, PrivacyBudget

_ROUNDING = 1e-9  # payments of equal parts may exceed the whole by rounding, not by more
_parts: ContextVar[float | None] = ContextVar("parts", default=None)


@dataclass(frozen=True)
class Payment:
    """One release.

    Parameters
    ----------
    purpose : str
        On whose behalf, such as ``Ridge.fit``.
    operation : str
        The registered party operation.
    mu, rate : float
        What it cost; see ``accountant.Cost``.
    errors : mapping of str to float
        The largest standard deviation of the noise in each released statistic.
    """

    purpose: str
    operation: str
    mu: float
    rate: float = 1.0
    errors: Mapping[str, float] = field(default_factory=dict)

    @property
    def cost(self) -> Cost:
        return Cost(self.mu, self.rate)


class Spending:
    """What has been used of a budget, and the gate that every release passes.

    Parameters
    ----------
    budget : PrivacyBudget
    path : Path, optional
        Where payments are kept between runs, one JSON line each; only in memory without.
    replaying : callable, optional
        Whether what is asked next is known from a run that was interrupted, and was paid then.
    """

    def __init__(
        self,
        budget: PrivacyBudget,
        path: Path | None = None,
        *,
        replaying: Callable[[], bool] = lambda: False,
    ) -> None:
        self.budget = budget
        self.path = path
        self._replaying = replaying
        self._lock = threading.RLock()
        self._payments: list[Payment] = []
        self._read = 0
        self._catch_up()

    @property
    def history(self) -> tuple[Payment, ...]:
        """The payments so far, of earlier runs too."""
        return tuple(self._payments)

    @property
    def total(self) -> float:
        """The whole budget, in squares of mu."""
        return self.budget.mu**2

    @property
    def spent(self) -> float:
        """What has been used, in squares of mu; a sample counts with its rate."""
        return math.fsum((payment.mu * payment.rate) ** 2 for payment in self._payments)

    @property
    def epsilon(self) -> float:
        """The epsilon that all releases so far have together, at the budget's delta."""
        return epsilon_of_costs([payment.cost for payment in self._payments], self.budget.delta)

    def __repr__(self) -> str:
        return (
            f"<Spending: epsilon {self.epsilon:.3g} of {self.budget.epsilon:g} at "
            f"delta={self.budget.delta:g}, {self._parts_left():.3g} of {self.budget.parts:g} parts "
            f"left, {len(self._payments)} releases>"
        )

    def allot(self, purpose: str, parts: float = PARTS) -> float:
        """The mu that one operation may use; nothing is paid yet.

        Parameters
        ----------
        purpose : str
            Looked up in the budget's ``shares``.
        parts : float
            What it takes where neither shares nor ``taking`` say otherwise.

        Raises
        ------
        BudgetError
            If less than that is left.
        """
        share = self.budget.shares.get(purpose)
        taken = _parts.get() if share is None else share * self.budget.parts
        mu = self.budget.mu * math.sqrt((parts if taken is None else taken) / self.budget.parts)
        self.require(purpose, mu)
        return mu

    @contextmanager
    def taking(self, parts: float) -> Iterator[None]:
        """Let each operation inside take so many parts of the budget."""
        token = _parts.set(parts)
        try:
            yield
        finally:
            _parts.reset(token)

    def require(self, purpose: str, mu: float, rate: float = 1.0, steps: int = 1) -> None:
        """Refuse what would exceed the budget, before it happens.

        What an interrupted run has paid for passes: only what it did not come to is paid now.

        Raises
        ------
        BudgetError
            Says what is left and what was asked for.
        """
        if not self._replaying():
            self._require(purpose, mu, rate, steps)

    def _require(self, purpose: str, mu: float, rate: float, steps: int = 1) -> None:
        with self._lock:
            self._catch_up()
            asked = Cost(mu, rate, steps)
            costs = [*(payment.cost for payment in self._payments), asked]
            if all(cost.rate >= 1.0 for cost in costs):
                together = composed(math.sqrt(cost.steps) * cost.mu for cost in costs)
                fits = together <= self.budget.mu * (1.0 + _ROUNDING)
            else:
                reached = epsilon_of_costs(costs, self.budget.delta)
                fits = reached <= self.budget.epsilon * (1.0 + _ROUNDING)
            if not fits:
                raise BudgetError(self._refusal(purpose, asked))

    def pay(
        self,
        purpose: str,
        operation: str,
        mu: float,
        *,
        rate: float = 1.0,
        errors: Mapping[str, float] | None = None,
    ) -> Payment:
        """Enter a release that is about to happen.

        Raises
        ------
        BudgetError
            If it would exceed the budget, or cannot be written down; then nothing is entered.
        """
        payment = Payment(purpose, operation, float(mu), float(rate), dict(errors or {}))
        try:
            with self._lock, self._exclusively():
                self._require(purpose, mu, rate)
                self._write(payment)
                self._payments.append(payment)
        except OSError as error:
            raise BudgetError(
                f"{purpose}: {self.path} cannot be written ({error.strerror or error}), so the "
                "release could not be remembered; nothing has been let out"
            ) from error
        return payment

    def require_useful(self, purpose: str, error: float, limit: float, what: str) -> None:
        """Refuse a release whose result would be mostly noise, before anything is paid.

        Parameters
        ----------
        error, limit : float
            The expected error of ``what``, and the largest that still is of use.

        Raises
        ------
        BudgetError
            With both numbers.
        """
        if not error <= limit:
            raise BudgetError(
                f"{purpose}: with what it takes of the budget, {what} is expected to be off by "
                f"{error:.3g}, and {limit:.3g} is the most that is allowed; use more rows, "
                "narrower bounds, a larger epsilon, more parts of it (federation.spending), or a "
                "larger tolerance"
            )

    # -- what is left -----------------------------------------------------------------------

    def _parts_left(self) -> float:
        return max(0.0, self.budget.parts * (1.0 - self.spent / self.total))

    def _refusal(self, purpose: str, asked: Cost) -> str:
        wanted = self.budget.parts * asked.steps * (asked.mu * asked.rate) ** 2 / self.total
        kept = f" ({self.path} remembers earlier runs)" if self.path and self._payments else ""
        return (
            f"{purpose} asks for {wanted:.3g} of the budget's {self.budget.parts:g} parts, and "
            f"{self._parts_left():.3g} are left: {len(self._payments)} releases have used epsilon "
            f"{self.epsilon:.3g} of {self.budget.epsilon:g}{kept}. Nothing has been let out; leave "
            "out a release, cut the budget into more parts, or allow a larger epsilon"
        )

    # -- the file ---------------------------------------------------------------------------

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        """Keep other processes from paying between a check and its entry."""
        if self.path is None:
            yield
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)  # until the file is closed
            yield

    def _catch_up(self) -> None:
        """Take in payments that other runs have entered."""
        if self.path is None or not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        for line in text.splitlines(keepends=True):
            if not line.endswith(b"\n"):
                break  # cut off while it was written, so what it was to pay for never left
            self._payments.append(self._parsed(line))
            self._read += len(line)

    def _parsed(self, line: bytes) -> Payment:
        try:
            return Payment(**json.loads(line))
        except (ValueError, TypeError) as error:
            raise BudgetError(
                f"{self.path}: an entry of the privacy account cannot be read, so it is not known "
                "what has been let out; restore the file, or delete it to begin a new account"
            ) from error

    def _write(self, payment: Payment) -> None:
        if self.path is None:
            return
        line = json.dumps(asdict(payment)).encode() + b"\n"
        with self.path.open("r+b") as file:
            file.truncate(self._read)
            file.seek(self._read)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self._read += len(line)
