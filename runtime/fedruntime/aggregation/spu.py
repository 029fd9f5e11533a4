"""Sums on SecretFlow's SPU, for those whose rules ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fedruntime.aggregation.adding import Total
from fedruntime.aggregation.aggregator import Ask, Lost
from fedruntime.aggregation.secure import SecureAggregator
from fedruntime.errors import UnsupportedError

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange


class SPUAggregator(SecureAggregator):
    """Adds statistics on SecretFlow's SPU, under its own name there.

    Parties mask what they put in as for ``SecureAggregator``, so the SPU's secret sharing is a
    second protection, and the sums are the same, bit for bit: they are exact, and not rounded to
    the SPU's fixed-point numbers. It needs ``engine = "secretflow"`` with a table
    ``[secretflow.spu]``, and all parties. Parameters are those of ``SecureAggregator``.
    """

    def _add(self, federation: Exchange, ask: Ask, lost: Lost) -> Total:
        spu = getattr(federation.engine, "spu", None)
        if spu is None:
            raise UnsupportedError(
                "SPUAggregator adds on SecretFlow's SPU, and this federation has none: set engine "
                '= "secretflow" with a table [secretflow.spu], or use SecureAggregator, which '
                "gives the same sums everywhere"
            )
        if federation.min_parties < len(federation.all_parties):
            raise UnsupportedError(
                "a sum on the SPU needs all parties: leave min_parties out, or use "
                "SecureAggregator, whose sums survive dropouts"
            )
        with spu.on():
            return super()._add(federation, ask, lost)
