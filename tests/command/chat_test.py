"""gemma4 chat, through pipes as programs use it, and on a terminal as people do.

    chat_test.py GEMMA4
"""

import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest

GEMMA4 = sys.argv[1]
FRANCE = "What is the capital of France?"
PARIS = "The capital of France is Paris."
SUM = "What is 7 + 5?"
TWELVE = "7 + 5 = 12"
NORA = "You are Nora, a fisher near the river."
PRODUCT = "What is 8 * 7?"
THOUGHT = "The user wants a result. I compute it: 8 * 7 = 56."


def chat(lines, *options):
    return subprocess.run([GEMMA4, "chat", "--temperature", "0", *options], input="".join(line + "\n" for line in lines),
                          capture_output=True, text=True, timeout=300)


class ChatTest(unittest.TestCase):
    def says(self, lines, *options):
        """The lines of its replies; nothing was wrong."""
        result = chat(lines, *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr, "")
        return result.stdout.splitlines()

    def errors(self, lines, *options):
        """The lines on standard error; the chat went on."""
        result = chat([*lines, SUM], *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout.splitlines()[-1], TWELVE)
        return result.stderr.splitlines()

    def tokens(self, output):
        """What /stats says: turns, tokens."""
        words = [line for line in output if " tokens" in line and " turn" in line][-1].split()
        return int(words[0]), int(words[2])

    def test_it_answers_line_by_line(self):
        self.assertEqual(self.says([FRANCE, "", "  \r", SUM]), [PARIS, TWELVE])
        self.assertEqual(self.says([FRANCE, "/quit", SUM]), [PARIS])
        self.assertEqual(self.says([]), [])
        unended = subprocess.run([GEMMA4, "chat", "--temperature", "0"], input=SUM, capture_output=True, text=True)
        self.assertEqual(unended.stdout, TWELVE + "\n")

    def test_options_hold_for_every_reply(self):
        self.assertEqual(self.says([FRANCE, SUM], "--stop", "France is", "--stop", "+ 5"), ["The capital of ", "7 "])
        self.assertEqual(self.says(["What do you sell?"], "--system", NORA), ["I sell fish and nets."])
        self.assertEqual(self.says([FRANCE, FRANCE], "-n", "1"), ["The", "The"])
        result = chat([FRANCE, SUM], "--stats")
        self.assertEqual(result.stderr.count("first token after"), 2)
        with tempfile.NamedTemporaryFile("w", suffix=".gbnf") as grammar:
            grammar.write('root ::= "no" | "yes"\n')
            grammar.flush()
            for reply in self.says([FRANCE, SUM], "--grammar", grammar.name):
                self.assertIn(reply, ("no", "yes"))
        wrong = chat([SUM], "--json-schema", "/nope")
        self.assertEqual(wrong.returncode, 1)
        self.assertEqual(wrong.stdout, "")

    def test_help_and_stats(self):
        shown = "\n".join(self.says(["/help"]))
        for name in ("help", "reset", "save", "load", "rewind", "system", "think", "image", "stats", "quit"):
            self.assertIn("/" + name, shown)
        self.assertEqual(self.tokens(self.says(["/stats"])), (0, 0))
        shown = self.says([SUM, "/stats"])
        self.assertEqual(self.tokens(shown)[0], 1)
        self.assertIn("4096 tokens", shown[1])
        self.assertIn("first token after", shown[2])

    def test_mistakes_are_one_line_and_the_chat_goes_on(self):
        for line, message in (
                ("/frob x", "no command /frob"), ("/", "no command /;"), ("/Help", "no command /Help"),
                ("/help me", 'it got "me"'), ("/save", "/save needs FILE"), ("/load", "/load needs FILE"),
                ("/load /nope/nope", "cannot read /nope/nope"), ("/save /nope/nope", "cannot write /nope/nope"),
                ("/save /dev/null", "no regular file"), ("/rewind", "has 0 turns"), ("/rewind x", "/rewind x"),
                ("/think", "/think needs on|off"), ("/think maybe", "must be on or off"), ("/image a.png", "no images yet"),
                ("a" * 60000, "")):
            errors = self.errors([line])
            self.assertEqual(len(errors), 1, errors)
            self.assertTrue(errors[0].startswith("gemma4: "), errors)
            self.assertIn(message, errors[0])
        self.assertEqual(len(self.errors([SUM, "/rewind 2", "/rewind 0", "/rewind -1"])), 3)
        text = subprocess.run([GEMMA4, "chat", "--temperature", "0"], input=b"a\xff\n" + SUM.encode(), capture_output=True)
        self.assertIn(b"UTF-8", text.stderr)
        self.assertEqual(text.stdout.decode(), TWELVE + "\n")
        # No command: a message to the model.
        self.assertEqual(len(self.says([" /quit", SUM])), 2)

    def test_a_turn_that_is_taken_back_never_was(self):
        once = self.tokens(self.says([FRANCE, "/stats"]))
        for lines in ([FRANCE, SUM, "/rewind"], [FRANCE, SUM, SUM, "/rewind 2"], [SUM, "/rewind 1", FRANCE],
                      [SUM, FRANCE, "/reset", FRANCE]):
            self.assertEqual(self.tokens(self.says([*lines, "/stats"])), once)
        two, back = self.says([FRANCE, SUM, "/stats"]), self.says([FRANCE, SUM, "/rewind", SUM, "/stats"])
        self.assertEqual(self.tokens(two), self.tokens(back))
        self.assertEqual(self.tokens(self.says([SUM, "/rewind", "/stats"], "--system", NORA)),
                         self.tokens(self.says(["/stats"], "--system", NORA)))
        self.assertEqual(self.says([SUM, "/rewind", "What do you sell?"], "--system", NORA)[1], "I sell fish and nets.")
        self.assertEqual(self.says([SUM, "/reset", "What do you sell?"], "--system", NORA)[1], "I sell fish and nets.")

    def test_settings_change_and_the_turns_stay(self):
        self.assertEqual(self.says(["/system " + NORA, "What do you sell?"]), ["I sell fish and nets."])
        self.assertNotEqual(self.says(["/system", "What do you sell?"], "--system", NORA), ["I sell fish and nets."])
        changed = self.says([FRANCE, "/system " + NORA, SUM, "/stats"])
        self.assertEqual(changed[:2], [PARIS, TWELVE])
        self.assertEqual(self.tokens(changed), self.tokens(self.says([FRANCE, SUM, "/stats"], "--system", NORA)))
        thought = chat(["/think on", PRODUCT, "/think off", PRODUCT])
        self.assertEqual(thought.stderr, THOUGHT + "\n")
        self.assertEqual(thought.stdout.splitlines()[0], "8 * 7 = 56")
        self.assertEqual(chat([PRODUCT], "--think").stderr, THOUGHT + "\n")

    def test_a_conversation_goes_on_in_another_process(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "my chat")
            whole = self.says([FRANCE, SUM, FRANCE, "/stats"], "--system", NORA)
            self.assertEqual(self.says([FRANCE, SUM, "/save  " + path + " "], "--system", NORA), whole[:2])
            self.assertEqual(os.listdir(folder), ["my chat"])
            later = self.says(["/load " + path, FRANCE, "/stats"])
            self.assertEqual(later[0], whole[2])
            self.assertEqual(self.tokens(later), self.tokens(whole))
            rewound = self.says(["/load " + path, "/rewind", "/save " + path, "/rewind", "/stats"])
            self.assertEqual(self.tokens(rewound), self.tokens(self.says(["/stats"], "--system", NORA)))
            once = self.says([FRANCE, "/stats"], "--system", NORA)
            self.assertEqual(self.tokens(self.says(["/load " + path, "/stats"])), self.tokens(once))
            self.assertEqual(self.says(["/load " + path, "/reset", "What do you sell?"]), ["I sell fish and nets."])

            with open(path, "rb") as file:
                saved = file.read()
            end = saved.index(b"\n") + 1
            for damaged, message in (
                    (b"", "no saved conversation"), (b"hello" * 50, "no saved conversation"),
                    (saved[:end], "cut short"), (saved[:-1], "cut short"), (saved[:end // 2], "first line is damaged"),
                    (saved.replace(b'"thinking":false', b'"thinking":12345'), "first line is damaged"),
                    (saved.replace(b'"num_tokens":', b'"num_tokens":1'), "of another conversation"),
                    (saved[:-40] + bytes([saved[-40] ^ 1]) + saved[-39:], path)):
                with open(path, "wb") as file:
                    file.write(damaged)
                errors = self.errors([FRANCE, "/load " + path])
                self.assertEqual(len(errors), 1, errors)
                self.assertIn(message, errors[0])
            with open(path, "wb") as file:
                file.write(saved)
            self.assertEqual(len(self.errors(["/load " + path], "--kv", "int8")), 1)

    def test_a_full_context_forgets_its_oldest_turns(self):
        lines = [FRANCE, SUM] * 6
        full = chat([*lines, "/stats"], "--context", "100")
        self.assertIn("context", full.stderr)
        self.assertEqual(full.returncode, 0)
        slid = chat([*lines, "/stats"], "--context", "100", "--slide")
        self.assertIn("the context was full; its oldest", slid.stderr)
        replies = slid.stdout.splitlines()
        turns, tokens = self.tokens(replies)
        self.assertEqual(replies[:12], [PARIS, TWELVE] * 6)
        self.assertTrue(0 < turns < 6, turns)
        self.assertLessEqual(tokens, 100)
        # All turns that are left can be taken back, one by one, and it starts anew.
        empty = chat([*lines, *["/rewind"] * turns, "/stats", SUM], "--context", "100", "--slide")
        self.assertNotIn("/rewind", empty.stderr)
        self.assertEqual(self.tokens(empty.stdout.splitlines()), (0, 0))
        self.assertEqual(empty.stdout.splitlines()[-1], TWELVE)
        held = chat([*lines, f"/rewind {turns}", "/stats", "What do you sell?"], "--context", "100", "--slide", "--system", NORA)
        self.assertEqual(held.returncode, 0)

    def test_a_full_disk_ends_it(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("there is no /dev/full")
        with open("/dev/full", "w") as full:
            result = subprocess.run([GEMMA4, "chat"], input=SUM + "\n" + SUM + "\n", stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr.count("cannot write to standard output"), 1)

    def test_control_c_stops_the_reply_and_the_second_one_ends(self):
        # Nothing ends this reply but its 4,000 tokens.
        process = subprocess.Popen([GEMMA4, "chat", "--temperature", "1", "--logit-bias", "9=-inf", "--logit-bias", "1=-inf"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(b"Tell me a story about Mia and a cat.\n")
        process.stdin.flush()
        self.assertTrue(process.stdout.read(1))
        process.send_signal(signal.SIGINT)
        process.stdin.write(b"/stats\n")
        process.stdin.flush()
        while not (line := process.stdout.readline()).startswith(b"1 turn, "):
            self.assertTrue(line, "it ended")
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        self.assertIsNone(process.poll())  # the first since a line was read
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=20), 130)
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()


class TerminalTest(unittest.TestCase):
    def setUp(self):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "vt100"
            os.environ["HOME"] = "/nonexistent"
            os.execv(GEMMA4, [GEMMA4, "chat", "--temperature", "0"])
        self.shown = b""
        self.until(b"> ")

    def tearDown(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.terminal)

    def until(self, text):
        """Reads until `text` is shown; returns what came before, and forgets it."""
        end = time.monotonic() + 20
        while text not in self.shown:
            self.assertLess(time.monotonic(), end, self.shown)
            if select.select([self.terminal], [], [], 1)[0]:
                try:
                    self.shown += os.read(self.terminal, 4096)
                except OSError:
                    self.fail(self.shown)
        before, self.shown = self.shown.split(text, 1)
        return before

    def type(self, text):
        os.write(self.terminal, text)

    def ends(self, code):
        end = time.monotonic() + 20
        while True:
            self.assertLess(time.monotonic(), end, self.shown)
            if not select.select([self.terminal], [], [], 1)[0]:
                continue
            try:
                shown = os.read(self.terminal, 4096)
            except OSError:  # the other side is closed
                break
            if not shown:
                break
            self.shown += shown
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        self.assertEqual(os.waitstatus_to_exitcode(status), code)

    def test_a_conversation(self):
        self.type(b"/think on\r")
        self.until(b"(thinking is on)")
        self.until(b"> ")
        self.type(PRODUCT.encode() + b"\r")
        self.until(b"\x1b[2mThe user wants a result.")
        self.until(b"\x1b[0m")
        self.until(b"8 * 7 = 56")
        self.until(b"> ")
        self.type(b"/think off\r")
        self.until(b"(thinking is off)")
        self.until(b"> ")
        self.type(SUM.encode() + b"\r")
        self.until(TWELVE.encode())
        self.until(b"> ")
        self.type(b"\x04")
        self.ends(0)

    def test_control_c_forgets_the_line_and_the_second_one_ends(self):
        self.type(b"/quit")
        time.sleep(0.2)
        self.type(b"\x03")
        self.until(b"> ")
        self.type(SUM.encode() + b"\r")
        self.until(TWELVE.encode())
        self.until(b"> ")
        self.type(b"\x03")
        self.until(b"> ")
        self.type(b"\x03")
        self.ends(130)

    def test_lines_are_edited_and_remembered(self):
        if b"libedit" not in subprocess.run(["ldd", GEMMA4], capture_output=True).stdout:
            self.skipTest("this gemma4 has no libedit")
        self.type(b"hat is 7 + 9?\x01W\x05\x7f\x7f5?\r")  # to the begin, to the end, two back
        self.until(TWELVE.encode())
        self.until(b"> ")
        self.type(b"\x10\r")  # the line before
        self.until(TWELVE.encode())
        self.until(b"> ")
        self.type("/é\x7fx\r".encode())
        self.until(b"no command /x;")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
