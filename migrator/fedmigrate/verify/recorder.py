"""The process that runs one script and writes down its fits and scores.

``python -m fedmigrate.verify.recorder ORDER`` where ORDER is a JSON file that ``run`` writes. The
script runs as ``__main__``, unmodified on disk, and does and prints what it always does.
The names that it sees are its own: what the instrumented calls go through is a builtin.
"""

from __future__ import annotations

import builtins
import hashlib
import json
import linecache
import random
import sys
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from fedmigrate.source import Source, Span, decode, is_notebook
from fedmigrate.verify.draws import Draws
from fedmigrate.verify.instrument import RECORDER, SCORE, instrument
from fedmigrate.verify.kernel import stand_in
from fedmigrate.verify.modules import instrument_modules

_HELD: ContextVar[tuple[Any, ...]] = ContextVar("held", default=())  # of a thread, of a task


class Recorder:
    """What the instrumented script calls.

    Parameters
    ----------
    sample : float, optional
        The share of the rows that loads give.
    seed : int
        Of the draws of estimators; 0 leaves them the seeds that the script gives.
    shuffled : int
        In which other order fits see their rows; 0 for their own.
    closer : bool
        Whether fits go closer to their optimum than the script has them go.
    """

    def __init__(
        self, sample: float | None, seed: int = 0, shuffled: int = 0, *, closer: bool = False
    ) -> None:
        self._sample = sample
        self._draws = Draws(seed)
        self._shuffled = shuffled
        self._closer = closer
        self.events: list[dict[str, Any]] = []
        self.arrays: dict[str, Any] = {}

    def depth(self) -> int:
        """How many models are held, before a fit holds its own."""
        return len(_HELD.get())

    def hold(self, model: Any) -> Any:
        """The model, remembered until its fit returns."""
        _HELD.set((*_HELD.get(), (model, draw_state())))
        if not _is_ours(model):
            return model
        self._draws.move(model)
        if self._closer:
            from fedmigrate.verify.closer import go_closer

            go_closer(model)
        if self._shuffled:
            from fedmigrate.verify.row_order import in_another_order

            return in_another_order(model, self._shuffled)
        return model

    def draws(self, model: Any) -> Any:
        """An estimator that a function is about to fit."""
        return self._draws.move(model) if _is_ours(model) else model

    def fit(self, depth: int, result: Any, method: str, line: int) -> Any:
        """What a fit returned; the model held at ``depth`` is recorded.

        Models above it are of fits that raised, and whose errors the script caught.
        """
        held = _HELD.get()
        _HELD.set(held[:depth])
        model, drawn = held[depth]
        if method == SCORE:
            self._record_score(model, result, line, drawn)
        else:
            self._record_fit(model, method, line, drawn)
        return result

    def score(self, value: Any, function: str, line: int) -> Any:
        """The value of a metric or of a cross-validation, as it is."""
        from fedmigrate.verify.snapshot import flat

        self._record("score", function, line, None, flat("value", value), draw_state())
        return value

    def predicted(self, values: Any, function: str, line: int) -> Any:
        """Predictions out of folds: of rows, so what they sum up to is recorded."""
        from fedmigrate.verify.snapshot import flat, sums

        self._record("score", function, line, None, flat("mean", sums(values)), draw_state())
        return values

    def load(self, loaded: Any) -> Any:
        """A share of loaded rows."""
        from fedmigrate.verify.sampling import take_sample

        return loaded if self._sample is None else take_sample(loaded, self._sample)

    def _record_fit(self, model: Any, method: str, line: int, drawn: str) -> None:
        from fedmigrate.verify.snapshot import fitted, is_federated

        if _is_ours(model):
            exactness = model.exactness if is_federated(model) else None
            plain = _plain(model)
            name = f"{type(plain).__name__}.{method}"
            self._record("fit", name, line, exactness, fitted(plain), drawn)

    def _record_score(self, model: Any, value: Any, line: int, drawn: str) -> None:
        from fedmigrate.verify.snapshot import flat

        if _is_ours(model):
            name = f"{type(_plain(model)).__name__}.{SCORE}"
            self._record("score", name, line, None, flat("value", value), drawn)

    def _record(
        self,
        kind: str,
        name: str,
        line: int,
        exactness: str | None,
        leaves: dict[str, Any],
        drawn: str,
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
                "drawn": drawn,
                "texts": texts,
                "arrays": arrays,
            }
        )

    def write(self, events: Path, arrays: Path, failed_at: int | None) -> None:
        """Write down what was recorded, and the line of the script that ended it early."""
        import numpy as np

        np.savez(arrays, **self.arrays)
        answer = {"events": self.events, "failed_at": failed_at}
        events.write_text(json.dumps(answer), encoding="utf-8")


