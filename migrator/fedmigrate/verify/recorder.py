"""The process that runs one script and writes down its fits and scores.

``python -m fedmigrate.verify.recorder ORDER`` where ORDER is a JSON file that ``run`` writes. The
script runs as ``__main__``, unmodified on disk, and does and prints what it always does.
"""

from __future__ import annotations

import json
import linecache
import random
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from fedmigrate.source import Source, Span, decode
from fedmigrate.verify.instrument import RECORDER, instrument


class Recorder:
    """What the instrumented script calls.

    Parameters
    ----------
    sample : float, optional
        The share of the rows that loads give.
    """

    def __init__(self, sample: float | None) -> None:
        self._sample = sample
        self.events: list[dict[str, Any]] = []
        self.arrays: dict[str, Any] = {}

    def fit(self, model: Any, method: str, line: int) -> Callable[..., Any]:
        """The model's own method; the model is recorded after it returned."""
        call: Callable[..., Any] = getattr(model, method)

        def recorded(*args: Any, **kwargs: Any) -> Any:
            result = call(*args, **kwargs)
            self._record_fit(model, method, line)
            return result

        return recorded

    def score(self, value: Any, function: str, line: int) -> Any:
        """The value of a metric or of a cross-validation, as it is."""
        from fedmigrate.verify.snapshot import flat

        self._record("score", function, line, None, flat("value", value))
        return value

    def load(self, loaded: Any) -> Any:
        """A share of loaded rows."""
        from fedmigrate.verify.sampling import take_sample

        return loaded if self._sample is None else take_sample(loaded, self._sample)

    def _record_fit(self, model: Any, method: str, line: int) -> None:
        from fedmigrate.verify.snapshot import fitted, is_estimator

        exactness = None
        if hasattr(type(model), "to_sklearn"):
            exactness, model = model.exactness, model.to_sklearn()
        if is_estimator(model) and type(model).__module__.partition(".")[0] == "sklearn":
            name = f"{type(model).__name__}.{method}"
            self._record("fit", name, line, exactness, fitted(model))

    def _record(
        self, kind: str, name: str, line: int, exactness: str | None, leaves: dict[str, Any]
    ) -> None:
        texts = {}
        arrays = {}
        for leaf, value in leaves.items():
            if isinstance(value, str):
                texts[leaf] = value
            else:
                arrays[leaf] = key = f"a{len(self.arrays)}"
                self.arrays[key] = value
        self.events.append(
            {
                "kind": kind,
                "name": name,
                "line": line,
                "exactness": exactness,
                "texts": texts,
                "arrays": arrays,
            }
        )

    def write(self, events: Path, arrays: Path) -> None:
        import numpy as np

        np.savez(arrays, **self.arrays)
        events.write_text(json.dumps(self.events), encoding="utf-8")


def main(order: Path) -> None:
    """Run the script of an order and record it."""
    given = json.loads(order.read_text(encoding="utf-8"))
    source = decode(Path(given["code"]).read_bytes(), given["path"])
    recorder = Recorder(given["sample"])
    loads = [Span(*span) for span in given["loads"]]
    if given["sample"] is not None and given["federated"]:
        _sample_federated_loads(recorder)
    _same_random_numbers()
    try:
        _run(source, recorder, loads)
    except SystemExit as ended:
        if ended.code not in (None, 0):
            raise
    recorder.write(Path(given["events"]), Path(given["arrays"]))


def _run(source: Source, recorder: Recorder, loads: list[Span]) -> None:
    path = str(Path(source.path).absolute())
    linecache.cache[path] = (len(source.text), None, source.text.splitlines(True), path)
    code = compile(instrument(source, loads), path, "exec")
    module = ModuleType("__main__")
    module.__dict__.update({"__file__": path, RECORDER: recorder})
    sys.modules["__main__"] = module
    sys.argv = [source.path]
    sys.path[0] = str(Path(path).parent)
    exec(code, module.__dict__)


def _same_random_numbers() -> None:
    """Scripts without a seed draw the same numbers as their conversions do."""
    import numpy as np

    random.seed(0)
    np.random.seed(0)


def _sample_federated_loads(recorder: Recorder) -> None:
    from fedruntime.federation import Federation

    load = Federation.load

    def sampled(federation: Any, loader: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return load(federation, lambda: recorder.load(loader(*args, **kwargs)))

    Federation.load = sampled  # type: ignore[method-assign]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
