using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;

namespace Gemma4.Tests
{
    /// <summary>The demo model of the repository, and what a program in C made of it.</summary>
    internal static class DemoModel
    {
        internal static readonly string Path = Environment.GetEnvironmentVariable("GEMMA4_DEMO_MODEL");
        internal const string Question = "What is the capital of France?";
        internal const string Answer = "The capital of France is Paris.";

        internal static SessionOptions Greedy
        {
            get { return new SessionOptions { Sampler = SamplerOptions.Greedy }; }
        }

        internal static Dictionary<string, byte[]> Files()
        {
            return Directory.GetFiles(Path)
                .Where(f => f.EndsWith(".json") || f.EndsWith(".safetensors"))
                .ToDictionary(f => System.IO.Path.GetFileName(f), f => File.ReadAllBytes(f));
        }

        /// <summary>Question to token ids, as tests/reply_tokens.c wrote them.</summary>
        internal static Dictionary<string, int[]> RepliesOfC()
        {
            return File.ReadAllLines(Environment.GetEnvironmentVariable("GEMMA4_REPLY_TOKENS"))
                .Select(line => line.Split('\t'))
                .ToDictionary(p => p[0], p => p[1].Split(' ').Select(int.Parse).ToArray());
        }

        /// <summary>
        /// The same weights with other names for four tokens, so that the answer to the question has the
        /// four bytes of U+1F600 as its tokens 1 to 4.
        /// </summary>
        internal static Dictionary<string, byte[]> FilesThatAnswerWithAnEmoji(Model plain, int[] answer)
        {
            var files = Files();
            string json = Encoding.UTF8.GetString(files["tokenizer.json"]);
            string[] bytes = { "<0xF0>", "<0x9F>", "<0x98>", "<0x80>" };
            for (int i = 0; i < bytes.Length; i++)
            {
                int id = answer[1 + i];
                string piece = plain.Detokenize(id).Replace(' ', '\u2581');
                Match entry = Regex.Match(json, "\"" + bytes[i] + "\": (\\d+),");
                Check.That(entry.Success, "the vocabulary has " + bytes[i]);
                json = json.Replace(entry.Value, "\"" + piece + "\": " + entry.Groups[1].Value + ",");
                // The piece's own entry is the one with its id.
                json = json.Replace("\"" + piece + "\": " + id + ",", "\"" + bytes[i] + "\": " + id + ",");
            }
            files["tokenizer.json"] = Encoding.UTF8.GetBytes(json);
            return files;
        }
    }
}
