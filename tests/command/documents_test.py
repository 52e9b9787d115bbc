"""The manual page and the completions of the gemma4 command say what its --help says.

    documents_test.py GEMMA4 FOLDER      FOLDER holds gemma4.1, gemma4 (bash), _gemma4 (zsh)

Reads all of them in ways of its own, not with the script that made them.
"""

import os
import re
import shutil
import subprocess
import sys
import unittest

GEMMA4, FOLDER = sys.argv[1], sys.argv[2]


def help_of(*command):
    return subprocess.run([GEMMA4, *command, "--help"], check=True, capture_output=True, text=True).stdout


def commands():
    """{"run": {"--prompt", "-p", …}, …}, from lines that begin as CLI11 begins them."""
    found = {}
    for name in re.findall(r"^  ([a-z]+) ", help_of().split("Subcommands:")[1], re.MULTILINE):
        lines = re.findall(r"^  (-\S*)", help_of(name), re.MULTILINE)
        found[name] = {option for line in lines for option in line.split(",")}
    return found


def read(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read()


def page_sections():
    """{"run": options named between one .Ss and the next}."""
    found = {}
    for part in read("gemma4.1").split("\n.Ss gemma4 ")[1:]:
        part = part.split("\n.Sh ")[0]
        items = re.findall(r"^\.It (.*)$", part, re.MULTILINE)
        flags = {"-" + flag.replace("\\-", "-") for item in items for flag in re.findall(r"Fl (\S+)", item)}
        found[re.match(r"[a-z]+", part)[0]] = flags
    return found


def complete_in_bash(*words):
    """What bash offers after `gemma4 WORDS`, the last of which is being typed."""
    script = (f'source "{FOLDER}/gemma4"; COMP_WORDS=(gemma4 "$@"); COMP_CWORD=$#; _gemma4; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    output = subprocess.run(["bash", "--norc", "-c", script, "bash", *words],
                            check=True, capture_output=True, text=True).stdout
    return set(output.split())


class DocumentsTest(unittest.TestCase):
    maxDiff = None

    def test_page_has_every_command_and_option(self):
        self.assertIn("run", commands())
        self.assertIn("--temperature", commands()["run"])
        self.assertEqual(page_sections(), commands())

    def test_page_is_well_formed(self):
        if not shutil.which("mandoc"):
            self.skipTest("mandoc is not installed")
        result = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", f"{FOLDER}/gemma4.1"],
                                capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stdout), (0, ""))

    def test_bash_offers_commands(self):
        self.assertEqual(complete_in_bash("") - {"-h", "--help", "--version"}, set(commands()))
        self.assertIn("run", complete_in_bash("ru"))
        self.assertNotIn("bench", complete_in_bash("ru"))

    def test_bash_offers_options_of_the_command(self):
        for name, options in commands().items():
            self.assertEqual(complete_in_bash(name, "-"), options)
        self.assertEqual(complete_in_bash("run", "model.gguf", "--temp"), {"--temperature"})

    def test_bash_offers_the_values_of_a_choice(self):
        self.assertEqual(complete_in_bash("run", "--weights", "int4"), {"int4", "int4-rows"})
        self.assertEqual(complete_in_bash("run", "--seed", ""), set())

    def test_zsh_has_every_command_and_option(self):
        text = read("_gemma4")
        for name, options in commands().items():
            arguments = re.search(rf"^        {name}\)\n(.*?);;", text, re.MULTILINE | re.DOTALL)[1]
            named = set(re.findall(r"\)(--?[a-z][a-z0-9-]*)\[", arguments))
            self.assertEqual(named, options, name)

    def test_zsh_reads_its_file(self):
        if not shutil.which("zsh"):
            self.skipTest("zsh is not installed")
        subprocess.run(["zsh", "-n", f"{FOLDER}/_gemma4"], check=True)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
