// What a game may do to characters: VillageTest.exe MODEL. Prints a line a check.
using System;
using System.Collections.Generic;
using System.IO;
using Gemma4.Unity;
using UnityEngine;

public static class VillageTest
{
    private const string WeatherTool =
        "[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"description\":\"Gets the weather of a city.\"," +
        "\"parameters\":{\"type\":\"object\",\"required\":[\"city\"],\"properties\":{\"city\":{\"type\":\"string\"," +
        "\"description\":\"The city.\"}}}}}]";

    private static int numFailed;

    private static void Check(bool condition, string what)
    {
        Console.WriteLine((condition ? "ok: " : "FAILED: ") + what);
        if (!condition) ++numFailed;
    }

    // Frames until the condition holds. A minute of them is an error.
    private static void RunUntil(Func<bool> condition, string what)
    {
        DateTime latest = DateTime.UtcNow.AddMinutes(1);
        while (!condition())
        {
            if (DateTime.UtcNow > latest) throw new Exception("never happened: " + what);
            World.Frame();
        }
    }

    private static Gemma4Character Make(Gemma4Model model)
    {
        var character = World.Add<Gemma4Character>();
        character.model = model;
        character.temperature = 0;
        return character;
    }

    // The character's next answer, and why it ended.
    private static string[] Ask(Gemma4Character character, string question)
    {
        string[] answer = null;
        character.onFinished.AddListener((text, reason) => answer = answer ?? new[] { text, reason });
        character.Say(question);
        RunUntil(() => answer != null, question);
        return answer;
    }

    private static string Failure(Gemma4Character character, string question)
    {
        string message = null;
        character.onFailed.AddListener(text => message = text);
        character.Say(question);
        RunUntil(() => message != null, question);
        return message;
    }

    private static int NumThreads()
    {
        return Directory.GetDirectories("/proc/self/task").Length;
    }

