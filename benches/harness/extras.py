"""What a workload beside its peers does not show: the cost of a rule, a small shop, threads, looking while editing."""

import json
import statistics

from . import prepare, project
from .contestants import AS_OF, RESULT, Product, offers
from .prepare import definition
from .process import Failed, lines, run

FEW, MANY = 100, 200
FEATURE_ROWS = 10_000  # customers whom the rule engines are given
UNEDITED = 1_000_000  # points that nobody has


def median_cpu(product, folder, runs):
    """CPU seconds of the whole command."""
    return statistics.median(product.plan(folder).cpu_s for _ in range(runs))


def one_more_rule_ns(program, work, shop, customers, runs):
    """What one more rule costs for one customer: w3 with all its rules against its first half."""
    product = Product(program)
    folders = {rules: project.folder(work, "w3", shop, rules) for rules in (FEW, MANY)}
    samples = {rules: [] for rules in folders}
    for _ in range(runs):
        for rules, folder in folders.items():
            samples[rules].append(product.plan(folder).cpu_s)
    few, many = (statistics.median(samples[rules]) for rules in (FEW, MANY))
    return (many - few) * 1e9 / ((MANY - FEW) * customers)


def small_shop(program, work, shop, workloads, runs):
    """CPU seconds of the whole command by workload, on a shop of 100,000 customers."""
    product = Product(program)
    prepare.warm(shop)
    return {name: median_cpu(product, project.folder(work, name, shop), runs) for name in workloads}


def threads(program, folder, runs):
    """Usage by number of threads, medians; None if this build has no such option."""
    if not offers(program, "plan", "--threads", "1"):
        return None
    found = {}
    for count in (1, 2):
        product = Product(program, flags=("--threads", str(count)))
        used = [product.plan(folder) for _ in range(runs)]
        found[count] = tuple(statistics.median(getattr(each, name) for each in used) for name in ("cpu_s", "wall_s"))
    return found


def rule_engines(work, shop, python, workloads):
    """CPU nanoseconds of one rule for one customer, by workload and engine, with the features computed before."""
    program = prepare.tool(work, "native_rules")
    found = {}
    for name in workloads:
        features = work / f"features-{name}.jsonl"
        if not features.exists():
            script = [python, prepare.KIT / "peers" / "features.py", "--db", shop, "--workload", name]
            run([*script, "--limit", FEATURE_ROWS, "--out", features])
        reports = [json.loads(line) for line in lines([program, "--features", features, "--rules", definition(name)])]
        results = [{key: report.get(key) for key in RESULT} for report in reports]
        if any(result != results[0] for result in results):
            raise Failed(f"the rule engines differ on {name}: {results}")
        found[name] = {report["peer"]: report["ns_per_customer_rule"] for report in reports}
    return found


def looking(program, folder, wanted, runs):
    """CPU seconds of `audience` on all conditions of w2: the first call, and the median of later ones, each edited.

    None for the later ones if this build keeps nothing between calls.
    """
    project.empty_state(folder)
    first = look(program, folder, UNEDITED, wanted)
    if not (folder / ".rulec" / "cache").exists():
        return first, None
    return first, statistics.median(look(program, folder, UNEDITED + i, wanted) for i in range(1, runs + 1))


def look(program, folder, points, wanted):
    """One call; `points` makes its text, and nothing else, differ from the call before."""
    condition = f"{project.any_condition('w2')} or balance > {points}"
    command = [program, "audience", "-C", folder, "--as-of", AS_OF, "--format", "json", condition]
    used, printed = run(command)
    count = json.loads(printed)["count"]
    if wanted not in (None, count):
        raise Failed(f"audience counted {count}, not {wanted}")
    return used.cpu_s
