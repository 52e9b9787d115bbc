using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Gemma4.Extensions.AI;
using Microsoft.Extensions.AI;

namespace Gemma4.Tests
{
    /// <summary>What Mono's compiler cannot compile.</summary>
    internal static class DotnetTest
    {
        internal static async Task<int> Main(string[] arguments)
        {
            if (arguments.Contains("cost")) return CostTest.RunAll();
            int status = BindingTest.RunAll();
            Check.Run("await foreach, with a token", () => AwaitForeach().GetAwaiter().GetResult());
            Check.Run("a chat client answers", () => ChatClient().GetAwaiter().GetResult());
            Check.Run("a chat client refuses what it cannot do", () => Refusals().GetAwaiter().GetResult());
            await Task.Yield();
            return Math.Max(status, Check.Finish());
        }

        private static async Task AwaitForeach()
        {
            using var model = Model.Load(DemoModel.Path);
            using var session = model.CreateSession(DemoModel.Greedy);
            string all = "";
            await foreach (string text in session.GenerateAsync(DemoModel.Question)) all += text;
            Check.Equal(DemoModel.Answer, all);

            session.Reset();
            using var source = new CancellationTokenSource();
            bool cancelled = false;
            try
            {
                await foreach (string text in
                    session.GenerateAsync(DemoModel.Question).WithCancellation(source.Token))
                {
                    source.Cancel();
                }
            }
            catch (OperationCanceledException)
            {
                cancelled = true;
            }
            Check.That(cancelled, "it was cancelled");
        }

        private static async Task ChatClient()
        {
            using IChatClient client = new Gemma4ChatClient(Model.Load(DemoModel.Path));
            var greedy = new ChatOptions { Temperature = 0 };
            ChatResponse response = await client.GetResponseAsync(DemoModel.Question, greedy);
            Check.Equal(DemoModel.Answer, response.Text);
            Check.Equal("stop", response.FinishReason.Value.ToString());
            Check.That(response.Usage.OutputTokenCount == 7, "seven tokens");

            // A history has the tokens of the conversation that it tells.
            var history = new List<ChatMessage>
            {
                new ChatMessage(ChatRole.System, "You are Nora, a fisher near the river."),
                new ChatMessage(ChatRole.User, DemoModel.Question),
                new ChatMessage(ChatRole.Assistant, DemoModel.Answer),
                new ChatMessage(ChatRole.User, "What do you sell?")
            };
            response = await client.GetResponseAsync(history, greedy);
            using Session session = client.GetService<Model>().CreateSession(DemoModel.Greedy);
            session.AddSystem(history[0].Text);
            session.AddUser(history[1].Text);
            session.AddModel(DemoModel.Answer);
            session.AddUser(history[3].Text);
            long numInput = session.Position;
            Check.Equal(string.Concat(session.Generate()), response.Text);
            Check.Equal(numInput, response.Usage.InputTokenCount.Value);

            var options = new ChatOptions { Temperature = 0, MaxOutputTokens = 2 };
            response = await client.GetResponseAsync(DemoModel.Question, options);
            Check.Equal("length", response.FinishReason.Value.ToString());
            options = new ChatOptions { Temperature = 0, StopSequences = new[] { "France is" } };
            response = await client.GetResponseAsync(DemoModel.Question, options);
            Check.Equal("The capital of ", response.Text);
            using var schema = System.Text.Json.JsonDocument.Parse("{\"enum\":[\"calm\",\"angry\"]}");
            options = new ChatOptions
            {
                Temperature = 0, ResponseFormat = ChatResponseFormat.ForJsonSchema(schema.RootElement)
            };
            response = await client.GetResponseAsync(DemoModel.Question, options);
            Check.That(response.Text == "\"calm\"" || response.Text == "\"angry\"", response.Text);
            Check.Equal("gemma4", client.GetService<ChatClientMetadata>().ProviderName);
        }

        private static async Task Refusals()
        {
            using IChatClient client = new Gemma4ChatClient(Model.Load(DemoModel.Path));
            async Task Refused(ChatOptions options, params ChatMessage[] messages)
            {
                try
                {
                    await client.GetResponseAsync(messages, options);
                }
                catch (NotSupportedException)
                {
                    return;
                }
                throw new Exception("not refused");
            }
            var hello = new ChatMessage(ChatRole.User, "Hello");
            await Refused(
                new ChatOptions { Tools = new AITool[] { new HostedWebSearchTool() } }, hello);
            await Refused(null, new ChatMessage(ChatRole.Tool, "x"));
            await Refused(
                null, new ChatMessage(ChatRole.User, new AIContent[] { new ErrorContent("broken") }));
#if !NETFRAMEWORK // a picture's address needs System.Net.Http, which not every Mono has
            await Refused(
                null, new ChatMessage(ChatRole.User, new AIContent[] { new UriContent("https://a.example/b.png", "image/png") }));
#endif
        }
    }
}
