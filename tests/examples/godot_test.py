"""Builds the Godot extension and plays its demo project in a headless Godot.

    godot_test.py CMAKE PREFIX SOURCE_DIR WORK_DIR GODOT

GODOT is how Godot 4.2 or newer is called, with arguments if need be; where that does not run, the test
is skipped (exit status 77).
"""

import filecmp
import os
import re
import shlex
import shutil
import subprocess
import sys
import unittest

CMAKE, PREFIX, SOURCE_DIR, WORK_DIR, GODOT = sys.argv[1:]
EXTENSION = os.path.join(SOURCE_DIR, "examples", "engines", "godot")
BUILD_DIR = os.path.join(WORK_DIR, "godot")
PROJECT = os.path.join(BUILD_DIR, "project")


def godot(*arguments):
    """Runs it; returns its status and all that it printed."""
    result = subprocess.run([*shlex.split(GODOT), "--headless", *arguments], cwd=PROJECT, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    return result.returncode, result.stdout


def godot_version():
    """[4, 6]; ends the test where there is none that the extension supports."""
    try:
        version = subprocess.run([*shlex.split(GODOT), "--headless", "--version"], capture_output=True, text=True,
                                 timeout=600).stdout.strip()
    except OSError:
        version = ""
    numbers = version.splitlines()[-1].split(".")[:2] if version else []
    if not all(number.isdigit() for number in numbers) or [int(n) for n in numbers] < [4, 2] or not numbers:
        print(f"skipped: no Godot 4.2 or newer is called `{GODOT}` (it says {version!r}); the environment variable "
              "GODOT, or -DGEMMA4_GODOT=…, names one when the build is configured")
        sys.exit(77)
    return [int(number) for number in numbers]


VERSION = godot_version()


def setUpModule():
    shutil.rmtree(PROJECT, ignore_errors=True)
    for command in ([CMAKE, "-S", EXTENSION, "-B", BUILD_DIR, f"-DCMAKE_PREFIX_PATH={PREFIX}", f"-DGODOT={GODOT}",
                     "-DCMAKE_CXX_FLAGS=-Werror"], [CMAKE, "--build", BUILD_DIR]):
        result = subprocess.run(command, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr
    # The editor's first look at the project, which finds the extension. 4.2 has no --import.
    code, output = godot("--import") if VERSION >= [4, 3] else godot("--editor", "--quit")
    assert code == 0 and "ERROR" not in output, output


class GodotTest(unittest.TestCase):
    def test_villager_of_the_demo_scene_answers(self):
        code, output = godot("--", "What is the capital of France?")
        self.assertIn("villager: The capital of France is Paris. (stop)", output)
        self.assertNotIn("ERROR", output)
        self.assertEqual(code, 0)

    def test_characters_do_what_a_game_asks_of_them(self):
        code, output = godot("--script", "res://tests/test_characters.gd")
        print(output)
        self.assertEqual(code, 0, output)
        self.assertIn("\n0 failed", output)
        self.assertNotIn("FAILED", output)
        self.assertNotIn("ERROR", output)
        self.assertNotIn("leaked", output)

    def test_asks_for_no_function_younger_than_the_engine(self):
        """The header says since when each function exists; Godot prints an error for one that it lacks."""
        with open(os.path.join(BUILD_DIR, "interface", "gdextension_interface.h"), encoding="utf-8") as file:
            since = {name: [int(number) for number in version.split(".")] for name, version in
                     re.findall(r"@name (\w+)\s*\n\s*\*\s*@since ([\d.]+)", file.read())}
        with open(os.path.join(EXTENSION, "src", "binding.cc"), encoding="utf-8") as file:
            always, since_4_3 = [re.findall(r"GEMMA4_GODOT_LOAD\((\w+)\);", part)
                                 for part in file.read().split("version.minor >= 3")]
        self.assertIn("classdb_unregister_extension_class", always)
        self.assertEqual([name for name in always if since[name] > [4, 2]], [])
        self.assertEqual([name for name in since_4_3 if since[name] > [4, 3]], [])

    def test_scene_opens_in_the_editor(self):
        """The editor makes the nodes of the scene that it shows; characters are silent there."""
        code, output = godot("--editor", "--quit-after", "60", "res://village.tscn")
        self.assertEqual(code, 0, output)
        self.assertNotIn("ERROR", output)
        self.assertNotIn("villager:", output)

    @unittest.skipIf(VERSION < [4, 3], "extensions have pages in the editor's help since Godot 4.3")
    def test_help_of_the_editor_describes_everything(self):
        """Godot writes into a class's page what the class has and the page lacks."""
        pages = os.path.join(WORK_DIR, "doctool", "doc_classes")
        shutil.rmtree(pages, ignore_errors=True)
        shutil.copytree(os.path.join(EXTENSION, "doc"), pages)
        code, output = godot("--doctool", os.path.dirname(pages), "--gdextension-docs")
        self.assertEqual(code, 0, output)
        names = sorted(os.listdir(pages))
        self.assertEqual(names, sorted(os.listdir(os.path.join(EXTENSION, "doc"))))
        for name in names:
            page = os.path.join(EXTENSION, "doc", name)
            self.assertTrue(filecmp.cmp(os.path.join(pages, name), page, shallow=False), f"{page} is stale")
            with open(page, encoding="utf-8") as file:
                text = "".join(file.read().split())
            for tag in ("description", "brief_description"):
                self.assertNotIn(f"<{tag}></{tag}>", text, name)
            self.assertNotIn("></member>", text, name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
