"""Training rows are prepared with what was learnt from training rows; the test rows have to be
prepared with the same numbers. A second fit gives them others: a value that meant 0.3 in training
means something else in the test, and in use there is often only one row, on which nothing can be
fitted at all.

The conversion keeps the script's meaning, so the federated script does the same.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="a transformer is fitted on the test rows",
    message="{name} is fitted on test rows: they are prepared differently from the training rows",
    severity=Severity.WARNING,
    before="""\
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.fit_transform(X_test)
model = LogisticRegression().fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
    after="""\
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)
model = LogisticRegression().fit(X_train, y_train)
print(model.score(X_test, y_test))
""",
    next_step="Call transform on the test rows.",
)
