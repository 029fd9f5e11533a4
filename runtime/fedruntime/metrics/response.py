"""What a scorer or a plot scores: the outputs of a fitted model on rows at the parties, as
``sklearn.utils._response`` picks them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def response(
    model: Any, call: Callable[[str], Any], methods: Sequence[str], positive: Any
) -> tuple[Any, Any]:
    """The output of the first of some methods that a model has, and the positive class.

    Of two columns of probabilities, and of a binary decision function, it is the positive class
    that is scored.

    Parameters
    ----------
    model : estimator
    call : callable
        Gives the output of a method.
    methods : sequence of str
    positive : label, optional
        The positive class; by default the second of two.

    Raises
    ------
    ValueError
        If the positive class is not one of two.
    """
    method = next((name for name in methods if hasattr(model, name)), methods[-1])
    classes = getattr(model, "classes_", None)
    if classes is None or len(classes) != 2:
        return call(method), positive
    if positive is None:
        positive = classes[-1]
    elif positive not in classes.tolist():
        raise ValueError(
            f"pos_label={positive} is not a valid label: It should be one of {classes}"
        )
    output, first = call(method), positive == classes[0]
    if method in ("predict_proba", "predict_log_proba"):
        return output[:, 0 if first else 1], positive
    return (-output if method == "decision_function" and first else output), positive
