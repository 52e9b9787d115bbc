"""Writes <name>/tensors.json: the shared file of that name with the layers of a tensor in one line.

    shorten.py SHARED/golden/family

A line is [name with # for the layer, shape, layers], the layers as [first, last] of each run, or
none for a tensor that is not one layer's.
"""

import json
import os
import re
import sys

SOURCE = sys.argv[1]
TARGET = os.path.dirname(os.path.abspath(__file__))

for member in ("e2b", "e4b", "12b", "26b-a4b", "31b"):
    with open(os.path.join(SOURCE, member, "tensors.json"), encoding="utf-8") as file:
        tensors = json.load(file)
    rows = {}
    for name, shape in tensors.items():
        layer = re.search(r"(?<=\.layers\.)\d+(?=\.)", name)
        pattern = name if layer is None else name[: layer.start()] + "#" + name[layer.end() :]
        layers = rows.setdefault((pattern, tuple(shape)), [])
        layers += [] if layer is None else [int(layer[0])]
    lines = []
    for (pattern, shape), layers in rows.items():
        runs = []
        for layer in sorted(layers):
            if runs and runs[-1][1] == layer - 1:
                runs[-1][1] = layer
            else:
                runs.append([layer, layer])
        lines.append(json.dumps([pattern, shape, runs]))
    with open(os.path.join(TARGET, member, "tensors.json"), "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(lines) + "\n]\n")
