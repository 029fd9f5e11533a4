"""A scatter plot shows single rows; a histogram or a box plot drawn here would fetch all of them
first. This raises RevealError at run time.

A histogram is an aggregate if the counts are made at the parties and only drawn here:
`value_counts()` for categories and whole numbers, `describe()` for the quartiles of a box plot. A
party that wants to plot its own rows runs the line on its own file, and decides itself whether to
show the picture.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="rows would be plotted",
    message=(
        "{library} would plot rows; drop it, plot histogram counts, or let parties show their"
        " own with consent"
    ),
    severity=Severity.ERROR,
    before="""\
import matplotlib.pyplot as plt
from sklearn.linear_model import LogisticRegression

plt.scatter(df["age"], df["bmi"])
LogisticRegression().fit(X, y)
""",
    after="""\
import matplotlib.pyplot as plt
from sklearn.linear_model import LogisticRegression

counts = df["age"].value_counts()  # an aggregate
plt.bar(counts.index, counts)
LogisticRegression().fit(X, y)
""",
    next_step=(
        "Drop the plot, plot an aggregate (histogram counts, value_counts(), attributes of "
        "the fitted model), or let each party plot its own rows, with its consent."
    ),
)
