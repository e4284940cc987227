"""One process, measured: CPU seconds, wall seconds and peak memory of it and of all that it starts."""

import os
import resource
import subprocess
import tempfile
import time
from dataclasses import dataclass


class Failed(Exception):
    """A step did not succeed; the text says which and why."""


@dataclass(frozen=True)
class Usage:
    """What a process used."""

    cpu_s: float  # user and system, of the process and its children
    wall_s: float
    peak_bytes: int  # of the largest single process


# Linux counts into a process's peak what its parent once held: a larger harness would show its own memory as theirs.
LARGEST_HARNESS_KIB = 64 * 1024


def run(command, cwd=None):
    """Runs `command` to its end; gives its Usage and what it wrote to standard output."""
    if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > LARGEST_HARNESS_KIB:
        raise Failed("the harness has grown so large that peaks of memory would be its own")
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        try:
            process = subprocess.Popen([str(word) for word in command], cwd=cwd, stdout=out, stderr=err)
        except OSError as error:
            raise Failed(f"cannot start {command[0]}: {error.strerror}") from error
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            said = err.read()[-2000:].strip()
            raise Failed(f"{' '.join(map(str, command))}\nended with {process.returncode}: {said}")
        return Usage(used.ru_utime + used.ru_stime, wall, used.ru_maxrss * 1024), out.read()


def lines(command, cwd=None):
    """The non-empty lines that `command` prints."""
    return [line for line in run(command, cwd)[1].splitlines() if line.strip()]
