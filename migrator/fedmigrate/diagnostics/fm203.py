"""The runtime fits this estimator for other values of the parameter. With this one it would have
to compute something else than scikit-learn does, so it refuses, here and when the script runs.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="left: the estimator is supported, this parameter value is not",
    message="{name} does not support {parameter}={value}: {reason}",
    severity=Severity.WARNING,
    before="""\
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression

model = CalibratedClassifierCV(LogisticRegression(), method="isotonic")
model.fit(X, y)
""",
    after="""\
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression

model = CalibratedClassifierCV(LogisticRegression(), method="sigmoid")
model.fit(X, y)
""",
    next_step="Choose a value from `fedmigrate estimators`, and convert again.",
)
