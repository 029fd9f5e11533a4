"""The bytes do not fit the declared encoding, which is UTF-8 unless a coding comment in the first
two lines says otherwise.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="the file is not text",
    message="is not text: {reason}",
    severity=Severity.ERROR,
    before="""\
name = "Zürich"  # saved as Latin-1, not declared
""",
    after="""\
# -*- coding: latin-1 -*-
name = "Zürich"  # saved as Latin-1
""",
    next_step="Save the file as UTF-8, or declare its encoding in the first line.",
)
