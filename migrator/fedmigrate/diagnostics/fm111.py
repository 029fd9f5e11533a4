"""The test rows are there to show how the model does on data that it has never met. A scaler that
was fitted on all rows knows their mean, an imputer their medians, a selector even which columns
go with their labels: part of what is tested was learnt from the test. Scores come out too good,
by little for a scaler and by very much for a selector.

The conversion keeps the script's meaning, so the federated script has the same leak and gives the
same score. A pipeline fits its steps on the training rows only, also inside of a cross-
validation.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="the preparation has seen the rows that the model is tested on",
    message=(
        "{name} is fitted on rows that {split} takes test rows from later: scores come out too good"
    ),
    severity=Severity.WARNING,
    before="""\
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

X = StandardScaler().fit_transform(X)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = LogisticRegression().fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
    after="""\
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
    next_step=(
        "Split first and fit the preparation on the training rows, best as a step of a pipeline."
    ),
)
