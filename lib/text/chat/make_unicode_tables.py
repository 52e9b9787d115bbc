"""Writes unicode_tables.inc: what Python's str.lower(), str.upper() and repr() know of Unicode.

    make_unicode_tables.py > unicode_tables.inc

The tables are asked of Python itself, so they are those of its Unicode version (the first line of
the output names it).
"""

import unicodedata

ALL = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def ranges(has):
    out = []
    for c in ALL:
        if not has(c):
            continue
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def mappings(convert):
    """Runs of code points that are one or two apart and move by the same distance."""
    runs, long = [], []
    for c in ALL:
        text = convert(chr(c))
        if text == chr(c):
            continue
        if len(text) > 1:
            long.append((c, [ord(t) for t in text] + [0] * (3 - len(text))))
            continue
        delta = ord(text) - c
        if runs:
            first, last, stride, of_run = runs[-1]
            if of_run == delta and c - last in (1, 2) and (first == last or c - last == stride):
                runs[-1] = (first, c, c - last, delta)
                continue
        runs.append((c, c, 1, delta))
    return runs, long


def show(kind, name, rows):
    print(f"\nconstexpr {kind} {name}[] = {{")
    line = "   "
    for row in rows:
        item = " {" + ", ".join(row) + "},"
        if len(line) + len(item) > 100:
            print(line)
            line = "   "
        line += item
    print(line + "\n};")


def is_final_sigma(before):
    return (before + "\u03a3").lower()[-1] == "\u03c2"


def is_ignorable(c):  # a final sigma is looked for behind it
    return is_final_sigma("A" + chr(c)) and not is_final_sigma("." + chr(c))


print(f"// Unicode {unicodedata.unidata_version}. Made by make_unicode_tables.py; do not edit.")
for name, convert in (("Lower", str.lower), ("Upper", str.upper)):
    runs, long = mappings(convert)
    show("CaseRun", f"k{name}Runs", [(f"0x{a:X}", f"0x{b:X}", str(s), str(d)) for a, b, s, d in runs])
    if name == "Upper":
        show("LongCase", "kUpperLong", [(f"0x{c:X}", "{" + ", ".join(f"0x{t:X}" for t in text) + "}") for c, text in long])
    else:
        assert long == [(0x130, [0x69, 0x307, 0])]
for name, has in (
    ("kCased", lambda c: not is_ignorable(c) and is_final_sigma(chr(c))),
    ("kCaseIgnorable", is_ignorable),
    ("kPrintable", lambda c: chr(c).isprintable()),
):
    show("CodePointRange", name, [(f"0x{a:X}", f"0x{b:X}") for a, b in ranges(has)])
