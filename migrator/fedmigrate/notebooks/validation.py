"""Whether a file is what the notebook format says, which the package ``nbformat`` knows."""

from __future__ import annotations

import json
import warnings

from fedmigrate.errors import SourceError


def follows_the_format(data: bytes, path: str) -> bool:
    """Whether a notebook is valid; many that Jupyter opens are not.

    Raises
    ------
    SourceError
        FM907 where ``nbformat`` is not installed.
    """
    try:
        import nbformat
    except ImportError as error:
        reason = "is a notebook, and to write one takes the package nbformat"
        raise SourceError("FM907", path, reason) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about cells without ids, which are valid all the same
        try:
            nbformat.validate(json.loads(data))
        except nbformat.ValidationError:
            return False
    return True
