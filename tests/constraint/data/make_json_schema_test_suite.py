#!/usr/bin/env python3
"""Writes json_schema_test_suite.json from draft 4 of the JSON Schema Test Suite:

    npm pack json-schema-test-suite@0.0.10 && tar xzf json-schema-test-suite-0.0.10.tgz
    make_json_schema_test_suite.py package/tests/draft4

Left out are references to other documents (refRemote) and what the suite calls optional but large
numbers. Each document stands there as json.dumps writes it, and compact.
"""
import json
import pathlib
import sys

LEFT_OUT = {"refRemote.json"}

source = pathlib.Path(sys.argv[1])
groups = []
for path in sorted(source.glob("*.json")) + [source / "optional" / "bignum.json"]:
    if path.name in LEFT_OUT:
        continue
    for group in json.loads(path.read_text()):
        groups.append({
            "name": f"{path.stem}: {group['description']}",
            "schema": group["schema"],
            "tests": [[test["description"], json.dumps(test["data"]),
                       json.dumps(test["data"], ensure_ascii=False, separators=(",", ":")),
                       test["valid"]] for test in group["tests"]],
        })
lines = ",\n".join(json.dumps(group, ensure_ascii=True) for group in groups)
target = pathlib.Path(__file__).parent / "json_schema_test_suite.json"
target.write_text(f"[\n{lines}\n]\n")
