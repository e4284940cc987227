"""A project folder for each workload, as the kit says: the project file, one rule file, the database."""

import re
import shutil

from .prepare import WORKLOADS

LIMIT = "\nlimit sms 2 per 7d\n"


def folder(work, workload, shop, rules=None):
    """A fresh folder with `workload` over `shop`; `rules` keeps that many of the first rules."""
    path = work / "run" / (workload if rules is None else f"{workload}-{rules}")
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    shutil.copy(WORKLOADS / "rulec.toml", path)
    text = cap_as_suppress((WORKLOADS / f"{workload}.rules").read_text("utf-8"))
    (path / f"{workload}.rules").write_text(first_rules(text, rules), "utf-8")
    (path / "shop.db").symlink_to(shop)
    return path


def cap_as_suppress(text):
    """The cap of w2 as the line in its comment says it: a limit does not count touches of the shop's own tables."""
    if LIMIT not in text:
        return text
    suppress = re.search(r"^#\s+(suppress sms .*)$", text, re.MULTILINE)
    return text.replace(LIMIT, f"\n{suppress[1]}\n")


def first_rules(text, count):
    """`text` with only its first `count` rules."""
    if count is None:
        return text
    starts = [found.start() for found in re.finditer(r"^rule ", text, re.MULTILINE)]
    return text[: starts[count]] if count < len(starts) else text


def any_condition(workload):
    """One condition that takes the customers whom any rule of `workload` takes."""
    text = (WORKLOADS / f"{workload}.rules").read_text("utf-8")
    return " or ".join(f"({condition})" for condition in re.findall(r"^\s*when (.*)$", text, re.MULTILINE))


def empty_state(path):
    """Forgets what an earlier run kept."""
    shutil.rmtree(path / ".rulec", ignore_errors=True)
