"""Write the table that the quickstart reads: scikit-learn's breast-cancer data as a CSV file."""

from __future__ import annotations

import sys
from pathlib import Path

from sklearn.datasets import load_breast_cancer


def main(path: Path) -> None:
    data = load_breast_cancer(as_frame=True)
    table = data.data.rename(columns=lambda name: name.replace(" ", "_"))
    table["malignant"] = (data.target == 0).astype(int)
    table.to_csv(path, index=False)
    print(f"wrote {path}: {len(table)} rows, {table.shape[1]} columns")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
