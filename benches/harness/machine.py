"""The machine and the versions, as one may state them beside figures."""

import os
import platform
import re
from pathlib import Path

from .prepare import REPOSITORY, REQUIREMENTS
from .process import Failed, lines


def describe(program):
    """Lines of Markdown; `program` is the rulec that was given, None when the repository's own was built."""
    pinned = re.findall(r"^([\w-]+)==(\S+)", REQUIREMENTS.read_text("utf-8"), re.MULTILINE)
    commit = first_line("git", "-C", REPOSITORY, "describe", "--always", "--dirty")
    sqlite = first_line("sqlite3", "--version").split(" ")[0]
    return [
        f"- {processor()}, {len(os.sched_getaffinity(0))} cores, {memory_gib():.0f} GiB; Linux {platform.release()}",
        f"- rulec: {program.name if program else f'commit {commit}, ' + first_line('rustc', '--version')}",
        f"- Python {platform.python_version()}, sqlite3 {sqlite}, {', '.join(map(' '.join, pinned))}",
    ]


def load():
    """The load average of the last minute."""
    return os.getloadavg()[0]


def processor():
    found = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def memory_gib():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)


def first_line(*command):
    """The first line that a program prints about itself, or that it is not there."""
    try:
        return lines(command)[0]
    except (Failed, OSError, IndexError):
        return "(not found)"
