"""Those that are compared: rulec, the limits and the peers. Each gives Figures for a workload, and what it computed."""

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass

from . import prepare, project
from .process import Failed, lines, run

AS_OF = "2026-01-01T00:00:00Z"
RESULT = ("rows", "checksum", "sent", "no_consent", "capped")


@dataclass(frozen=True)
class Figures:
    """Medians over the runs."""

    cpu_s: float  # what is compared
    wall_s: float
    peak_bytes: int
    command_cpu_s: float  # from process start to end
    result: dict  # in the terms of expected.json

    @staticmethod
    def median(figures):
        """The middle of several figures of one contestant that computed the same."""
        names = ("cpu_s", "wall_s", "peak_bytes", "command_cpu_s")
        middle = (statistics.median(getattr(each, name) for each in figures) for name in names)
        return Figures(*middle, figures[0].result)


class Product:
    """rulec: the whole command `plan` with its summary, from process start, on an empty state."""

    interleaved = True

    def __init__(self, program, name="rulec", flags=(), checked=True):
        """`checked`: also compute what the kit's checksum says, in a run that is not measured."""
        self.program, self.name, self.flags, self.checked = program, name, flags, checked
        self.results = {}

    def plan(self, folder, *flags):
        """One run in a project folder, measured."""
        project.empty_state(folder)
        command = [self.program, "plan", "-C", folder, "--as-of", AS_OF, *self.flags, *flags]
        return run(command)[0]

    def measure(self, workload, folder, runs):
        """`runs` is for those who repeat inside one process; rulec starts afresh each time."""
        del runs
        if workload not in self.results:
            self.results[workload] = self.compute(workload, folder) if self.checked else {}
        used = self.plan(folder)
        return Figures(used.cpu_s, used.wall_s, used.peak_bytes, used.cpu_s, self.results[workload])

    def compute(self, workload, folder):
        """What rulec decides, from every line of the plan."""
        plan = folder / "plan.jsonl"
        self.plan(folder, "--format", "jsonl", "-o", plan)
        command = [sys.executable, "-m", "harness.checksum", plan, prepare.definition(workload)]
        result = json.loads(lines(command, cwd=prepare.BENCHES)[-1])
        plan.unlink()
        return result


class Timed:
    """A program of the kit that times itself: its start, its imports and its checksum are not in its figures."""

    def __init__(self, name, command, interleaved=False, once=False):
        """`command` takes the workload; `once`: too slow to be repeated."""
        self.name, self.command, self.interleaved, self.once = name, command, interleaved, once

    def measure(self, workload, folder, runs):
        del folder
        command = [str(word) for word in self.command(workload)]
        used, printed = run([*command, "--runs", "1"])
        report = json.loads(printed.splitlines()[-1])
        if runs > 1 and not (self.interleaved or self.once):
            report = json.loads(lines([*command, "--runs", str(runs)])[-1])
        result = {key: report[key] for key in RESULT if key in report}
        return Figures(report["cpu_s"], report["s"], used.peak_bytes, used.cpu_s, result)


def offers(program, command, *flags):
    """Whether this build of rulec takes the flags."""
    found = subprocess.run([program, command, *flags, "--help"], check=False, capture_output=True)
    return found.returncode == 0


def products(program, checked):
    """rulec as it comes and, where it can be asked for, with the reader that only steps through SQLite."""
    stepping = ("--reader", "stepping")
    found = {"rulec": Product(program, checked=checked)}
    if offers(program, "plan", *stepping):
        found["rulec-stepping"] = Product(program, "rulec, stepping reader", stepping, checked)
    return found


def limits(program, shop):
    """Limits A and B, with the scan of the workload and nothing else."""

    def limit(kind):
        words = [program, "--db", shop, "--workloads", prepare.WORKLOADS, "--only"]
        return lambda workload: [*words, f"{workload}-{kind}-1t"]

    return {
        "limit-a": Timed("limit A: shared scan over `sqlite3_step`", limit("step"), interleaved=True),
        "limit-b": Timed("limit B: shared scan, pages decoded", limit("page"), interleaved=True),
    }


def peers(python, shop, wanted):
    """The peers whose key begins with one of `wanted`; all of them when it is None."""

    def peer(script, *words, db=shop):
        return lambda workload: [python, prepare.KIT / "peers" / script, "--db", db, "--workload", workload, *words]

    covered = prepare.covered_path(shop)
    found = {
        "polars": Timed("Polars, Parquet", peer("polars_parquet.py")),
        "duckdb-native": Timed("DuckDB, own file", peer("duckdb_sql.py", "--source", "native")),
        "duckdb-parquet": Timed("DuckDB, Parquet", peer("duckdb_sql.py", "--source", "parquet")),
        "duckdb-sqlite": Timed("DuckDB, the SQLite file", peer("duckdb_sql.py", "--source", "sqlite")),
        "sqlite-covered": Timed(
            "SQLite SQL, four covering indexes", peer("sqlite_sql.py", "--indexes", "cover", db=covered), once=True
        ),
        "sqlite-shop": Timed("SQLite SQL, the shop's indexes", peer("sqlite_sql.py", "--indexes", "fk"), once=True),
        "pandas": Timed("pandas", peer("pandas_script.py"), once=True),
    }
    if wanted is None:
        return found
    unknown = [word for word in wanted if not any(key.startswith(word) for key in found)]
    if unknown:
        raise Failed(f"no peer is called {', '.join(unknown)}; there are {', '.join(found)}")
    return {key: each for key, each in found.items() if any(key.startswith(word) for word in wanted)}
