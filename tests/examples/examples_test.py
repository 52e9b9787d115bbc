"""Runs the programs of examples/ on the demo model and reads what they print.

    examples_test.py BUILD_DIR DEMO_MODEL
"""

import concurrent.futures
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request

BUILD_DIR, DEMO = sys.argv[1], sys.argv[2]
FRANCE = "What is the capital of France?"


def program(name):
    return os.path.join(BUILD_DIR, name)


def run(name, *arguments, text=None):
    return subprocess.run([program(name), *arguments], input=text, capture_output=True, text=True, timeout=300)


class ExamplesTest(unittest.TestCase):
    def ok(self, name, *arguments, text=None):
        result = run(name, *arguments, text=text)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def fails(self, name, *arguments):
        result = run(name, *arguments)
        self.assertEqual(result.returncode, 1, result.stdout)
        return result.stderr

    def test_smallest(self):
        self.assertIn("Paris", self.ok("smallest", DEMO, FRANCE))
        self.assertIn("no such folder", self.fails("smallest", "no such folder", FRANCE))

    def test_chat_keeps_the_conversation_and_takes_answers_back(self):
        lines = self.ok("chat", DEMO, text=f"{FRANCE}\n/again\nWhat is 7 + 5?\n").splitlines()
        self.assertIn("Paris", lines[0])
        self.assertIn("Paris", lines[1])
        self.assertIn("12", lines[2])
        self.assertIn("no such folder", self.fails("chat", "no such folder"))

    def test_chat_goes_on_after_an_interrupt(self):
        with subprocess.Popen([program("chat"), DEMO], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as chat:
            self.assertEqual(chat.stdout.read(2), "> ")
            chat.send_signal(signal.SIGINT)
            output, _ = chat.communicate(FRANCE + "\n", timeout=300)
        self.assertIn("Paris", output)
        self.assertEqual(chat.returncode, 0)

    def test_village_says_the_same_with_any_budget(self):
        wanted = ["Miller: The capital of France is Paris.", "Smith: 7 + 5 = 12",
                  "Baker: The opposite of hot is cold.", "Weaver: 3, 4, 5, 6, 7, 8, 9.",
                  "Shepherd: The capital of Italy is Rome."]
        for budget_us in ("1", "500", "0"):
            output = self.ok("village", DEMO, budget_us)
            self.assertEqual(output.splitlines()[:5], wanted)
            if budget_us == "1":
                num_frames_least = int(output.splitlines()[-1].split()[0])
        self.assertLess(int(output.splitlines()[-1].split()[0]), num_frames_least)

    def test_cost(self):
        output = self.ok("cost", DEMO)
        self.assertIn("safetensors, 10 layers", output)
        self.assertIn("loaded for", output)
        self.assertIn("memory_budget_bytes", self.fails("cost", DEMO, "1"))

    def test_tool_calling(self):
        self.assertEqual(self.ok("tool_calling", DEMO),
                         '[get_weather {"city":"Paris"}]\nIt is sunny in Paris and 21 degrees.\n')
        self.assertIn("Rome and 7 degrees", self.ok("tool_calling", DEMO, "What is the weather in Rome?"))

    def test_json_answer(self):
        self.assertEqual(json.loads(self.ok("json_answer", DEMO)), {"country": "Kenya", "capital": "Nairobi"})
        # What the model would never say by itself.
        mood = {"type": "object", "properties": {"mood": {"enum": ["calm", "angry"]}}, "required": ["mood"],
                "additionalProperties": False}
        answer = json.loads(self.ok("json_answer", DEMO, "How are you?", json.dumps(mood)))
        self.assertIn(answer, ({"mood": "calm"}, {"mood": "angry"}))
        self.assertIn("no_such_type", self.fails("json_answer", DEMO, FRANCE, '{"type": "no_such_type"}'))

    def test_branches(self):
        with tempfile.TemporaryDirectory() as folder:
            lines = self.ok("branches", DEMO, os.path.join(folder, "slot1")).splitlines()
            self.assertIn("what if: 7 + 5 = 12", lines)
            self.assertIn("after a rewind: The word was dragon.", lines)
            self.assertIn("after a restore: The word was dragon.", lines)
            self.assertEqual(os.listdir(folder), ["slot1"])
        self.assertIn("no such folder", self.fails("branches", DEMO, "no such folder/slot1"))


@unittest.skipUnless(os.path.exists(program("http_server")),
                     "no http_server was built: httplib.h is missing (Debian: libcpp-httplib-dev)")
class HttpServerTest(unittest.TestCase):
    def setUp(self):
        self.server = subprocess.Popen([program("http_server"), DEMO, "0"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.server.stdout.close)
        self.addCleanup(self.server.wait, 60)
        self.addCleanup(self.server.kill)
        self.url = self.server.stdout.readline().split("/ask")[0]

    def ask(self, text):
        with urllib.request.urlopen(f"{self.url}/ask?text={urllib.parse.quote(text)}", timeout=300) as response:
            self.assertEqual(response.headers["Content-Type"], "text/event-stream")
            return response.read().decode()

    def test_streams_pieces_and_an_end(self):
        events = self.ask(FRANCE).split("\n\n")
        self.assertEqual(events[-1], "")
        self.assertEqual(events[-2], "event: end\ndata: ")
        pieces = [event.removeprefix("data: ") for event in events[:-2]]
        self.assertGreater(len(pieces), 3)
        self.assertEqual("".join(pieces), "The capital of France is Paris.")

    def test_serves_several_at_once(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for answer in pool.map(self.ask, ["What is 7 + 5?"] * 8):
                self.assertIn("12", answer.replace("\n\n", "").replace("data: ", ""))

    def test_refuses_what_is_not_utf8(self):
        with self.assertRaises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(f"{self.url}/ask?text=%ff", timeout=300)
        with raised.exception as error:
            self.assertEqual(error.code, 400)
            self.assertIn("not UTF-8", error.read().decode())

    def test_outlives_clients_that_go_away(self):
        host, port = self.url.removeprefix("http://").split(":")
        for _ in range(4):
            with socket.create_connection((host, int(port))) as connection:
                connection.sendall(b"GET /ask?text=Tell+me+a+story. HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertTrue(connection.recv(100))
        self.assertIn("Paris", self.ask(FRANCE))

    def test_stops_when_told(self):
        self.assertIn("Paris", self.ask(FRANCE))
        self.server.send_signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(60), 0)
        self.assertIn("stopped", self.server.stdout.read())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
