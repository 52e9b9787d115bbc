"""The gemma4 command, used as people use it: on the demo model inside it, and with mistakes.

    command_test.py GEMMA4 SOURCE_DIR
"""

import json
import math
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import unittest

GEMMA4, SOURCE_DIR = sys.argv[1], sys.argv[2]
DEMO = os.path.join(SOURCE_DIR, "tools", "demo_model")
GOLDEN = os.path.join(SOURCE_DIR, "tests", "golden")
SHARED = os.environ.get("GEMMA4_SHARED_DIR") or os.path.join(SOURCE_DIR, "..", "shared")  # may be absent


def run(*arguments, text=None, cwd=None):
    return subprocess.run([GEMMA4, *arguments], input=text, capture_output=True, text=True, cwd=cwd, timeout=300)


class CommandTest(unittest.TestCase):
    def ok(self, *arguments, text=None, cwd=None):
        result = run(*arguments, text=text, cwd=cwd)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def fails(self, code, message, *arguments, text=None):
        result = run(*arguments, text=text)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertIn(message, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)

    def test_version_and_help(self):
        self.assertIn("0.1", self.ok("--version"))
        for command in ("run", "chat", "logits", "tokenize", "render", "inspect", "pack", "bench", "perplexity"):
            self.assertIn(command, self.ok("--help"))
            self.assertIn("--", self.ok(command, "--help"))

    def test_run_answers(self):
        answer = self.ok("run", "-p", "What is 7 + 5?", "--temperature", "0")
        self.assertIn("12", answer)
        self.assertEqual(self.ok("run", "--temperature", "0", text="What is 7 + 5?"), answer)
        self.assertEqual(self.ok("run", DEMO, "-p", "What is 7 + 5?", "--temperature", "0"), answer)
        one, two = (self.ok("run", "-p", "Hello", "--seed", "7", "--temperature", "1") for _ in range(2))
        self.assertEqual(one, two)
        result = run("run", "-p", "Hello", "--stats", "-n", "3")
        self.assertIn("tokens/s", result.stderr)

    def test_stats_tell_what_was_read_from_storage(self):
        with tempfile.TemporaryDirectory() as folder:
            packed = os.path.join(folder, "demo.g4")
            self.ok("pack", DEMO, "--out", packed)
            ask = ("run", packed, "-p", "Hello", "-n", "3", "--stats")
            run(*ask)  # so that what is read below is the model, and not the program
            with open(packed, "rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            if subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True).stdout.strip() == "tmpfs":
                self.skipTest("files of a tmpfs are always in memory")
            self.assertRegex(run(*ask).stderr, r"; [0-9.]+ MB read from storage in [0-9]+ page faults since the start")

    def test_run_chooses_tokens_as_told(self):
        ask = ("run", "-p", "What is 7 + 5?", "--temperature", "0")
        answer = self.ok(*ask)
        first = json.loads(self.ok("tokenize", "--json", text=answer.strip()))[0]
        self.assertEqual(self.ok(*ask, "--logit-bias", f"{first}=0", "--min-p", "0.5"), answer)
        other = self.ok(*ask, "-n", "1", "--logit-bias", f"{first}=-inf", "--logit-bias", "300=-1.5")
        self.assertNotEqual(other.strip()[:1], answer[:1])
        self.assertEqual(self.ok(*ask, "-n", "3", "--logit-bias", "374=1000"),
                         3 * json.loads(self.ok("tokenize", "--decode", "--json", text="[374]")) + "\n")
        once = self.ok(*ask, "-n", "2", "--logit-bias", "374=1000", "--presence-penalty", "2000")
        self.assertNotEqual(once, self.ok(*ask, "-n", "2", "--logit-bias", "374=1000"))
        again = self.ok(*ask, "-n", "2", "--logit-bias", "374=1000", "--frequency-penalty", "2000")
        self.assertEqual(again, once)
        self.assertNotEqual(self.ok(*ask, "--repetition-penalty", "50"), answer)
        self.assertEqual(self.ok(*ask, "--repetition-penalty", "1", "--penalty-window", "4"), answer)
        for mistake in ("5", "5=", "x=1", "5=1x", "=1", "5,6=1"):
            self.fails(1, "it must be a token id, '=' and a number" if mistake != "x=1" else "is not a token id",
                       *ask, "--logit-bias", mistake)
        self.fails(1, "outside the vocabulary", *ask, "--logit-bias", "99999=1")
        self.fails(1, "min_p is 2", *ask, "--min-p", "2")
        self.fails(1, "repetition_penalty is -1", *ask, "--repetition-penalty", "-1")
        self.fails(2, "--penalty-window", *ask, "--penalty-window", "-1")

    def test_run_mistakes(self):
        self.fails(1, "the prompt is empty", "run", "-p", "")
        self.fails(1, "nope: no such file or folder", "run", "nope", "-p", "x")
        self.fails(1, "UTF-8", "run", "-p", b"a\xff")
        self.fails(2, "--threads", "run", "-p", "x", "--threads", "0")
        self.fails(2, "--frob", "run", "-p", "x", "--frob")
        self.fails(2, "int3", "run", "-p", "x", "--weights", "int3")
        self.fails(2, "subcommand", "frobnicate")

    def test_run_ends_as_told(self):
        ask = ("run", "-p", "What is the capital of France?", "--temperature", "0")
        self.assertEqual(self.ok(*ask), "The capital of France is Paris.\n")
        self.assertEqual(self.ok(*ask, "--stop", "met with", "--stop", "France is"), "The capital of \n")
        self.assertEqual(self.ok(*ask, "-n", "1"), "The\n")
        self.fails(1, "stop", *ask, "--stop", "")
        full = run(*ask, "--context", "20")
        self.assertEqual(full.returncode, 0, full.stderr)
        self.assertEqual(full.stderr, "gemma4: the context is full (--context makes it longer)\n")
        self.assertTrue("The capital of France is Paris.".startswith(full.stdout.strip()), full.stdout)
        slid = run("run", "--raw", "-p", "The fox", "--temperature", "0", "--logit-bias", "1=-inf",
                   "--logit-bias", "9=-inf", "--context", "32", "-n", "60", "--slide")
        self.assertEqual(slid.returncode, 0, slid.stderr)
        self.assertIn("gemma4: the context was full; its oldest", slid.stderr)

    def test_run_thinks(self):
        ask = ("run", "-p", "What is 8 * 7?", "--temperature", "0")
        thought = run(*ask, "--think", "--stats")
        self.assertEqual(thought.stdout, "8 * 7 = 56\n")
        self.assertTrue(thought.stderr.startswith("The user wants a result. I compute it: 8 * 7 = 56.\n"), thought.stderr)
        self.assertIn("of them thoughts", thought.stderr)
        self.assertNotIn("\033", thought.stderr)
        brief = run(*ask, "--think", "--think-budget", "5")
        self.assertEqual(brief.returncode, 0, brief.stderr)
        self.assertTrue("The user wants a result.".startswith(brief.stderr.strip()), brief.stderr)
        self.assertNotEqual(brief.stdout, "")
        self.assertNotIn("The user wants", run(*ask).stderr)
        self.fails(2, "--raw", *ask, "--raw", "--think")
        self.fails(2, "--think-budget", *ask, "--think-budget", "0")

    def test_run_follows_a_schema_and_a_grammar(self):
        with tempfile.TemporaryDirectory() as folder:
            schema, grammar, broken = (os.path.join(folder, name) for name in ("s.json", "g.gbnf", "b"))
            with open(schema, "w") as file:
                json.dump({"type": "object", "properties": {"city": {"enum": ["Paris", "Rome"]}, "big": {"type": "boolean"}},
                           "required": ["city", "big"], "additionalProperties": False}, file)
            with open(grammar, "w") as file:
                file.write('root ::= "no" | "yes"\n')
            with open(broken, "w") as file:
                file.write('{"type": 5')
            ask = ("run", "-p", "What is the capital of France?", "--temperature", "0")
            reply = json.loads(self.ok(*ask, "--json-schema", schema))
            self.assertIn(reply["city"], ("Paris", "Rome"))
            self.assertIsInstance(reply["big"], bool)
            self.assertIn(self.ok(*ask, "--grammar", grammar), ("no\n", "yes\n"))
            self.fails(1, "", *ask, "--json-schema", broken)
            self.fails(1, "", *ask, "--grammar", broken)
            self.fails(1, "cannot read", *ask, "--json-schema", os.path.join(folder, "nope"))
            self.fails(2, "--grammar", *ask, "--json-schema", schema, "--grammar", grammar)
            with open(broken, "wb") as file:
                file.write(b"root ::= \0")
            self.fails(1, "it is no text", *ask, "--grammar", broken)

    def test_run_prints_tool_calls(self):
        tool = {"type": "function", "function": {
            "name": "get_weather", "description": "Gets the weather of a city.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string", "description": "The city."}},
                           "required": ["city"]}}}
        with tempfile.TemporaryDirectory() as folder:
            tools = os.path.join(folder, "tools.json")
            with open(tools, "w") as file:
                json.dump([tool], file)
            ask = ("run", "-p", "What is the weather in Paris?", "--temperature", "0", "--tools", tools)
            self.assertEqual(self.ok(*ask), '{"tool_call":{"name":"get_weather","arguments":{"city":"Paris"}}}\n')
            # With tools the demo model calls one, however little it fits, and not always well.
            malformed = run("run", "-p", "What is 7 + 5?", "--temperature", "0", "--tools", tools)
            self.assertTrue(malformed.stdout.startswith("<|tool_call>call:"), malformed.stdout)
            self.assertEqual(malformed.stderr, "gemma4: the model wrote a tool call that cannot be read\n")
            with open(tools, "w") as file:
                json.dump(tool, file)
            self.fails(1, "must be a list", *ask)
            self.fails(2, "--raw", *ask, "--raw")

    def test_run_says_what_it_cannot_do_yet(self):
        self.fails(1, "no images yet", "run", "-p", "x", "--image", "a.png")
        self.fails(1, "no sound yet", "run", "-p", "x", "--audio", "a.wav")

    def test_a_reader_that_leaves_and_a_full_disk(self):
        command = [GEMMA4, "run", "-p", "What is 7 + 5?", "--temperature", "0"]
        with open("/dev/full", "w") as full:
            if os.stat("/dev/full").st_rdev:
                result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
                self.assertEqual(result.returncode, 1)
                self.assertIn("cannot write", result.stderr)

    def test_control_c_ends_it(self):
        process = subprocess.Popen([GEMMA4, "run"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.flush()
        try:  # it reads standard input after it has loaded
            process.wait(timeout=1)
            self.fail("it did not wait for a prompt")
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=20), 130)
        process.stdin.close()
        process.stdout.close()

    def test_tokenize(self):
        ids = json.loads(self.ok("tokenize", "--json", text="hello  you"))
        self.assertEqual(json.loads(self.ok("tokenize", "--decode", "--json", text=json.dumps(ids))), "hello  you")
        special = self.ok("tokenize", "--jsonl", "--parse-special", text='{"text": "<bos>a"}\n{"text": ""}\n')
        self.assertEqual([json.loads(line) for line in special.splitlines()][0][0], 2)
        self.assertEqual(json.loads(special.splitlines()[1]), [])

    def test_render(self):
        ask = {"messages": [{"role": "user", "content": " Hi <turn|>"}], "add_generation_prompt": True}
        small = "<bos><|turn>user\nHi <turn|><turn|>\n<|turn>model\n"
        large = small + "<|channel>thought\n<channel|>"
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "ask.json")
            with open(path, "w") as file:
                json.dump(ask, file)
            self.assertEqual(self.ok("render", "--messages", path), small)
            self.assertEqual(self.ok("render", "--messages", path, "--template", "large"), large)
            big = os.path.join(GOLDEN, "text", "12b")  # without a tokenizer: not needed for text
            self.assertEqual(self.ok("render", big, "--messages", path), large)
            self.assertEqual(self.ok("render", big, "--messages", path, "--template", "small"), small)
            ids = self.ok("render", "--messages", path, "--ids").split()
            self.assertEqual(ids[0], "2")
            self.assertEqual(ids.count("9"), 1)  # <turn|>, written by the template
            self.assertEqual(self.ok("tokenize", "--decode", text=" ".join(ids)), small)
            self.fails(1, "cannot read", "render", "--messages", os.path.join(folder, "nope"))
            self.fails(1, "nope", "render", os.path.join(folder, "nope"), "--messages", path)
            self.fails(1, "no tokenizer", "render", big, "--messages", path, "--ids")
            with open(path, "w") as file:
                file.write('{"messages": [{"role": 5}]}')
            self.fails(1, "messages[0].role is a number", "render", "--messages", path)
        self.assertEqual(self.ok("render", "--messages", "-", text=json.dumps(ask)), small)
        lines = [json.dumps(ask), json.dumps({**ask, "template": "large"}), "", "{}"]
        out = self.ok("render", "--jsonl", text="\n".join(lines) + "\n").splitlines()
        self.assertEqual([json.loads(line) for line in out[:2]], [small, large])
        self.assertIn("not valid JSON", json.loads(out[2])["error"])
        self.assertIn("messages is absent", json.loads(out[3])["error"])
        self.assertEqual(len(out), 4)
        out = self.ok("render", "--jsonl", "--ids", text=lines[0] + "\n")
        self.assertEqual(json.loads(out), [int(token) for token in ids])
        self.fails(2, "--messages", "render")
        self.fails(2, "medium", "render", "--messages", "-", "--template", "medium")

    def test_render_golden(self):
        for folder in (GOLDEN, os.path.join(SHARED, "golden")):
            for name in ("cases.jsonl", "errors.jsonl"):
                path = os.path.join(folder, "chat", name)
                if folder != GOLDEN and not os.path.exists(path):
                    continue
                with open(path, "rb") as file:
                    lines = file.read().split(b"\n")[:-1]
                result = subprocess.run([GEMMA4, "render", "--jsonl"], input=b"\n".join(lines) + b"\n",
                                        capture_output=True, timeout=300)
                self.assertEqual(result.returncode, 0, result.stderr)
                out = result.stdout.split(b"\n")[:-1]
                self.assertEqual(len(out), len(lines))
                self.assertGreater(len(out), 50)
                for line, shown in zip(lines, out):
                    case, shown = json.loads(line), json.loads(shown)
                    expected = case.get("expected", case.get("lenient_expected"))
                    if expected is None:
                        self.assertEqual(list(shown), ["error"], case["name"])
                    else:
                        self.assertEqual(shown, expected, case["name"])

    def test_inspect(self):
        report = json.loads(self.ok("inspect", "--json", DEMO))
        self.assertEqual(report["num_layers"], 10)
        self.assertGreater(report["memory"]["resident_bytes"], 1e6)
        gguf = json.loads(self.ok("inspect", "--json", os.path.join(GOLDEN, "gguf", "demo-Q4_0.gguf")))
        self.assertEqual(gguf["format"], "gguf")
        self.assertEqual(gguf["hidden_size"], report["hidden_size"])
        self.fails(1, "no such file", "inspect", "nope")

    def test_inspect_names_what_is_no_gemma_4(self):
        drafter = "a Gemma 4 drafter (assistant), which only drafts tokens for the model it was made for"
        gemma_3 = "a Gemma 3 model, another architecture than Gemma 4"
        gemma_3n = "a Gemma 3n model, another architecture than Gemma 4"
        with tempfile.TemporaryDirectory() as folder:
            for kind, what in (("gemma4_assistant", drafter), ("gemma4_unified_assistant", drafter),
                               ("gemma3", gemma_3), ("gemma3n", gemma_3n)):
                with open(os.path.join(folder, "config.json"), "w") as file:
                    json.dump({"model_type": kind, "text_config": {"model_type": "gemma4_text"}}, file)
                self.fails(1, what, "inspect", folder)
            os.unlink(os.path.join(folder, "config.json"))
            open(os.path.join(folder, "adapter_model.safetensors"), "wb").close()
            for path in (folder, os.path.join(folder, "adapter_model.safetensors")):
                self.fails(1, "is an adapter (LoRA), not a whole model", "inspect", path)
            gguf = os.path.join(folder, "model.gguf")
            for architecture, what in (("gemma4-assistant", drafter), ("gemma3", gemma_3), ("gemma3n", gemma_3n)):
                key, value = b"general.architecture", architecture.encode()
                with open(gguf, "wb") as file:
                    file.write(b"GGUF" + struct.pack("<IQQ", 3, 0, 1))
                    file.write(struct.pack("<Q", len(key)) + key + struct.pack("<IQ", 8, len(value)) + value)
                self.fails(1, what, "inspect", gguf)

    def test_inspect_names_the_member(self):
        members = {"e2b": "E2B", "e4b": "E4B", "12b": "12B", "26b-a4b": "26B-A4B", "31b": "31B"}
        for member, name in members.items():
            source = os.path.join(GOLDEN, "family", member)
            with open(os.path.join(source, "tensors.json")) as file:
                rows = json.load(file)
            header, end = {}, 0
            for pattern, shape, runs in rows:
                layers = [str(l) for first, last in runs for l in range(first, last + 1)]
                for tensor in [pattern.replace("#", layer) for layer in layers] or [pattern]:
                    begin, end = end, end + 2 * math.prod(shape)
                    header[tensor] = {"dtype": "BF16", "shape": shape, "data_offsets": [begin, end]}
            with tempfile.TemporaryDirectory() as folder:
                shutil.copy(os.path.join(source, "config.json"), folder)
                text = json.dumps(header).encode()
                try:
                    with open(os.path.join(folder, "model.safetensors"), "wb") as file:
                        file.write(struct.pack("<Q", len(text)) + text)
                        file.truncate(8 + len(text) + end)  # holes for weights
                except OSError as error:
                    self.skipTest(f"{folder} takes no file of {end} bytes: {error}")
                self.assertTrue(self.ok("inspect", folder).startswith(f"Gemma 4 {name}, safetensors\n"))
                report = json.loads(self.ok("inspect", "--json", folder, "--context", "131072"))
                self.assertEqual(report["variant"], name)
                self.assertEqual(report["memory"]["context"], 131072)
                self.assertGreater(report["memory"]["kv_bytes"], 131072 * 2 * 2 * 512 * 2)

    def test_logits(self):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "l.safetensors")
            self.ok("logits", "--ids", "2,5,9", "--out", out, "--greedy", "4")
            with open(out, "rb") as file:
                header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
            self.assertEqual(header["logits"]["shape"], [3, 2048])
            self.assertEqual(header["greedy_ids"]["shape"], [4])
            self.fails(1, "nowhere", "logits", "--ids", "2,5", "--out", os.path.join(folder, "nowhere", "l"))
        self.fails(1, "99999", "logits", "--ids", "2,99999", "--out", "/dev/null")

    def test_pack(self):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "demo.g4")
            self.ok("pack", DEMO, "-o", out)
            self.assertEqual(json.loads(self.ok("inspect", "--json", out))["format"], "packed")
            ask = ("-p", "What is 7 + 5?", "--temperature", "0")
            self.assertEqual(self.ok("run", out, *ask), self.ok("run", *ask))
            self.ok("inspect", "--verify", out)
            with open(out, "rb") as file:
                damaged = bytearray(file.read())
            damaged[len(damaged) // 2] ^= 1
            with open(out + ".damaged", "wb") as file:
                file.write(damaged)
            self.fails(1, "damaged", "inspect", "--verify", out + ".damaged")
            os.unlink(out + ".damaged")
            self.fails(1, "is not a packed file", "inspect", "--verify",
                       os.path.join(GOLDEN, "gguf", "demo-Q4_0.gguf"))
            self.fails(1, "exists already", "pack", DEMO, "-o", out)
            self.ok("pack", DEMO, "-o", out, "--force")
            self.fails(1, "packed already", "pack", out, "-o", os.path.join(folder, "again.g4"))
            self.assertEqual(os.listdir(folder), ["demo.g4"])
            cache = os.path.join(folder, "cache")
            os.mkdir(cache)
            first = self.ok("run", DEMO, *ask, "--cache", cache)
            self.assertEqual(self.ok("run", DEMO, *ask, "--cache", cache), first)
            self.assertEqual(len(os.listdir(cache)), 1)

    def test_bench(self):
        options = ("--prompt", "40", "--generate", "4", "--repeat", "2", "--json")
        reports = [json.loads(self.ok("bench", *options, "--threads", threads)) for threads in ("1", "2", "2")]
        self.assertEqual(len({report["logits_hash"] for report in reports}), 1)
        report = reports[0]
        for part in ("prefill", "decode"):
            speed = report[part]["tokens_per_second"]
            self.assertTrue(0 < speed["min"] <= speed["median"] <= speed["max"], speed)
        for key in ("first_token_ms", "load_ms", "peak_resident_bytes", "bytes_per_token",
                    "read_bandwidth_bytes_per_second"):
            self.assertGreater(report[key], 0, key)
        deep = json.loads(self.ok("bench", *options, "--depth", "100"))
        self.assertEqual(deep["decode"]["depth"], 100)
        self.ok("bench", "--prompt", "0", "--generate", "2", "--repeat", "1")
        self.ok("bench", "--prompt", "9", "--generate", "0", "--repeat", "1")
        self.fails(1, "nothing to measure", "bench", "--prompt", "0", "--generate", "0")

    def test_perplexity(self):
        with tempfile.TemporaryDirectory() as folder:
            ids = os.path.join(folder, "ids.jsonl")
            with open(ids, "w") as file:
                file.write('{"ids": [2, 8, 374, 24, 481, 349, 694]}\n')
            report = json.loads(self.ok("perplexity", "--ids-file", ids, "--against", DEMO, "--json"))
            self.assertLess(report["noise"], 0.1)
            self.fails(1, "cannot read", "perplexity", "--ids-file", os.path.join(folder, "nope"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
