"""Compiles the Unity package against a stand-in of Unity's types, and runs it under Mono.

    unity_test.py CMAKE PREFIX SOURCE_DIR WORK_DIR

Skipped (exit status 77) where mcs and mono are not installed.
"""

import glob
import json
import os
import shutil
import subprocess
import sys
import unittest

_, PREFIX, SOURCE_DIR, WORK_DIR = sys.argv[1:]
PACKAGE = os.path.join(SOURCE_DIR, "examples", "engines", "unity", "com.gemma4.unity")
STAND_IN = os.path.join(SOURCE_DIR, "tests", "examples", "unity")
PROGRAM = os.path.join(WORK_DIR, "unity", "VillageTest.exe")


def library_folder():
    return os.path.dirname(glob.glob(os.path.join(PREFIX, "lib*", "**", "libgemma4.so"), recursive=True)[0])


class UnityTest(unittest.TestCase):
    def test_package_compiles_and_characters_do_what_a_game_asks_of_them(self):
        os.makedirs(os.path.dirname(PROGRAM), exist_ok=True)
        sources = sorted(glob.glob(os.path.join(PACKAGE, "Runtime", "*.cs")) +
                         glob.glob(os.path.join(PACKAGE, "Samples~", "*", "*.cs")) +
                         glob.glob(os.path.join(STAND_IN, "*.cs")))
        # 0649: Unity sets public fields, the compiler does not see it.
        result = subprocess.run(["mcs", "-langversion:7", "-warn:4", "-warnaserror", "-nowarn:0649",
                                 f"-out:{PROGRAM}", *sources], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        result = subprocess.run(["mono", PROGRAM, os.path.join(SOURCE_DIR, "tools", "demo_model")], text=True,
                                env=dict(os.environ, LD_LIBRARY_PATH=library_folder()), timeout=300,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        print(result.stdout)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertTrue(result.stdout.endswith("\n0 failed\n"))

    def test_every_file_of_the_package_has_an_identity(self):
        """Unity ignores files of a package that have no .meta, and mixes up those with the same GUID."""
        guids = []
        for folder, folders, files in os.walk(PACKAGE):
            folders[:] = [name for name in folders if not name.endswith("~")]
            for name in files + folders:
                if name.endswith(".meta") or name == ".gitignore":
                    continue
                with open(os.path.join(folder, name + ".meta"), encoding="utf-8") as file:
                    guids += [line.split()[1] for line in file if line.startswith("guid: ")]
        self.assertGreater(len(guids), 5)
        self.assertEqual(len(guids), len(set(guids)))

    def test_manifests_are_json(self):
        for name in ("package.json", os.path.join("Runtime", "Gemma4.Unity.asmdef")):
            with open(os.path.join(PACKAGE, name), encoding="utf-8") as file:
                self.assertIn("name", json.load(file))


if __name__ == "__main__":
    if not shutil.which("mcs") or not shutil.which("mono"):
        print("skipped: mcs and mono are not installed (Debian: mono-mcs, mono-runtime)")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
