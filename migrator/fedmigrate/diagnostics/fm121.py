"""A comment `# fedmigrate: ignore[FM205]` accepts the named findings of its statement, `#
fedmigrate: ignore` all of them. It may stand on any line of the statement, or alone on the line
above. Several codes are separated by commas.

A name that is no code would silently accept nothing. Findings that a file cannot be read or
written, FM9xx, are errors and cannot be accepted.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="a suppression names something that cannot be suppressed",
    message="a suppression names {entry}",
    severity=Severity.NOTE,
    before="""\
from sklearn.neighbors import KNeighborsClassifier

KNeighborsClassifier().fit(X, y)  # fedmigrate: ignore[FM021]
""",
    after="""\
from sklearn.neighbors import KNeighborsClassifier

KNeighborsClassifier().fit(X, y)  # fedmigrate: ignore[FM201]
""",
    next_step="Correct the code; `fedmigrate explain` lists all of them.",
)
