"""Whether a `.fit` is scikit-learn's depends on the object. This one comes from where the tool
cannot look: a parameter that nothing in the script gives, another module, or a file. What
`joblib.load` and `pickle.load` give is decided by the file, which the tool does not open, because
opening a pickle runs code.

Guessing could wrap a Keras model or a class of your own.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="left: what .fit is called on is not known",
    message="cannot tell what {receiver} is: {because}",
    severity=Severity.WARNING,
    before="""\
import joblib
import sklearn

model = joblib.load("untrained.joblib")
model.fit(X, y)
""",
    after="""\
from sklearn.linear_model import Ridge

model = Ridge()
model.fit(X, y)
""",
    next_step="Construct the estimator where the tool can see it, or wrap it by hand in FLModel.",
)
