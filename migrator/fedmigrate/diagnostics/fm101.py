"""The federated fit minimises the same objective to the same optimum, with another iteration than
scikit-learn's. Coefficients agree to the stated tolerance instead of to rounding, and counters
such as `n_iter_` differ.

Most often this is the more exact of the two: scikit-learn's own solvers stop at a tolerance, some
distance away from the optimum, and the message says which of them is mirrored step by step
instead.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="converted; the optimum is the same, the path to it is not",
    message="{name} reaches the same optimum on another path: {reason}",
    severity=Severity.NOTE,
    before="""\
from sklearn.linear_model import LogisticRegression

model = LogisticRegression(solver="liblinear")
model.fit(X, y)
""",
    after="""\
from sklearn.linear_model import LogisticRegression

model = LogisticRegression(solver="lbfgs")  # mirrored step by step
model.fit(X, y)
""",
    next_step=(
        "Run `fedmigrate verify` to see the measured difference; choose another solver if "
        "that is too much."
    ),
)
