"""Writes cases.jsonl and errors.jsonl: a small sample of the full reference files.

    choose_sample.py SHARED/golden/chat

Of every area the shortest cases, each name with one template, and of every kind of error one line.
"""

import json
import os
import sys

SOURCE = sys.argv[1]
TARGET = os.path.dirname(os.path.abspath(__file__))
PER_AREA = 13


def lines(name):
    with open(os.path.join(SOURCE, name), encoding="utf-8", newline="\n") as file:
        return [line for line in file.read().split("\n") if line]


def write(name, chosen):
    with open(os.path.join(TARGET, name), "w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(chosen) + "\n")


areas = {}
for line in lines("cases.jsonl"):
    case = json.loads(line)
    areas.setdefault(case["area"], []).append((len(line), case["name"], case["template"], line))
chosen = []
for area in sorted(areas):
    seen, kept = set(), []
    for _, name, template, line in sorted(areas[area]):
        wanted = ("small", "large")[len(kept) % 2]
        if name not in seen and template == wanted and len(kept) < PER_AREA:
            seen.add(name)
            kept.append(line)
    chosen += kept
write("cases.jsonl", chosen)

errors = {}
for line in lines("errors.jsonl"):
    errors.setdefault(json.loads(line)["name"], line)
write("errors.jsonl", list(errors.values()))
