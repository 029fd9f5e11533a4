"""The file would lie on the coordinator's disk. This raises RevealError at run time.

Fitted models are public and can be written, and so can aggregates. Cleaned data stays where it
is: each party can write its own, by running the preparation on its own file.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="rows would be written to a file",
    message=(
        "rows would be written to a file: {expression}; drop it, write an aggregate, or let "
        "parties keep their own with consent"
    ),
    severity=Severity.ERROR,
    before="""\
from sklearn.linear_model import LogisticRegression

df.to_csv("cleaned.csv")
model = LogisticRegression().fit(X, y)
""",
    after="""\
import joblib
from sklearn.linear_model import LogisticRegression

model = LogisticRegression().fit(X, y)
joblib.dump(model, "model.joblib")  # models are public
""",
    next_step=(
        "Drop the line, write the fitted model or an aggregate (describe(), value_counts()), "
        "or let each party write its own rows, with its consent."
    ),
)
