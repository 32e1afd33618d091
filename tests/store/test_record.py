import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from store.store_samples import failed_record, made_folder, ramp_record

from lbhsweep.errors import CorruptRecordError, SchemaError, StoreError
from lbhsweep.store.record import (
    Record,
    RecordHeader,
    RunError,
    encode_record,
    read_record,
    write_record,
)

RUN = "ab" * 32
names = st.text(st.characters(categories=["Ll"], max_codepoint=127), min_size=1, max_size=12)
arrays = st.dictionaries(
    names.filter(lambda name: name != "header"),
    st.one_of(
        hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=4))
        for dtype in ("f8", ">f8", "f4", "i4", "u1", "?", "U5")
    ),
    max_size=4,
)
headers = st.builds(
    RecordHeader,
    run_id=st.just(RUN),
    point=st.text(st.characters(exclude_categories=["Cs"])),
    physics_version=st.integers(0, 9),
    status=st.sampled_from(["done", "failed"]),
    error=st.none() | st.builds(RunError, names, st.text(st.characters(exclude_categories=["Cs"]))),
    attempts=st.integers(0, 9),
    provenance=st.dictionaries(names, st.integers() | st.floats(allow_nan=False) | names),
)


@given(header=headers, arrays=arrays)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
def test_what_is_written_is_read_bit_for_bit(tmp_path_factory, header, arrays):
    folder = made_folder(tmp_path_factory.mktemp("records"))
    record = Record(header, arrays)

    back = read_record(write_record(folder, record))

    assert back.header == header
    assert back.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        assert back.arrays[name].shape == array.shape
        assert back.arrays[name].astype(array.dtype).tobytes() == array.tobytes()
    assert encode_record(back) == encode_record(record)


def test_bytes_do_not_depend_on_order_time_or_memory_layout():
    volume = np.arange(6.0).reshape(2, 3)
    header = ramp_record(RUN).header
    one = Record(header, {"volume": volume, "enthalpy": volume + 1})
    other = Record(header, {"enthalpy": np.asfortranarray(volume + 1), "volume": volume[:]})

    assert encode_record(one) == encode_record(other)


@pytest.fixture
def written(tmp_path):
    return write_record(made_folder(tmp_path), ramp_record(RUN))


def test_a_torn_file_is_corrupt_wherever_it_is_cut(written):
    content = written.read_bytes()
    for length in [*range(100), *range(100, len(content), 97), len(content) - 1]:
        written.write_bytes(content[:length])
        with pytest.raises(CorruptRecordError, match=str(written)):
            read_record(written)


def test_a_file_with_a_hole_of_zeros_is_corrupt(written):
    content = written.read_bytes()
    written.write_bytes(content[:512] + bytes(512) + content[1024:])
    with pytest.raises(CorruptRecordError):
        read_record(written)


@given(data=st.data())
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200
)
def test_any_flipped_bit_is_noticed(written, data):
    content = bytearray(encode_record(ramp_record(RUN)))
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    written.write_bytes(content)
    with pytest.raises(CorruptRecordError):
        read_record(written)


def test_appended_bytes_are_noticed(written):
    written.write_bytes(written.read_bytes() + b"\n")
    with pytest.raises(CorruptRecordError):
        read_record(written)


def test_a_newer_header_says_so(tmp_path):
    record = ramp_record(RUN)
    newer = Record(replace(record.header, schema=2), record.arrays)
    path = write_record(made_folder(tmp_path), newer)
    with pytest.raises(SchemaError, match=r"schema 2.*newer lbhsweep"):
        read_record(path)


def test_a_newer_file_format_says_so(written, monkeypatch):
    monkeypatch.setattr("lbhsweep.store.record._FIRST_LINE", b"LBHREC 2\n")
    written.write_bytes(encode_record(ramp_record(RUN)))
    monkeypatch.undo()
    with pytest.raises(SchemaError, match="LBHREC 2"):
        read_record(written)


def test_a_missing_record_is_an_error_with_its_path(tmp_path):
    with pytest.raises(StoreError, match=r"nothing\.rec"):
        read_record(tmp_path / "nothing.rec")


def test_nothing_is_ever_pickled(tmp_path):
    record = Record(ramp_record(RUN).header, {"volume": np.array([object()])})
    with pytest.raises(StoreError, match=r"volume.*pickl"):
        write_record(made_folder(tmp_path), record)


def test_the_first_success_stays(tmp_path):
    folder = made_folder(tmp_path)
    write_record(folder, ramp_record(RUN, host="first"))
    for late in (ramp_record(RUN, host="second"), failed_record(RUN)):
        path = write_record(folder, late)
        assert read_record(path).header.provenance["host"] == "first"
    assert folder.finished() == {RUN: "done"}


def test_a_damaged_success_is_replaced(tmp_path):
    folder = made_folder(tmp_path)
    path = write_record(folder, ramp_record(RUN, host="first"))
    path.write_bytes(b"")
    write_record(folder, ramp_record(RUN, host="second"))
    assert read_record(path).header.provenance["host"] == "second"


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "free space"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "writable file system"),
        (errno.EIO, "check that file system"),
    ],
)
def test_a_failing_disk_leaves_no_record_and_says_what_to_do(tmp_path, monkeypatch, number, remedy):
    folder = made_folder(tmp_path)

    def refuse(_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StoreError) as caught:
        write_record(folder, ramp_record(RUN))

    assert remedy in str(caught.value)
    assert str(folder.record_path(RUN)) in str(caught.value)
    assert list(folder.record_path(RUN).parent.iterdir()) == []


def test_a_disk_that_loses_data_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr("pathlib.Path.read_bytes", lambda _: b"something else")
    with pytest.raises(StoreError, match="read back differs"):
        write_record(made_folder(tmp_path), ramp_record(RUN))


WRITE_FOR_EVER = """
import itertools, sys
sys.path.insert(0, sys.argv[2])
from store.store_samples import made_folder, ramp_record
from lbhsweep.store.record import write_record
folder = made_folder(sys.argv[1])
print("ready", flush=True)
for number in itertools.count():
    write_record(folder, ramp_record(f"{number % 256:02x}{number:062x}", n_bins=20_000))
"""


@pytest.mark.parametrize("delay_s", [0.0, 0.11, 0.23])
def test_a_killed_writer_leaves_whole_records_only(tmp_path, delay_s):
    tests = str(Path(__file__).parents[1])
    with subprocess.Popen(
        [sys.executable, "-c", WRITE_FOR_EVER, str(tmp_path), tests],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "ready\n"
        records = made_folder(tmp_path).records
        while not any(records.glob("*/*.rec")):
            assert process.poll() is None
            time.sleep(0.01)
        try:
            process.wait(delay_s)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)

    folder = made_folder(tmp_path)
    finished = folder.finished()
    assert finished
    for run_id in finished:
        assert read_record(folder.record_path(run_id)).header.run_id == run_id


def test_the_header_is_plain_json_in_an_npz(written):
    payload = written.read_bytes().split(b"\n", 2)[2]
    path = written.with_suffix(".npz")
    path.write_bytes(payload)
    with np.load(path, allow_pickle=False) as members:
        header = json.loads(members["header"].tobytes())
        assert header["run_id"] == RUN
        assert header["status"] == "done"
        assert members["volume"].shape == (3,)
