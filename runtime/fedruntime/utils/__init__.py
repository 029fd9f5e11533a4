"""Counterparts of ``sklearn.utils`` for rows at the parties, and SecretFlow's ``sf.utils.testing``
as far as its migration guide uses it.

All other names of ``sklearn.utils`` can be imported from here, too.
"""

from typing import Any

import sklearn.utils

from fedruntime.utils import testing
from fedruntime.utils.sampling import resample, shuffle

__all__ = ["resample", "shuffle", "testing"]


def __getattr__(name: str) -> Any:
    return getattr(sklearn.utils, name)
