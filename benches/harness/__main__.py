"""Runs rulec, the peers and the limits side by side, and prints what docs/performance.md shows."""

import argparse
import sys
from pathlib import Path

from . import compare, contestants, extras, goals, machine, prepare, project, tables
from .process import Failed

SMALL = 100_000
# Beyond it rulec runs alone, unchecked: the limits count in 16 bits, and the peers would take hours.
LARGEST_COMPARED = 1_000_000


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(prog="benches/run", description=__doc__)
    parser.add_argument("--customers", type=int, default=SMALL, help=f"size of the shop (default {SMALL})")
    parser.add_argument("--only", type=words, default=list(goals.WORKLOADS), help="workloads, such as w1,w2")
    parser.add_argument("--peers", type=words, help="beginnings of names, such as polars,duckdb; `none` for none")
    parser.add_argument("--runs", type=int, default=3, help="of which the medians are shown (default 3)")
    parser.add_argument("--program", type=Path, help="a rulec to measure instead of building this one")
    parser.add_argument("--work", type=Path, default=prepare.WORK, help="where things are kept")
    parser.add_argument("--markdown", type=Path, help="write the report to this file as well")
    given = parser.parse_args()
    unknown = set(given.only) - set(goals.WORKLOADS)
    if unknown or given.runs < 1 or given.customers < 1:
        parser.error("workloads are w1, w2 and w3; runs and customers at least 1")
    return given


def words(text):
    """A list out of a comma-separated option; `none` is the empty one."""
    return [] if text == "none" else text.split(",")


class Bench:
    """What the parts of one run share."""

    def __init__(self, given):
        self.given = given
        self.work = given.work.resolve()
        self.work.mkdir(parents=True, exist_ok=True)
        self.lock = prepare.alone(self.work)
        self.python = prepare.packages(self.work)
        self.program = given.program.resolve() if given.program else prepare.product(self.work)
        self.shop = prepare.database(self.work, given.customers, self.python)
        self.expected = prepare.expected(given.customers) or {}
        self.notes, self.failed = [], []
        self.contestants = self.gather()

    def gather(self):
        """The contestants that were asked for, with what they need."""
        found = contestants.products(self.program, checked=self.given.customers <= LARGEST_COMPARED)
        if self.given.customers > LARGEST_COMPARED:
            return found
        peers = contestants.peers(self.python, self.shop, self.given.peers)
        if any(key.startswith(("polars", "duckdb")) for key in peers):
            self.note("converting to DuckDB's own file and to Parquet", prepare.converted(self.shop, self.python))
        if any(key.startswith("sqlite") for key in peers):
            prepare.need("sqlite3")
        if "sqlite-covered" in peers:
            self.note("building the covering indexes", prepare.covered(self.shop, self.python))
        return found | contestants.limits(prepare.tool(self.work, "limits"), self.shop) | peers

    def note(self, what, report):
        """Remembers what the kit reports of a preparation."""
        facts = (f"{name} {report[name]}" for name in prepare.COSTS if name in report)
        self.notes.append(f"- {what}: {', '.join(facts)}")

    def folder(self, workload):
        return project.folder(self.work, workload, self.shop)

    def compare(self):
        """Figures and failures, by workload."""
        prepare.warm(self.shop)
        figures, failures = {}, {}
        for name in self.given.only:
            wanted = self.expected.get(name)
            folder, runs = self.folder(name), self.given.runs
            figures[name], failures[name] = compare.workload(name, self.contestants, folder, runs, wanted)
            # At once, too, since a run takes long and may be stopped.
            prepare.say("\n".join(tables.of_workload(self.contestants, figures[name], failures[name])))
        return figures, failures

    def extras(self):
        """What goals.judge takes beside the figures, as far as it could be measured."""
        given, program, work = self.given, self.program, self.work
        measures = {
            "threads": lambda: {name: extras.threads(program, self.folder(name), given.runs) for name in given.only}
        }
        if "w3" in given.only:
            measures["rule_ns"] = lambda: extras.one_more_rule_ns(program, work, self.shop, given.customers, given.runs)
        if "w2" in given.only:
            rows = self.expected.get("w2", {}).get("rows")
            measures["looking"] = lambda: extras.looking(program, self.folder("w2"), rows, given.runs)
        small = prepare.database(work, SMALL, self.python)
        measures["small_shop"] = lambda: extras.small_shop(program, work, small, given.only, given.runs)
        if given.peers is None:
            measures["rule_engines"] = lambda: extras.rule_engines(work, small, self.python, given.only)
        return {name: found for name, measure in measures.items() if (found := self.attempt(name, measure)) is not None}

    def attempt(self, name, measure):
        """What `measure` gives; None when it fails, which is remembered and does not end the run."""
        prepare.say(f"beside the workloads: {name}")
        try:
            return measure()
        except Failed as failure:
            prepare.say(f"{name} FAILED: {failure}")
            self.failed.append(name)
            return None


def report(bench, figures, failures, found, loads):
    """The lines of the report."""
    size = bench.given.customers
    yield f"{size:,} customers, {10 * size:,} orders, {10 * size:,} events; medians of {bench.given.runs} runs"
    yield ""
    yield from machine.describe(bench.given.program)
    yield f"- load average {loads[0]:.1f} before and {loads[1]:.1f} after"
    for name in figures:
        yield from ("", f"### {name}", "")
        yield from tables.of_workload(bench.contestants, figures[name], failures[name])
    if bench.notes:
        yield from ("", "Paid before, and in no figure above (wall seconds, bytes):", "", *bench.notes)
    if size <= LARGEST_COMPARED:
        yield from of_extras(figures, found)


def of_extras(figures, found):
    """The part of the report that is about rulec alone, and the goals."""
    if any(found.get("threads", {}).values()):
        yield from ("", "### Threads", "", *tables.of_threads(found["threads"]))
    if "rule_engines" in found:
        title = "### Rule engines that take one customer at a time: ns for one rule and one customer, features ready"
        yield from ("", title, "", *tables.of_engines(found["rule_engines"]))
    if "looking" in found:
        first, again = found["looking"]
        later = f"{again:.3f} s" if again is not None else "nothing is kept between calls"
        yield from ("", f"`audience` on all conditions of w2: {first:.3f} s of CPU at first; again: {later}.")
    yield from ("", "### Goals", "", *tables.of_goals(goals.judge(figures, found)))


def main():
    """Runs everything; 1 when something failed or computed a wrong result."""
    given = arguments()
    try:
        bench = Bench(given)
        before = machine.load()
        figures, failures = bench.compare()
        found = bench.extras() if given.customers <= LARGEST_COMPARED else {}
        text = "\n".join(report(bench, figures, failures, found, (before, machine.load()))) + "\n"
    except Failed as failure:
        sys.exit(str(failure))
    print(text, end="")
    if given.markdown:
        given.markdown.write_text(text, "utf-8")
    if bench.failed or any(failures.values()):
        sys.exit("not everything ran or agreed: see above")


if __name__ == "__main__":
    main()
