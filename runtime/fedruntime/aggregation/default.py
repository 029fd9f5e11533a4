"""The aggregator of everything that names none, so that keys are agreed once a federation."""

from fedruntime.aggregation.secure import SecureAggregator

AGGREGATOR = SecureAggregator()
