"""All contestants on one workload, one process after the other.

The quick ones take turns, run by run, so that a change of the machine's load meets them all.
"""

from .contestants import Figures
from .prepare import say
from .process import Failed


def workload(name, contestants, folder, runs, wanted):
    """Figures by contestant, and by contestant what went wrong.

    `wanted` is the workload's object of expected.json; where that has none, all are held against the first of them.
    """
    samples, failures = {key: [] for key in contestants}, {}
    for turn in range(runs):
        for key, contestant in contestants.items():
            if key in failures or (turn and not contestant.interleaved):
                continue
            say(f"{name}: {contestant.name}")
            try:
                samples[key].append(contestant.measure(name, folder, runs))
            except Failed as failure:
                failures[key] = str(failure)
    figures = {}
    for key, found in samples.items():
        if key in failures:
            continue
        wanted = wanted or found[0].result
        wrong = [each.result for each in found if each.result != wanted]
        if wrong:
            failures[key] = f"computed {wrong[0]}, not {wanted}"
        else:
            figures[key] = Figures.median(found)
    for key, reason in failures.items():
        say(f"{name}: {contestants[key].name} FAILED: {reason}")
    return figures, failures
