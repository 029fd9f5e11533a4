"""Public arguments on their way to the parties: pandas objects and types that the closed message
schema does not know, written in its own terms, and read back there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from fedruntime.data.handle import Handle
from fedruntime.messages import Public

_TAG = "$pandas"


def to_message(value: Any) -> Public:
    """A public argument in the terms of the schema; handles and functions pass as they are."""
    if isinstance(value, Handle):
        return value
    if isinstance(value, pd.Series):
        return {
            _TAG: "series",
            "values": value.to_numpy(),
            "index": list(value.index),
            "name": value.name,
        }
    if isinstance(value, pd.Index):
        return list(value)
    if isinstance(value, pd.Timestamp | pd.Timedelta):
        return {_TAG: "time", "values": np.asarray(value.to_numpy())}
    if value is pd.NA:
        return {_TAG: "NA"}
    if isinstance(value, pd.api.extensions.ExtensionDtype):
        return str(value)
    if isinstance(value, Mapping):
        return {
            to_message(key): dtype_name(entry) if key == "dtype" else to_message(entry)
            for key, entry in value.items()
        }
    if isinstance(value, set | frozenset):
        return [to_message(entry) for entry in value]
    if isinstance(value, list | tuple):
        return type(value)(to_message(entry) for entry in value)
    return value


def dtype_name(value: Any) -> Public:
    """A dtype, or a mapping of columns to dtypes, in the terms of the schema."""
    if isinstance(value, type) and value.__module__ == "builtins":
        return value.__name__
    if isinstance(value, Mapping):
        return {key: dtype_name(entry) for key, entry in value.items()}
    return to_message(value)


def from_message(value: Any) -> Any:
    """The argument that ``to_message`` wrote; rows pass as they are."""
    if isinstance(value, Mapping):
        if _TAG in value:
            return _pandas(value)
        return {key: from_message(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(from_message(entry) for entry in value)
    return value


def _pandas(value: Mapping[str, Any]) -> Any:
    if value[_TAG] == "NA":
        return pd.NA
    if value[_TAG] == "time":
        moment = value["values"][()]
        return pd.Timestamp(moment) if moment.dtype.kind == "M" else pd.Timedelta(moment)
    return pd.Series(value["values"], index=value["index"], name=value["name"])
