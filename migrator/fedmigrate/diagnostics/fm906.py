"""A notebook is a JSON file of format 4, which Jupyter has written since 2015. Older ones, and
files that a merge has left broken, are opened and saved again by Jupyter itself.
"""

from fedmigrate.diagnostics.code import Code, Severity

CODE = Code(
    title="the file is not a notebook that can be read",
    message="is no notebook: {reason}",
    severity=Severity.ERROR,
    before="""\
fedmigrate convert train_2014.ipynb
""",
    after="""\
jupyter nbconvert --to notebook --nbformat 4 --output train.ipynb train_2014.ipynb
fedmigrate convert train.ipynb
""",
    next_step=(
        "Open the notebook in Jupyter and save it, or convert it: `jupyter nbconvert --to notebook"
        " --nbformat 4 NOTEBOOK`."
    ),
)
