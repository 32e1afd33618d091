"""A real SLURM on this machine's loopback, for tests: ``local_slurm.py up DIR | down DIR``.

One controller and some node daemons, each a virtual node, all processes of this user: without
systemd, without cgroups, and without anything under /etc.  Everything lies in one directory, and
only processes that were started from there are ever stopped.
"""

from __future__ import annotations

import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psutil
from debian import command_for, install

PACKAGES = ("slurm-wlm", "munge")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")
SYSTEM_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
PATIENCE_S = 300.0

CONFIGURATION = """\
ClusterName=lbhsweep-test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
# A job that is queued again waits for this time, 120 s if not said.
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/ended_jobs.txt
AccountingStorageType=accounting_storage/none
MailProg=/bin/true
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
# Nodes claim more cores than this machine may have.
SlurmdParameters=config_overrides
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0
KillWait=5
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=30
MinJobAge=300
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PartitionName=main Nodes=ALL Default=YES DefaultTime=5 MaxTime=10 State=UP PriorityTier=1
PartitionName=lenient Nodes=ALL DefaultTime=5 MaxTime=10 State=UP PriorityTier=1 GraceTime=5
PartitionName=urgent Nodes=ALL DefaultTime=5 MaxTime=10 State=UP PriorityTier=2
"""
NODE = (
    "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={cpus} "
    "RealMemory=8000 State=UNKNOWN"
)


class SlurmMissingError(Exception):
    """There is no SLURM here and it can't be installed."""


def need_programs() -> None:
    """See that SLURM is installed; install it where this user may.

    Raises
    ------
    SlurmMissingError
        Saying what is absent and how to install it.
    """
    if not _missing():
        return
    install(PACKAGES)
    if missing := _missing():
        command = " ".join(command_for(PACKAGES))
        raise SlurmMissingError(
            f"no SLURM here (missing: {', '.join(missing)}); as root: {command}"
        )


def _missing() -> list[str]:
    return [name for name in PROGRAMS if shutil.which(name, path=SYSTEM_PATH) is None]


