"""Give each party's folder its own rows of a table, and nobody the others': contiguous parts."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd


def main(table: Path, folders: list[Path]) -> None:
    rows = pd.read_csv(table)
    size = -(-len(rows) // len(folders))
    for number, folder in enumerate(folders):
        own = rows.iloc[size * number : size * (number + 1)]
        own.to_csv(folder / table.name, index=False)
        print(f"{folder / table.name}: {len(own)} rows")


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(folder) for folder in sys.argv[2:]])
