import stat

import pytest
from store.store_samples import failed_record, made_folder, ramp_record

from lbhsweep.errors import StoreError
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.record import write_record

RUN = "ab" * 32
OTHER = "cd" * 32


def test_paths_are_those_of_the_design(tmp_path):
    folder = SweepFolder(tmp_path)

    assert folder.run_folder(RUN) == tmp_path / "runs" / "ab" / RUN
    assert folder.record_path(RUN) == tmp_path / "records" / "ab" / f"{RUN}.rec"
    assert folder.record_path(RUN, "failed").name == f"{RUN}.failed.rec"
    assert folder.results == tmp_path / "results.zarr"
    assert folder.rehearsal.results == tmp_path / "rehearsal" / "results.zarr"


def test_created_folders_are_writable_to_their_owner_alone(tmp_path):
    folder = made_folder(tmp_path / "new" / "sweep")
    folder.create()

    for path in (folder.path, folder.runs, folder.records):
        assert not path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def test_finished_of_a_folder_that_is_not_there_is_empty(tmp_path):
    assert SweepFolder(tmp_path / "nowhere").finished() == {}


def test_finished_reads_names_only(tmp_path):
    folder = made_folder(tmp_path)
    for path in (folder.record_path(RUN), folder.record_path(OTHER, "failed")):
        path.parent.mkdir()
        path.write_bytes(b"not a record")

    assert folder.finished() == {RUN: "done", OTHER: "failed"}


def test_temporary_and_foreign_files_are_no_records(tmp_path):
    folder = made_folder(tmp_path)
    shelf = folder.record_path(RUN).parent
    shelf.mkdir()
    for name in (f".{RUN}.rec.0123.tmp", f".{RUN}.rec", "notes.txt", f"{RUN}.rec~"):
        (shelf / name).touch()
    (folder.records / "README").touch()

    assert folder.finished() == {}


def test_a_success_outweighs_and_removes_a_failure(tmp_path):
    folder = made_folder(tmp_path)
    write_record(folder, failed_record(RUN))
    assert folder.finished() == {RUN: "failed"}

    write_record(folder, ramp_record(RUN))
    assert not folder.record_path(RUN, "failed").exists()

    folder.record_path(RUN, "failed").touch()
    assert folder.finished() == {RUN: "done"}
    assert folder.find_record(RUN) == folder.record_path(RUN)


def test_a_folder_that_cannot_be_made_is_an_error_with_its_path(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"file/sweep: can't write"):
        SweepFolder(tmp_path / "file" / "sweep").create()
