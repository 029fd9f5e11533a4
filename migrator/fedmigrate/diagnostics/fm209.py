"""The estimator is known, but its rows come from where the tool cannot look, so it does not know
which call to hand to the parties.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="left: where the data comes from cannot be traced",
    message="cannot trace where the data of {name} comes from",
    severity=Severity.WARNING,
    before="""\
from my_project import X, y
from sklearn.linear_model import Ridge

Ridge().fit(X, y)
""",
    after="""\
from sklearn.linear_model import Ridge

df = pd.read_csv("patients.csv")
Ridge().fit(df[["age"]], df["outcome"])
""",
    next_step="Load the data in the script, with a function that returns rows.",
)
