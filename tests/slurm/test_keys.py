"""Off loopback, which is the usual case, jobs and driver talk by keys of their own."""

import stat


def test_a_sweep_by_keys(case, serial):
    keys = case.folder.path / "keys"
    with case.start(seconds=1.0, interface="null") as command:
        command.until(case.n_started)
        assert {stat.S_IMODE(file.stat().st_mode) for file in keys.iterdir()} == {0o600}
        assert stat.S_IMODE(keys.stat().st_mode) == 0o700
        assert command.wait() == 0, command.text
    assert not keys.exists()
    assert "tls://" in "".join(log.read_text() for log in (case.folder.path / "logs").iterdir())
    case.assert_undisturbed(serial)
