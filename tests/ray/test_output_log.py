"""A process's output in a file: bounded, and never in the way."""

import os

from manta_ray.output_log import OutputLog


def test_all_output_is_in_the_file_that_only_its_owner_reads(tmp_path):
    for text in (b"one\n", b"two\n"):  # also by a later one
        log = OutputLog(str(tmp_path / "logs"), "app#deployment#1")
        log.write(text)
        log.close()
    path = tmp_path / "logs" / "app#deployment#1.log"
    assert path.read_bytes() == b"one\ntwo\n" and path.stat().st_mode & 0o777 == 0o600


def test_at_its_bound_one_old_file_is_kept(tmp_path):
    log = OutputLog(str(tmp_path), "name", most_bytes=10)
    for number in range(5):
        log.write(b"line %d...\n" % number)
    log.close()
    assert sorted(os.listdir(tmp_path)) == ["name.log", "name.log.1"]
    assert (tmp_path / "name.log").read_bytes() == b"line 4...\n"
    assert (tmp_path / "name.log.1").read_bytes() == b"line 3...\n"


def test_a_name_is_no_path(tmp_path):
    log = OutputLog(str(tmp_path / "in"), "../out")
    log.write(b"x")
    log.close()
    assert os.listdir(tmp_path) == ["in"] and os.listdir(tmp_path / "in") == [".._out.log"]


def test_where_no_file_can_be_the_output_goes_to_the_workers_log(tmp_path, capfdbinary):
    (tmp_path / "file").write_text("")
    log = OutputLog(str(tmp_path / "file" / "below"), "name")
    log.write(b"words\n")
    log.write(b"more\n")
    error = capfdbinary.readouterr().err
    assert error.count(b"cannot write") == 1 and b"words\n" in error and b"more\n" in error
