"""The goals of docs/performance.md, judged on what one run measured."""

from dataclasses import dataclass

WORKLOADS = ("w1", "w2", "w3")


@dataclass(frozen=True)
class Goal:
    """A bound for each workload that it is stated for, and what was measured."""

    text: str
    at_most: bool
    unit: str
    bounds: dict
    measured: dict

    def cell(self, workload):
        """What the table says of one workload."""
        if workload not in self.bounds:
            return ""
        bound = f"{'≤' if self.at_most else '≥'} {self.bounds[workload]:g}"
        found = self.measured.get(workload)
        if found is None:
            return f"not measured ({bound})"
        held = found <= self.bounds[workload] if self.at_most else found >= self.bounds[workload]
        return f"{found:.2f}{self.unit} ({bound}) {'yes' if held else '**no**'}"


def judge(figures, extras):
    """All goals; `figures` by workload and contestant, `extras` by name as __main__ gathers them."""

    def cpu(workload, *keys):
        """The least CPU of the contestants named, if all were measured."""
        found = [figures.get(workload, {}).get(key) for key in keys]
        return None if None in found else min(each.cpu_s for each in found)

    def ratios(above, below):
        found = {name: (cpu(name, *above), cpu(name, *below)) for name in WORKLOADS}
        return {name: upper / lower for name, (upper, lower) in found.items() if upper and lower}

    def each(*values):
        return dict(zip(WORKLOADS, values))

    # A build that cannot be told how to read only steps.
    stepping = ["rulec-stepping" if any("rulec-stepping" in found for found in figures.values()) else "rulec"]
    rulec = ["rulec"]
    w2, w3 = cpu("w2", *rulec), cpu("w3", *rulec)
    _, again = extras.get("looking", (None, None))
    return [
        Goal("against limit A, stepping reader", True, "×", each(1.5, 1.5, 1.5), ratios(stepping, ["limit-a"])),
        Goal("against limit B", True, "×", each(1.5, 1.5, 1.5), ratios(rulec, ["limit-b"])),
        Goal("DuckDB on the SQLite file ÷ rulec", False, "×", each(6, 7, 8), ratios(["duckdb-sqlite"], rulec)),
        Goal(
            "best of DuckDB and Polars on converted copies ÷ rulec",
            False,
            "×",
            each(2, 3, 4),
            ratios(["duckdb-native", "duckdb-parquet", "polars"], rulec),
        ),
        Goal("SQLite SQL, the shop's indexes ÷ rulec", False, "×", each(30, 20, 20), ratios(["sqlite-shop"], rulec)),
        Goal("pandas ÷ rulec", False, "×", each(30, 20, 20), ratios(["pandas"], rulec)),
        Goal("one more rule and customer", True, " ns", {"w3": 3}, some(w3=extras.get("rule_ns"))),
        Goal("w3 ÷ w2", True, "×", {"w3": 2}, some(w3=w3 / w2 if w2 and w3 else None)),
        Goal("peak memory ÷ Polars'", True, "×", {"w3": 0.5}, some(w3=memory_ratio(figures.get("w3", {})))),
        Goal("100,000 customers, CPU", True, " s", each(0.35, 0.35, 0.35), extras.get("small_shop", {})),
        Goal("`audience` again, after an edit, CPU", True, " s", {"w2": 0.3}, some(w2=again)),
    ]


def some(**measured):
    """Only what was measured."""
    return {name: value for name, value in measured.items() if value is not None}


def memory_ratio(figures):
    """Peak memory of rulec over that of Polars."""
    if not {"rulec", "polars"} <= figures.keys():
        return None
    return figures["rulec"].peak_bytes / figures["polars"].peak_bytes
