"""The function wants all rows in one place, and the runtime has no version of it that works on
rows at the parties.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="left: this scikit-learn function has no counterpart",
    message="sklearn function {function} has no federated counterpart",
    severity=Severity.WARNING,
    before="""\
from sklearn.inspection import partial_dependence
from sklearn.linear_model import LogisticRegression

model = LogisticRegression().fit(X, y)
print(partial_dependence(model, X, [0]))
""",
    after="""\
from sklearn.linear_model import LogisticRegression

model = LogisticRegression().fit(X, y)
print(model.coef_)  # public after the fit
""",
    next_step=(
        "Use a function from fedruntime.metrics or fedruntime.model_selection, or attributes "
        "of the fitted model."
    ),
)
