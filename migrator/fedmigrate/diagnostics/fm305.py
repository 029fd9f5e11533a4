"""Another library takes rows as arrays in memory, which are not there. This raises RevealError at
run time.

A library that only wants to know something about the data can be given an aggregate of it. One
that has to see rows runs at a party, on its own file, if the party agrees.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="rows would be given to another library",
    message=(
        "{library} would be given rows; drop it, give it an aggregate, or let parties run it "
        "on their own with consent"
    ),
    severity=Severity.ERROR,
    before="""\
import statsmodels.api as sm
from sklearn.linear_model import LogisticRegression

LogisticRegression().fit(X, y)
sm.OLS(y, X).fit()
""",
    after="""\
from sklearn.linear_model import LinearRegression, LogisticRegression

LogisticRegression().fit(X, y)
LinearRegression().fit(X, y)
""",
    next_step=(
        "Drop the line, use a scikit-learn estimator that `fedmigrate estimators` lists, give"
        " the library an aggregate (histogram counts, describe(), value_counts()), or let "
        "each party run it on its own rows, with its consent."
    ),
)
