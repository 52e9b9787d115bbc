"""tools/abi tells what breaks programs from what does not.

    abi_test.py LIBRARY SOURCE_DIR

The first test holds the library against the record; the others hold a changed copy of the headers or
of the record against each other.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

LIBRARY, SOURCE_DIR = sys.argv[1], sys.argv[2]
HAVE_ABIGAIL = bool(shutil.which("abidw") and shutil.which("abidiff"))


class AbiTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        for name in ("include", "packaging"):
            shutil.copytree(os.path.join(SOURCE_DIR, name), os.path.join(self.root, name))
        os.mkdir(os.path.join(self.root, "tools"))
        shutil.copy(os.path.join(SOURCE_DIR, "tools", "abi"), os.path.join(self.root, "tools"))

    def abi(self, command):
        result = subprocess.run([os.path.join(self.root, "tools", "abi"), command, LIBRARY],
                                capture_output=True, text=True)
        return result.returncode, result.stdout + result.stderr

    def edit(self, path, old, new):
        """Replaces the one match of a regular expression."""
        path = os.path.join(self.root, path)
        with open(path, encoding="utf-8") as file:
            text, count = re.subn(old, new, file.read(), count=1, flags=re.DOTALL)
        self.assertEqual(count, 1, old)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def test_library_is_as_recorded_or_grown(self):
        code, output = self.abi("check")
        print(output)
        self.assertEqual(code, 0, output)

    def test_what_is_recorded_is_accepted_without_a_hint(self):
        self.assertEqual(self.abi("record")[0], 0)
        code, output = self.abi("check")
        self.assertEqual(code, 0, output)
        self.assertIn("are as recorded", output)

    def test_missing_function_fails(self):
        self.edit("packaging/debian/libgemma4.symbols", r"\n gemma4_version@", "\n gemma4_verse@GEMMA4_0.1 0.1.0\\g<0>")
        code, output = self.abi("check")
        self.assertEqual(code, 1)
        self.assertIn("gemma4_verse@GEMMA4_0.1 is on record and is gone", output)

    def test_new_function_is_a_hint(self):
        self.edit("packaging/debian/libgemma4.symbols", r" gemma4_version@[^\n]*\n", "")
        code, output = self.abi("check")
        self.assertEqual(code, 0, output)
        self.assertIn("gemma4_version@GEMMA4_0.1 is new", output)
        self.assertIn("Record it: tools/abi record", output)

    def test_recording_keeps_the_version_that_first_had_a_function(self):
        self.edit("packaging/debian/libgemma4.symbols", r"(\n gemma4_version@\S+) \S+", r"\1 0.0.7")
        self.assertEqual(self.abi("record")[0], 0)
        with open(os.path.join(self.root, "packaging/debian/libgemma4.symbols"), encoding="utf-8") as file:
            self.assertRegex(file.read(), r"\n gemma4_version@GEMMA4_0\.1 0\.0\.7\n")

    def test_changed_number_of_a_constant_fails(self):
        self.edit("include/gemma4/status.h", r"GEMMA4_ERROR_IO = 6", "GEMMA4_ERROR_IO = 66")
        code, output = self.abi("check")
        self.assertEqual(code, 1)
        self.assertIn("GEMMA4_ERROR_IO was 6 and is 66", output)

    @unittest.skipUnless(HAVE_ABIGAIL, "abidw and abidiff are not installed (Debian: abigail-tools)")
    def test_changed_type_of_a_parameter_fails(self):
        self.abi("record")
        self.edit("include/gemma4/session.h",
                  r"(gemma4_session_rewind\(gemma4_session\* session,) size_t position",
                  r"\1 int16_t position")
        code, output = self.abi("check")
        self.assertEqual(code, 1)
        self.assertIn("gemma4_session_rewind", output)

    @unittest.skipUnless(HAVE_ABIGAIL, "abidw and abidiff are not installed (Debian: abigail-tools)")
    def test_field_in_the_middle_of_a_struct_fails(self):
        self.abi("record")
        self.edit("include/gemma4/event.h", r"  gemma4_event_kind kind;\n", "  uint64_t more;\n\\g<0>")
        self.assertEqual(self.abi("check")[0], 1)

    @unittest.skipUnless(HAVE_ABIGAIL, "abidw and abidiff are not installed (Debian: abigail-tools)")
    def test_field_at_the_end_of_a_struct_with_a_size_is_a_hint(self):
        self.abi("record")
        self.edit("include/gemma4/event.h", r"\n} gemma4_step_params;", "\n  uint64_t more;\\g<0>")
        code, output = self.abi("check")
        self.assertEqual(code, 0, output)
        self.assertIn("Record it", output)

    @unittest.skipUnless(HAVE_ABIGAIL, "abidw and abidiff are not installed (Debian: abigail-tools)")
    def test_field_at_the_end_of_a_struct_without_a_size_fails(self):
        self.abi("record")
        self.edit("include/gemma4/model.h", r"\n} gemma4_memory_file;", "\n  uint64_t more;\\g<0>")
        self.assertEqual(self.abi("check")[0], 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
