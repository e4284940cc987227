#!/usr/bin/env python3
"""Writes the CSV files of this folder: invented members of an invented beauty chain, the same ones every time.

    python3 data/generate.py

Members come in every crossing of how long they have been away and what they spend at a time, so that every rule meets
somebody. Nothing here is taken from real people: the telephone numbers begin with 100, which no operator gives away.
"""

import csv
from datetime import date, datetime, timedelta
from pathlib import Path

FOLDER = Path(__file__).parent
MEMBERS = 1200
CODES = 60
TODAY = date(2025, 9, 1)
"""The day on which the campaign begins; some orders come later, for what the messages bring."""

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = ["敏", "静", "丽", "娟", "雅琴", "思雨", "晓燕", "佳怡", "雪梅", "梦洁", "欣然", "一诺", "子涵", "文静", "若曦"]
CITIES = [("上海", 30), ("杭州", 20), ("成都", 20), ("北京", 15), ("广州", 10), ("乌鲁木齐", 5)]
PRODUCTS = ["面膜", "精华", "面霜", "洁面", "防晒", "口红"]

# Days since the last order, from … to, and how many members of a hundred.
AWAY = [((0, 29), 12), ((30, 89), 25), ((90, 179), 30), ((180, 520), 28), (None, 5)]
# What they spend at a time, in yuan, and how many of a hundred.
BASKETS = [((60, 190), 35), ((220, 480), 40), ((520, 1400), 25)]


class Dice:
    """Numbers that look random and are the same on every machine (a linear congruential generator)."""

    def __init__(self, seed):
        self.state = seed

    def below(self, end):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % end

    def between(self, ends):
        low, high = ends
        return low + self.below(high - low + 1)

    def one_of(self, choices):
        return choices[self.below(len(choices))]

    def weighted(self, choices):
        at = self.below(sum(weight for _, weight in choices))
        for choice, weight in choices:
            if at < weight:
                return choice
            at -= weight

    def chance(self, percent):
        return self.below(100) < percent


def moment(dice, day):
    return datetime.combine(day, datetime.min.time()) + timedelta(minutes=dice.between((9 * 60, 22 * 60)))


def orders_of(dice, away, basket):
    """When a member ordered and for how much, oldest first."""
    if away is None:
        return []
    days = [dice.between(away)]
    for _ in range(dice.below(6)):
        days.append(days[-1] + dice.between((14, 60)))
    days.reverse()
    if dice.chance(12):
        days.append(-dice.between((2, 55)))
    return [(moment(dice, TODAY - timedelta(days=ago)), dice.between(basket) * 10 + dice.below(10)) for ago in days]


def check_ins_of(dice, away):
    """When a member checked in; some did on three days running."""
    if away is None or not dice.chance(30):
        return []
    start = TODAY + timedelta(days=dice.between((-6, 20)))
    return [moment(dice, start + timedelta(days=day)) for day in range(dice.between((1, 4)))]


def member(dice, key, orders):
    city = dice.weighted(CITIES)
    joined = (orders[0][0].date() if orders else TODAY) - timedelta(days=dice.below(40))
    return [
        key,
        dice.one_of(SURNAMES) + dice.one_of(GIVEN) if not dice.chance(6) else "",
        f"100{dice.below(10**8):08}" if not dice.chance(5) else "",
        f"wx_{key:05}" if not dice.chance(15) else "",
        city,
        "Asia/Urumqi" if city == "乌鲁木齐" else "",
        "同意" if not dice.chance(20) else "不同意",
        joined.isoformat(),
    ]


def write(name, heading, rows):
    with open(FOLDER / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(heading)
        lines.writerows(rows)


def main():
    dice = Dice(20250901)
    members, orders, check_ins, complaints = [], [], [], []
    for key in range(10001, 10001 + MEMBERS):
        away, basket = dice.weighted(AWAY), dice.weighted(BASKETS)
        own = orders_of(dice, away, basket)
        members.append(member(dice, key, own))
        for at, tenths in own:
            orders.append([len(orders) + 1, key, at, dice.one_of(PRODUCTS), f"{tenths // 10}.{tenths % 10}0"])
        check_ins += [[key, at] for at in check_ins_of(dice, away)]
        if dice.chance(4):
            complaints.append([key, moment(dice, TODAY - timedelta(days=dice.between((1, 60))))])
    write("会员", ["会员号", "姓名", "手机号", "企微号", "城市", "时区", "短信授权", "入会日期"], members)
    write("订单", ["订单号", "会员号", "下单时间", "品类", "金额"], orders)
    write("签到", ["会员号", "签到时间"], check_ins)
    write("投诉", ["会员号", "投诉时间"], complaints)
    (FOLDER.parent / "顾问券码.csv").write_text(
        "".join(f"GW{dice.below(36**4):07}-{at:03}\n" for at in range(CODES)), encoding="utf-8")


if __name__ == "__main__":
    main()
