"""Compiles the Unreal plugin against a stand-in of the engine's types, as the engine compiles, and runs it.

    unreal_test.py CMAKE PREFIX SOURCE_DIR WORK_DIR CXX
"""

import glob
import json
import os
import re
import subprocess
import sys
import unittest

_, PREFIX, SOURCE_DIR, WORK_DIR, CXX = sys.argv[1:]
PLUGIN = os.path.join(SOURCE_DIR, "examples", "engines", "unreal", "Gemma4Unreal")
MODULE = os.path.join(PLUGIN, "Source", "Gemma4Unreal")
STAND_IN = os.path.join(SOURCE_DIR, "tests", "examples", "unreal")
PROGRAM = os.path.join(WORK_DIR, "unreal", "village_test")
# What UnrealBuildTool gives Clang on Linux, as far as GCC knows it too; and sanitizers (vptr needs RTTI).
FLAGS = ["-std=c++20", "-O1", "-g", "-fPIC", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden",
         "-fno-strict-aliasing", "-fsanitize=address,undefined", "-fno-sanitize=vptr", "-Wall", "-Wextra", "-Werror", "-Wshadow", "-Wundef", "-Wdelete-non-virtual-dtor",
         "-Wno-unused-parameter"]


class UnrealTest(unittest.TestCase):
    def test_plugin_compiles_and_characters_do_what_a_game_asks_of_them(self):
        os.makedirs(os.path.dirname(PROGRAM), exist_ok=True)
        library = os.path.dirname(glob.glob(os.path.join(PREFIX, "lib*", "**", "libgemma4.so"), recursive=True)[0])
        sources = sorted(glob.glob(os.path.join(MODULE, "Private", "*.cpp")))
        self.assertEqual(len(sources), 3)
        result = subprocess.run(
            [CXX, *FLAGS, *sources, os.path.join(STAND_IN, "village_test.cpp"), "-I", os.path.join(MODULE, "Public"),
             "-isystem", os.path.join(STAND_IN, "shim"), "-isystem", os.path.join(PREFIX, "include"),
             "-L", library, "-lgemma4", f"-Wl,-rpath,{library}", "-pthread", "-o", PROGRAM],
            capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        result = subprocess.run([PROGRAM, os.path.join(SOURCE_DIR, "tools"), "demo_model"], text=True, timeout=300,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        print(result.stdout)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertTrue(result.stdout.endswith("\n0 failed\n"))

    def test_names_of_module_descriptor_and_macro_agree(self):
        with open(os.path.join(PLUGIN, "Gemma4Unreal.uplugin"), encoding="utf-8") as file:
            modules = [module["Name"] for module in json.load(file)["Modules"]]
        self.assertEqual(modules, ["Gemma4Unreal"])
        with open(os.path.join(MODULE, "Gemma4Unreal.Build.cs"), encoding="utf-8") as file:
            self.assertIn("public class Gemma4Unreal : ModuleRules", file.read())
        for header in glob.glob(os.path.join(MODULE, "Public", "*.h")):
            with open(header, encoding="utf-8") as file:
                text = file.read()
            name = os.path.basename(header)[:-2]
            # The header tool wants its own header last, and the macro of the module on every class.
            self.assertTrue(re.findall(r'#include "(.*)"', text)[-1] == name + ".generated.h", header)
            for line in re.findall(r"UCLASS\(.*\)\nclass (.*) : ", text):
                self.assertTrue(line.startswith("GEMMA4UNREAL_API U"), line)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
