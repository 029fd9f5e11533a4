"""Nothing forbids a federated fit of this estimator; the runtime does not have it yet, or it
belongs to another library. The line stays as it was, and running it on rows raises an error.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="left: this estimator is not supported yet",
    message="{name} is not supported yet",
    severity=Severity.WARNING,
    before="""\
from sklearn.pipeline import make_pipeline
from xgboost import XGBClassifier

model = make_pipeline(XGBClassifier())
model.fit(X, y)
""",
    after="""\
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

model = make_pipeline(LogisticRegression())
model.fit(X, y)
""",
    next_step="Use an estimator that `fedmigrate estimators` lists, and convert again.",
)