def main(order: Path) -> None:
    """Run the script of an order and record it."""
    given = json.loads(order.read_text(encoding="utf-8"))
    source = decode(Path(given["code"]).read_bytes(), given["path"])
    path = str(Path(source.path).absolute())
    recorder = Recorder(given["sample"], given["seed"], given["shuffled"], closer=given["closer"])
    loads = [Span(*span) for span in given["loads"]]
    if given["federated"] and given["sample"] is not None:
        _sample_federated_loads(recorder)
    if is_notebook(path):
        stand_in(Path(path).parent)
    if not Path(path).is_file():
        _start_processes_from(given["code"])
    _same_random_numbers(given["seed"])
    dropped = [Span(*span) for span in given["dropped"]]
    instrument_modules(given["modules"])
    failure = _run(source, path, recorder, loads, dropped)
    failed_at = _line_in(path, failure.__traceback__) if failure else None
    recorder.write(Path(given["events"]), Path(given["arrays"]), failed_at)
    if isinstance(failure, SystemExit):
        raise failure
    if failure is not None:
        sys.excepthook(type(failure), failure, failure.__traceback__)
        sys.exit(1)


def draw_state() -> str:
    """Where the global random numbers stand, without drawing any."""
    import numpy as np

    numpy = np.random.get_state(legacy=False)
    key = numpy["state"].pop("key")
    state = repr((random.getstate(), numpy)).encode()
    return hashlib.blake2b(key.tobytes() + state, digest_size=8).hexdigest()


def _plain(model: Any) -> Any:
    from fedmigrate.verify.snapshot import is_federated

    return model.to_sklearn() if is_federated(model) else model


def _is_ours(model: Any) -> bool:
    """Whether it is an estimator of scikit-learn's, federated or not."""
    from fedmigrate.verify.snapshot import is_estimator

    plain = _plain(model)
    return is_estimator(plain) and type(plain).__module__.partition(".")[0] == "sklearn"


def _run(
    source: Source, path: str, recorder: Recorder, loads: list[Span], dropped: list[Span]
) -> Exception | SystemExit | None:
    linecache.cache[path] = (len(source.text), None, source.text.splitlines(True), path)
    code = compile(instrument(source, loads, dropped), path, "exec", dont_inherit=True)
    module = ModuleType("__main__")
    module.__dict__["__file__"] = path
    setattr(builtins, RECORDER, recorder)
    sys.modules["__main__"] = module
    sys.argv = [source.path]
    sys.path[0] = str(Path(path).parent)
    try:
        exec(code, module.__dict__)
    except SystemExit as ended:
        return None if ended.code in (None, 0) else ended
    except Exception as error:
        return error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)
    return None


def _line_in(path: str, traceback: TracebackType | None) -> int | None:
    """The innermost line of the script that a traceback goes through."""
    line = None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == path:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _same_random_numbers(seed: int) -> None:
    """Scripts without a seed draw the same numbers as their conversions do."""
    import numpy as np

    random.seed(seed)
    np.random.seed(seed)


def _start_processes_from(code: str) -> None:
    """Let the processes that a script spawns read it where it is, as there is no such file."""
    from multiprocessing import spawn

    prepare = spawn.get_preparation_data

    def prepared(name: str) -> dict[str, Any]:
        data: dict[str, Any] = prepare(name)
        data["init_main_from_path"] = code
        return data

    spawn.get_preparation_data = prepared


def _sample_federated_loads(recorder: Recorder) -> None:
    from fedruntime.federation import Federation

    load = Federation.load

    def sampled(federation: Any, loader: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return load(federation, lambda: recorder.load(loader(*args, **kwargs)))

    Federation.load = sampled  # type: ignore[method-assign]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
