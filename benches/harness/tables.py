"""Markdown tables, padded so that a terminal shows them well too."""

from .goals import WORKLOADS

HEAD = ("", "CPU s", "wall s", "peak MB", "whole command, CPU s", "CPU ÷ rulec")


def table(head, rows):
    """Lines of one table; columns after the first are aligned to the right."""
    rows = [head, *rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    widths = [max(width, 3) for width in widths]

    def line(cells):
        first, *rest = zip(cells, widths)
        return "| " + " | ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]) + " |"

    rule = "| " + " | ".join("-" * widths[0] if i == 0 else "-" * (w - 1) + ":" for i, w in enumerate(widths)) + " |"
    return [line(rows[0]), rule, *map(line, rows[1:])]


def digits(value):
    """Three significant digits; never an exponent."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}" if value >= 0.001 else f"{value:.4f}"


def of_workload(contestants, figures, failures):
    """One row a contestant, in the order of the CPU that is compared."""
    own = figures["rulec"].cpu_s if "rulec" in figures else None
    rows = [
        (
            contestants[key].name,
            digits(found.cpu_s),
            digits(found.wall_s),
            f"{found.peak_bytes / 1e6:.0f}",
            digits(found.command_cpu_s),
            digits(found.cpu_s / own) if own else "",
        )
        for key, found in sorted(figures.items(), key=lambda item: item[1].cpu_s)
    ]
    return table(HEAD, rows + [(contestants[key].name, "failed", "", "", "", "") for key in failures])


def of_goals(goals):
    """One row a goal."""
    return table(("goal", *WORKLOADS), [(goal.text, *map(goal.cell, WORKLOADS)) for goal in goals])


def of_threads(found):
    """CPU and wall by number of threads; `found` as extras.threads gives it, by workload."""
    rows = []
    for workload, by_count in found.items():
        if by_count:
            (cpu_one, wall_one), (cpu_two, wall_two) = by_count[1], by_count[2]
            rows.append((workload, *map(digits, (cpu_one, cpu_two, wall_one, wall_two, wall_two / wall_one))))
    return table(("", "CPU s, 1", "CPU s, 2", "wall s, 1", "wall s, 2", "wall 2 ÷ 1"), rows)


def of_engines(found):
    """One row an engine; `found` as extras.rule_engines gives it."""
    engines = sorted({engine for by_engine in found.values() for engine in by_engine})
    rows = [(engine, *(digits(found[name][engine]) for name in found)) for engine in engines]
    return table(("", *found), rows)