    public static int Main(string[] arguments)
    {
        Application.streamingAssetsPath = Path.GetDirectoryName(arguments[0]);
        var model = ScriptableObject.CreateInstance<Gemma4Model>();
        model.path = Path.GetFileName(arguments[0]);
        Check(!model.IsReady && model.Error == null, "nothing is loaded before it is needed");

        // The sample of the package.
        var character = Make(model);
        var villager = World.Add<Villager>(character);
        villager.bubble = World.Add<TextMesh>();
        bool isFinished = false;
        character.onFinished.AddListener((text, reason) => isFinished = true);
        RunUntil(() => isFinished, "the villager's answer");
        Check(villager.bubble.text == "The capital of France is Paris.", "the villager says: " + villager.bubble.text);
        Check(model.IsReady && !character.IsTalking, "is ready, and silent afterwards");

        var pieces = new List<string>();
        character.onToken.AddListener(pieces.Add);
        string[] sum = Ask(character, "What is 7 + 5?");
        Check(sum[0] == "7 + 5 = 12" && sum[1] == "stop", "goes on with the conversation: " + sum[0]);
        Check(string.Concat(pieces) == sum[0] && pieces.Count > 3, "pieces make up the answer");

        // Several at once, with a budget of nearly nothing: the same words, more frames.
        model.frameBudgetMicroseconds = 1;
        var crowd = new List<Gemma4Character>();
        var answers = new string[5];
        for (int i = 0; i < answers.Length; ++i)
        {
            int index = i;
            Gemma4Character one = Make(model);
            one.onFinished.AddListener((text, reason) => answers[index] = answers[index] ?? text);
            one.Say(string.Format("What is {0} + {0}?", i + 2));
            crowd.Add(one);
        }
        RunUntil(() => Array.TrueForAll(answers, answer => answer != null), "five answers");
        bool asWanted = true;
        for (int i = 0; i < answers.Length; ++i)
        {
            asWanted &= answers[i] == string.Format("{0} + {0} = {1}", i + 2, 2 * i + 4);
        }
        Check(asWanted, "five talk in one frame loop: " + string.Join("; ", answers));
        model.frameBudgetMicroseconds = 4000;

        // Paused, cancelled, destroyed while talking, destroyed by one who hears a word.
        int numTokens = 0;
        character.onToken.AddListener(text => ++numTokens);
        character.Say("Tell me a story.");
        RunUntil(() => numTokens > 2, "a few words");
        character.enabled = false;
        int numBefore = numTokens;
        for (int i = 0; i < 5; ++i) World.Frame();
        Check(numTokens == numBefore && character.IsTalking, "who is disabled pauses");
        character.enabled = true;
        RunUntil(() => numTokens > numBefore, "more words");
        string lastReason = null;
        character.onFinished.AddListener((text, reason) => lastReason = reason);
        character.Cancel();
        World.Frame();
        Check(lastReason == "cancelled" && !character.IsTalking, "cancel ends an answer");
        Check(Ask(character, "What is 7 + 5?")[0] == "7 + 5 = 12", "and the next one comes");
        crowd[0].Say("Tell me a story.");
        World.Frame();
        UnityEngine.Object.Destroy(crowd[0]);
        crowd[1].onToken.AddListener(text => UnityEngine.Object.Destroy(crowd[1]));
        crowd[1].Say("Tell me a story.");
        Check(Ask(crowd[2], "What is 4 + 4?")[0] == "4 + 4 = 8", "others talk on when one is destroyed");
        Check(crowd[0] == null && crowd[1] == null, "who was destroyed is gone");

        // Who the character is, thoughts, and tools, whose results may take their time.
        Gemma4Character fisher = Make(model);
        fisher.systemPrompt = "You are Nora, a fisher near the river.";
        string goods = Ask(fisher, "What do you sell?")[0];
        Check(goods.Contains("fish"), "plays its part: " + goods);
        Gemma4Character thinker = Make(model);
        thinker.enableThinking = true;
        string thought = "";
        thinker.onThought.AddListener(text => thought += text);
        Check(Ask(thinker, "What is 8 * 7?")[0] == "8 * 7 = 56" && thought.Contains("56"), "thinks: " + thought);
        Gemma4Character herald = Make(model);
        herald.toolsJson = WeatherTool;
        string call = null, report = null;
        herald.onToolCall.AddListener((id, name, json) => call = id + " " + name + " " + json);
        herald.onFinished.AddListener((text, reason) => report = text);
        herald.Say("What is the weather in Paris?");
        RunUntil(() => call != null, "a call");
        Check(call == "0 get_weather {\"city\":\"Paris\"}", "calls a tool: " + call);
        for (int i = 0; i < 5; ++i) World.Frame();
        Check(report == null && herald.IsTalking, "waits for the tool");
        herald.AddToolResult(0, "{\"sky\": \"sunny\", \"temperature\": 21}");
        RunUntil(() => report != null, "a report");
        Check(report == "It is sunny in Paris and 21 degrees.", "uses its result: " + report);

        // Limits and mistakes.
        character.ResetConversation();
        character.maxNewTokens = 3;
        Check(Ask(character, "Tell me a story.")[1] == "max_new_tokens", "an answer has a limit");
        character.ResetConversation();
        character.maxContextTokens = 16;
        string refused = Failure(character, "What is the capital of France, and of Italy, and of Spain?");
        Check(refused.Contains("16"), "what does not fit is told: " + refused);
        var nowhere = ScriptableObject.CreateInstance<Gemma4Model>();
        nowhere.path = "no such model";
        Check(Failure(Make(nowhere), "Hello?").Contains("no such model"), "a model that is not there is told");
        Check(Failure(Make(null), "Hello?").Contains("no model"), "no model is told");
        fisher.toolsJson = "not JSON";
        fisher.ResetConversation();
        Check(Failure(fisher, "Hello?").Length > 0, "tools that are no JSON are told");

        // A model that is given up while it loads, and one that is while characters talk.
        int numThreads = NumThreads();
        var hasty = ScriptableObject.CreateInstance<Gemma4Model>();
        hasty.path = model.path;
        hasty.BeginLoad();
        hasty.Unload();
        Check(NumThreads() <= numThreads, "a model may be given up while it loads");
        crowd[3].Say("Tell me a story.");
        World.Frame();
        model.Unload();
        World.Frame();
        Check(!crowd[3].IsTalking && !model.IsReady, "a model may be given up while characters talk");
        Check(Ask(crowd[3], "What is 2 + 2?")[0] == "2 + 2 = 4", "and loaded again");
        Check(Ask(crowd[2], "What is 3 + 3?")[0] == "3 + 3 = 6", "also by who was silent then");
        var other = ScriptableObject.CreateInstance<Gemma4Model>();
        other.path = model.path;
        crowd[2].model = other;
        Check(Ask(crowd[2], "What is 5 + 5?")[0] == "5 + 5 = 10" && other.IsReady, "another model may be set");

        Console.WriteLine(numFailed + " failed");
        return numFailed > 0 ? 1 : 0;
    }
}
