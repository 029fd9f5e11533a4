"""A score of the rows that a model was fitted on says how well it remembers them. How well it
does on rows that it has not met can be much worse: a fully grown tree remembers everything. This
is said once for a model, and only if nothing in the script scores it on other rows, so comparing
a training score with a test score is not remarked on.

The conversion keeps the script's meaning and gives the same score.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="a model is scored on the rows that it was fitted on",
    message="{name} is scored on rows that it was fitted on: {how}",
    severity=Severity.WARNING,
    before="""\
from sklearn.linear_model import LogisticRegression

model = LogisticRegression().fit(X, y)
print(model.score(X, y))
""",
    after="""\
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = LogisticRegression().fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
    next_step="Keep test rows apart with train_test_split and score those, or use cross_val_score.",
)
