"""Whatever is done to a ledger file afterwards is noticed, and named by its line."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import chained, change, message, run_of, write_ledger

from fedmigrate.audit.read import Fault, read_record
from fedmigrate.errors import SourceError

_LINES = chained(run_of(*(message(number=place) for place in range(6))))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ledgers")


def _faults(folder: Path, lines: list[bytes]) -> tuple[Fault, ...]:
    path = folder / "run.ledger.jsonl"
    path.write_bytes(b"".join(lines))
    return read_record(path).faults


def test_a_file_as_it_was_written_has_no_fault(folder: Path) -> None:
    assert _faults(folder, _LINES) == ()
    assert _faults(folder, chained([*run_of(message(), change()), *run_of()])) == ()


@given(place=st.integers(1, 7), data=st.data())
def test_a_changed_byte_is_named_by_its_line(folder: Path, place: int, data: st.DataObject) -> None:
    line = _LINES[place]
    at = data.draw(st.integers(0, len(line) - 2))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte not in (line[at], 10)))
    lines = [*_LINES]
    lines[place] = line[:at] + bytes([byte]) + line[at + 1 :]
    assert place + 1 in {fault.line for fault in _faults(folder, lines)}


def test_a_head_that_was_altered_is_named_too(folder: Path) -> None:
    head = _LINES[0].replace(b'"mode":"simulated"', b'"mode":"real"')
    assert _faults(folder, [head, *_LINES[1:]]) == (Fault(1, "was altered after it was written"),)


def test_an_altered_line_is_the_only_one_named(folder: Path) -> None:
    lines = [*_LINES]
    lines[3] = lines[3].replace(b'"bytes":320', b'"bytes":3')
    assert _faults(folder, lines) == (Fault(4, "was altered after it was written"),)


def test_an_altered_line_under_a_new_hash_does_not_fit_the_next_one(folder: Path) -> None:
    lines = [*_LINES]
    body = lines[3].rpartition(b',"sha256":')[0].replace(b'"bytes":320', b'"bytes":3')
    lines[3] = body + b',"sha256":"' + hashlib.sha256(body).hexdigest().encode() + b'"}\n'
    (fault,) = _faults(folder, lines)
    assert fault == Fault(5, "does not continue the line before it: that one was replaced")


@given(st.integers(1, 6), st.integers(1, 3))
def test_removed_lines_are_counted_where_they_were(folder: Path, first: int, count: int) -> None:
    count = min(count, 7 - first)
    faults = _faults(folder, [*_LINES[:first], *_LINES[first + count :]])
    removed = "a line that was" if count == 1 else f"{count} lines that were"
    assert Fault(first + 1, f"follows on {removed} removed") in faults
    assert {fault.line for fault in faults} <= {
        first + 1,
        8 - count,
    }  # and the closing line's count


@given(st.permutations(range(1, 7)).filter(lambda order: order != sorted(order)))
def test_lines_in_another_order_are_noticed(folder: Path, order: list[int]) -> None:
    lines = [_LINES[0], *(_LINES[place] for place in order), _LINES[7]]
    faults = _faults(folder, lines)
    assert faults
    assert all("out of order" in fault.text for fault in faults)


def test_a_line_that_stands_twice(folder: Path) -> None:
    faults = _faults(folder, [*_LINES[:3], _LINES[2], *_LINES[3:]])
    assert Fault(4, "is out of order, or a copy: it was written as line 3") in faults


def test_a_line_of_another_ledger(folder: Path) -> None:
    other = chained(run_of(*(message("carol", number=place) for place in range(6))))
    faults = _faults(folder, [*_LINES[:3], other[3], *_LINES[4:]])
    assert [fault.line for fault in faults] == [4, 5]


def test_a_removed_head(folder: Path) -> None:
    faults = _faults(folder, _LINES[1:])
    assert Fault(1, "follows on a line that was removed") in faults
    assert Fault(1, "belongs to no run: the head line is missing") in faults


def test_a_cut_off_line_is_named_and_the_others_are_read(folder: Path) -> None:
    path = folder / "cut.ledger.jsonl"
    path.write_bytes(b"".join(_LINES)[:-20])
    record = read_record(path)
    assert record.faults == (Fault(8, "is no line of a ledger: it was altered or cut off"),)
    assert len(record.runs[0].messages) == 6
    assert record.runs[0].close is None


def test_removed_last_lines_leave_a_run_without_an_end(folder: Path) -> None:
    path = folder / "truncated.ledger.jsonl"
    path.write_bytes(b"".join(_LINES[:5]))
    record = read_record(path)
    assert (record.faults, record.runs[0].close) == ((), None)
    assert record.runs[0].last_line == 5


def test_a_closing_line_that_counts_others(folder: Path) -> None:
    lines = run_of(message())
    lines[-1]["messages"] = 2
    faults = _faults(folder, chained(lines))
    assert faults == (Fault(3, "closes a run of 2 messages, and 1 are there"),)


def test_the_seal_is_the_hash_of_the_last_line(tmp_path: Path) -> None:
    path = write_ledger(tmp_path / "run.ledger.jsonl", message())
    body = path.read_bytes().splitlines()[-1].rpartition(b',"sha256":')[0]
    assert read_record(path).runs[-1].seal == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"age,income\n1,2\n",
        b"{}\n",
        b"[]\n",
        b"\xff\xfe\x00\n",
        b'{"party":"alice","bytes":3}\n',
        b'{"kind":"head","line":1,"previous":""}\n',
        b"[" * 100_000 + b"\n",
    ],
)
def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(text)
    with pytest.raises(SourceError, match=r"run\.jsonl:1: FM902 is not a ledger"):
        read_record(path)


def test_a_ledger_of_another_format_is_refused(tmp_path: Path) -> None:
    path = write_ledger(tmp_path / "run.jsonl", format="fedmigrate ledger 3")
    with pytest.raises(SourceError, match="FM902 is a ledger of another format"):
        read_record(path)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.jsonl"):
        with pytest.raises(SourceError, match="FM903 cannot be read as a ledger"):
            read_record(path)


def test_a_line_separator_within_a_name_breaks_no_line(tmp_path: Path) -> None:
    path = write_ledger(tmp_path / "run.jsonl", message(purpose="a\u2028b\x85c"))
    record = read_record(path)
    assert not record.faults
    assert record.runs[0].messages[0]["purpose"] == "a\u2028b\x85c"
