"""The result of a plan in the kit's terms, from its JSON lines: `python3 -m harness.checksum PLAN WORKLOAD.json`.

Prints the object that kit/workloads/expected.json has for the workload; kit/workloads.py says what the figures mean.
It is a program of its own since it needs memory that must not be the harness's: see process.Usage.
"""

import json
import sys

PRIME = 1_000_000_007
RULES_A_MASK = 50
FACTORS = (1, 3, 7, 13)  # of the masks m0..m3
VERDICTS = {"send": "sent", "no consent": "no_consent", "capped": "capped", "suppressed": "capped"}


def result(plan, workload):
    """Rows, checksum and, where the workload has a winner, the rows of each verdict."""
    rules = workload["rules"]
    # The rule of w1 has no name in the rule language; the plan calls it by its file.
    names = [rule["name"] for rule in rules] if len(rules) > 1 else [workload["name"]]
    place = {name: number for number, name in enumerate(names)}
    matched, winner = {}, {}
    counts = dict.fromkeys(VERDICTS.values(), 0) if workload.get("winner") else {}
    for line in plan:
        decision = json.loads(line)
        customer, rule = int(decision["customer"]), place[decision["rule"]]
        matched[customer] = matched.get(customer, 0) | 1 << rule
        verdict = decision["verdict"].split(" by ")[0]
        if counts and verdict != "outranked":
            if customer in winner:
                sys.exit(f"customer {customer} has two winners")
            winner[customer] = rule + 1
            counts[VERDICTS[verdict]] += 1
    total = sum(share(customer, mask, winner.get(customer, 0)) for customer, mask in matched.items())
    return {"rows": len(matched), "checksum": total, **counts}


def share(customer, mask, winner):
    """What one customer adds to the checksum."""
    masks = (mask >> RULES_A_MASK * i & (1 << RULES_A_MASK) - 1 for i in range(len(FACTORS)))
    words = sum(factor * m for factor, m in zip(FACTORS, masks))
    return customer % 1_000_003 * ((words + 101 * winner) % PRIME) % PRIME


def main():
    plan_path, workload_path = sys.argv[1:]
    with open(workload_path, encoding="utf-8") as file:
        workload = json.load(file)
    with open(plan_path, encoding="utf-8") as plan:
        print(json.dumps(result(plan, workload)))


if __name__ == "__main__":
    main()
