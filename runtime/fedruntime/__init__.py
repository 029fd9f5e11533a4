"""The runtime that federated scripts import: ``import fedruntime as sf`` reads like SecretFlow.

Estimators are wrapped by ``FLModel``, rows are loaded by ``init(...).load`` and stay at their
parties, and ``fedruntime.metrics`` and ``fedruntime.model_selection`` stand in for scikit-learn's.
"""

from fedruntime import utils
from fedruntime.aggregation.plain import PlainAggregator
from fedruntime.aggregation.secure import SecureAggregator
from fedruntime.aggregation.spu import SPUAggregator
from fedruntime.data.array import FedArray
from fedruntime.data.assemble import partition_data, partition_label
from fedruntime.data.frame import FedFrame
from fedruntime.data.series import FedSeries
from fedruntime.devices import PYU, SPU, PYUObject, reveal
from fedruntime.dropouts import DropoutWarning
from fedruntime.errors import (
    BudgetError,
    DataError,
    DropoutError,
    FedError,
    PartyError,
    PolicyError,
    ProtocolError,
    RevealError,
    SettingsError,
    UnsupportedError,
)
from fedruntime.federation import Federation
from fedruntime.model import FLModel
from fedruntime.opening import init
from fedruntime.operations import party_op
from fedruntime.privacy.budget import PrivacyBudget
from fedruntime.shares.objects import SPUObject

__version__ = "0.1.0"

__all__ = [
    "PYU",
    "SPU",
    "BudgetError",
    "DataError",
    "DropoutError",
    "DropoutWarning",
    "FLModel",
    "FedArray",
    "FedError",
    "FedFrame",
    "FedSeries",
    "Federation",
    "PYUObject",
    "PartyError",
    "PlainAggregator",
    "PolicyError",
    "PrivacyBudget",
    "ProtocolError",
    "RevealError",
    "SPUAggregator",
    "SPUObject",
    "SecureAggregator",
    "SettingsError",
    "UnsupportedError",
    "init",
    "partition_data",
    "partition_label",
    "party_op",
    "reveal",
    "utils",
]