class LocalSlurm:
    """A SLURM of its own.

    Parameters
    ----------
    folder : Path
        Where all its files lie; a short path, since it holds a socket.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.configuration = self.folder / "slurm.conf"
        self._pids = self.folder / "pids.json"
        self._children: list[subprocess.Popen[bytes]] = []

    @property
    def environment(self) -> dict[str, str]:
        """What commands need to find this SLURM."""
        return {"SLURM_CONF": str(self.configuration), "PATH": SYSTEM_PATH}

    @property
    def process_ids(self) -> set[int]:
        """Numbers of all daemons that were ever started."""
        return {child.pid for child in self._children}

    def up(self, *, nodes: int = 3, cpus: int = 2) -> None:
        """Start everything and wait until jobs can run.

        Raises
        ------
        SlurmMissingError
            If it isn't installed.
        RuntimeError
            If a daemon ends or the nodes don't come.
        """
        need_programs()
        names = [f"n{number}" for number in range(1, nodes + 1)]
        self._write(names, cpus)
        try:
            socket_file = self.folder / "munge.socket"
            self._start(
                "munged",
                "munged",
                "--foreground",
                # Other users may be kept from the socket by folders above; only this one uses it.
                "--force",
                f"--socket={socket_file}",
                f"--key-file={self.folder / 'munge' / 'key'}",
                f"--pid-file={self.folder / 'munged.pid'}",
                f"--log-file={self.folder / 'munge' / 'munged.log'}",
                f"--seed-file={self.folder / 'munge' / 'seed'}",
            )
            self._until(socket_file.exists, "munged")
            self.start_controller()
            for name in names:
                (self.folder / f"spool-{name}").mkdir()
                self._start(name, "slurmd", "-D", "-N", name, "-f", str(self.configuration))
            self._until(lambda: self._n_idle() == nodes, "slurmctld", *names)
        except BaseException:
            self.down()
            raise

    def down(self) -> None:
        """End all jobs, then the daemons that were started from this folder."""
        started = json.loads(self._pids.read_text()) if self._pids.exists() else {}
        daemons = {name: found for name, each in started.items() if (found := _process(*each))}
        if "slurmctld" in daemons:
            self.cancel_all()
        # The others can't say goodbye without munged.
        for group in (set(daemons) - {"munged"}, set(daemons) & {"munged"}):
            for name in group:
                daemons[name].send_signal(signal.SIGTERM)
            _, alive = psutil.wait_procs([daemons[name] for name in group], timeout=60)
            for process in alive:
                process.kill()
        for child in self._children:
            child.wait(60)
        self._pids.unlink(missing_ok=True)

    def start_controller(self) -> None:
        """Start the controller, from the state that another one may have left."""
        self._start("slurmctld", "slurmctld", "-D", "-f", str(self.configuration))

    def kill_controller(self) -> None:
        """Kill the controller as a crash of its machine would; jobs go on."""
        process = _process(*json.loads(self._pids.read_text())["slurmctld"])
        if process is not None:
            process.kill()
        self._until(lambda: not self._answers())

    def _answers(self) -> bool:
        return "UP" in self.run("scontrol", "ping").upper().split()

    def cancel_all(self) -> None:
        """End all jobs and wait until they have ended."""
        deadline = time.monotonic() + PATIENCE_S
        while (jobs := self.jobs()) and time.monotonic() < deadline:
            self.run("scancel", *jobs)
            time.sleep(0.2)

    def run(self, *command: str) -> str:
        """Run one of SLURM's commands; what it prints."""
        result = subprocess.run(
            command,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return result.stdout

    def jobs(self, *states: str) -> dict[str, str]:
        """Return the state of each job in the queue, of those in `states` only if there are any."""
        lines = self.run("squeue", "--noheader", "--format=%i %T").splitlines()
        found = dict(line.split() for line in lines)
        return {job: state for job, state in found.items() if not states or state in states}

    def ended(self) -> dict[str, dict[str, str]]:
        """Return the records of jobs that ended, by job."""
        file = self.folder / "ended_jobs.txt"
        lines = file.read_text().splitlines() if file.exists() else []
        fields = (
            dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines
        )
        return {each["JobId"]: each for each in fields}

    def _write(self, names: list[str], cpus: int) -> None:
        for part in ("", "state", "munge"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        (self.folder / "munge").chmod(0o700)
        key = self.folder / "munge" / "key"
        key.touch(0o600)
        key.write_bytes(secrets.token_bytes(1024))
        host, ports = socket.gethostname().split(".")[0], _free_ports(len(names) + 1)
        lines = [
            NODE.format(name=name, host=host, port=port, cpus=cpus)
            for name, port in zip(names, ports[1:], strict=True)
        ]
        user = pwd.getpwuid(os.getuid()).pw_name
        text = CONFIGURATION.format(host=host, ports=ports, user=user, folder=self.folder)
        self.configuration.write_text(text + "\n".join(lines) + "\n")
        (self.folder / "cgroup.conf").write_text("CgroupAutomount=no\n")

    def _start(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.out").open("w") as output:
            process = subprocess.Popen(
                command,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._children.append(process)
        started = json.loads(self._pids.read_text()) if self._pids.exists() else {}
        # A number alone might be another process's by the time that it is stopped.
        started[name] = (process.pid, psutil.Process(process.pid).create_time())
        self._pids.write_text(json.dumps(started))

    def _until(self, condition: Callable[[], bool], *daemons: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            pids = json.loads(self._pids.read_text())
            ended = [name for name in daemons if _process(*pids[name]) is None]
            if ended or time.monotonic() > deadline:
                raise RuntimeError(f"no SLURM within {PATIENCE_S:.0f} s; {self._logs(ended)}")
            time.sleep(0.05)

    def _logs(self, ended: list[str]) -> str:
        files = [*self.folder.glob("*.out"), *self.folder.glob("*.log")]
        tails = [f"{file.name}: {file.read_text()[-500:]}" for file in files]
        return f"ended at once: {ended}\n" + "\n".join(tails)

    def _n_idle(self) -> int:
        return (
            self.run("sinfo", "--noheader", "--Node", "--partition=main", "--format=%T")
            .split()
            .count("idle")
        )


def _process(pid: int, created: float) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - created) < 0.1
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def main(arguments: list[str]) -> int:
    """Do what the command line says."""
    if len(arguments) != 2 or arguments[0] not in ("up", "down"):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    slurm = LocalSlurm(Path(arguments[1]))
    if arguments[0] == "down":
        slurm.down()
        return 0
    slurm.up()
    sys.stdout.write(f"export SLURM_CONF={slurm.configuration}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
