"""What a run needs, made once and kept: Python packages, databases, their converted copies, the programs."""

import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import sys
from pathlib import Path

from .process import Failed, lines, run

BENCHES = Path(__file__).resolve().parent.parent
REPOSITORY = BENCHES.parent
KIT = BENCHES / "kit"
WORKLOADS = KIT / "workloads"
REQUIREMENTS = BENCHES / "requirements.txt"
WORK = REPOSITORY / "target" / "bench"
# What the kit's preparations report of their cost.
COSTS = ("to_duckdb_s", "to_parquet_s", "index_build_s", "index_bytes")


def alone(work):
    """Holds `work` as long as the file that it gives is open: two runs at once would spoil folders and figures."""
    lock = open(work / "lock", "w", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise Failed(f"another run is under way in {work}") from error
    return lock


def say(text):
    """Progress, apart from the tables."""
    print(text, file=sys.stderr, flush=True)


def expected(customers):
    """What kit/workloads/expected.json says for a database of so many customers, or None."""
    return json.loads((WORKLOADS / "expected.json").read_text("utf-8")).get(str(customers))


def definition(workload):
    """The workload as the kit's programs read it."""
    return WORKLOADS / f"{workload}.json"


def need(program):
    """Stops if a program is not installed."""
    if not shutil.which(program):
        raise Failed(f"`{program}` is not installed; install it, or leave out with --peers those who need it")


def packages(work):
    """The Python of a virtual environment with the pinned packages."""
    python = work / "venv" / "bin" / "python"
    stamp = work / "venv" / "requirements.sha256"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        say("installing the packages of the peers")
        run([sys.executable, "-m", "venv", "--clear", work / "venv"])
        run([python, "-m", "pip", "install", "--quiet", "--requirement", REQUIREMENTS])
        stamp.write_text(wanted)
    return python


def database(work, customers, python):
    """The generated shop, with ten orders and ten events a customer."""
    path = work / f"shop-{customers}.db"
    if not path.exists():
        say(f"generating {customers:,} customers (a million takes about two minutes)")
        partial = path.with_suffix(".partial")
        run([python, KIT / "gen_customers.py", "--customers", customers, "--seed", 1, "--out", partial])
        partial.rename(path)
    check_fingerprint(path, customers)
    return path


def check_fingerprint(path, customers):
    """A database of a known size must be the very one that expected.json was computed on."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        found = dict(connection.execute("SELECT key, value FROM meta"))["fingerprint"]
    known = expected(customers)
    if known and int(found) != known["fingerprint"]:
        raise Failed(f"{path} is not the database that the checksums are for; remove it to have it made again")


def converted(shop, python):
    """Makes shop.duckdb and shop.parquet/ beside the database; gives what that took."""
    report = shop.with_suffix(".converted.json")
    if not report.exists():
        say(f"converting {shop.name} for DuckDB and Polars")
        report.write_text(lines([python, KIT / "peers" / "convert.py", "--db", shop])[-1])
    return json.loads(report.read_text())


def covered_path(shop):
    """Where the copy with the covering indexes lies."""
    return shop.with_name(shop.stem + "-covered.db")


def covered(shop, python):
    """Makes the copy, whose indexes the peer builds on its first run; gives what that took."""
    path = covered_path(shop)
    report = path.with_suffix(".json")
    if not report.exists():
        say(f"building covering indexes in a copy of {shop.name}")
        shutil.copyfile(shop, path)
        peer = [python, KIT / "peers" / "sqlite_sql.py", "--indexes", "cover", "--runs", 1]
        report.write_text(lines([*peer, "--db", path, "--workload", "w1"])[-1])
    return json.loads(report.read_text())


def cargo(*words):
    """Runs Cargo and gives the path of the program that it built."""
    options = ["--release", "--locked", "--message-format=json-render-diagnostics"]
    command = [os.environ.get("CARGO", "cargo"), "build", *options, *words]
    messages = map(json.loads, lines(command, cwd=REPOSITORY))
    programs = [message["executable"] for message in messages if message.get("executable")]
    if len(programs) != 1:
        raise Failed(f"{' '.join(map(str, command))} built {programs}, not one program")
    return Path(programs[0])


def product(work):
    """The release build of rulec, as a copy that a later build does not replace while it is measured."""
    say("building rulec")
    return Path(shutil.copy(cargo("--package", "rulec"), work))


def tool(work, name):
    """A program of the kit: a crate of its own, outside the workspace."""
    say(f"building {name}")
    return cargo("--manifest-path", KIT / name / "Cargo.toml", "--target-dir", work / name)


def warm(path):
    """Brings a file into the page cache."""
    with open(path, "rb", buffering=0) as data:
        while data.read(1 << 20):
            pass
