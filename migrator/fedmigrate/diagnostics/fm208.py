"""A subclass can change how the model is fitted, and the tool does not run your code to find out.
Fitting its base class instead could silently give another model.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="left: a class of your own that derives from scikit-learn's",
    message="{name} derives from {base} and may compute something else",
    severity=Severity.WARNING,
    before="""\
from sklearn.linear_model import Ridge


class Weighted(Ridge):
    def fit(self, X, y):
        return super().fit(X, y, sample_weight=1 + y)


Weighted().fit(X, y)
""",
    after="""\
from sklearn.linear_model import Ridge

Ridge().fit(X, y, sample_weight=1 + y)
""",
    next_step=(
        "Use the base class where your own only changes defaults; else write a federated "
        "estimator for it."
    ),
)
