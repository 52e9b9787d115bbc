using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.AI;

namespace Gemma4.Extensions.AI
{
    /// <summary>
    /// A model as an <see cref="IChatClient"/>. Each call has a session of its own, so that any number of
    /// threads may call; messages are text, of the roles system (first), user and assistant.
    /// </summary>
    /// <remarks>
    /// Of the options, Temperature, TopP, TopK, Seed, FrequencyPenalty, PresencePenalty,
    /// StopSequences, MaxOutputTokens and ResponseFormat are used; a tool is a
    /// <see cref="NotSupportedException"/>.
    /// </remarks>
    public sealed class Gemma4ChatClient : IChatClient
    {
        private readonly Model _model;
        private readonly ChatClientMetadata _metadata;

        /// <summary>A client of a model, which it disposes with itself.</summary>
        public Gemma4ChatClient(Model model)
        {
            _model = model ?? throw new ArgumentNullException(nameof(model));
            _metadata = new ChatClientMetadata("gemma4", null, "gemma-4-" + model.Variant);
        }

        /// <inheritdoc/>
        public async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions options = null,
            CancellationToken cancellationToken = default)
        {
            var updates = new List<ChatResponseUpdate>();
            await foreach (ChatResponseUpdate update in
                GetStreamingResponseAsync(messages, options, cancellationToken).ConfigureAwait(false))
            {
                updates.Add(update);
            }
            return updates.ToChatResponse();
        }

        /// <inheritdoc/>
        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions options = null,
            [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            if (messages == null) throw new ArgumentNullException(nameof(messages));
            Refuse(options);
            using (Session session = _model.CreateSession(SessionOptionsOf(options)))
            {
                foreach (ChatMessage message in messages) Add(session, message);
                string id = Guid.NewGuid().ToString("N");
                long numInput = session.Position;
                long numOutput = 0;
                await foreach (Event one in session.EventsAsync(cancellationToken).ConfigureAwait(false))
                {
                    if (one.Kind == EventKind.Text && one.TokenId >= 0) numOutput++;
                    bool isEnd = one.Kind == EventKind.End;
                    if (one.Text.Length == 0 && !isEnd) continue;
                    var update = new ChatResponseUpdate(ChatRole.Assistant, one.Text)
                    {
                        ResponseId = id, MessageId = id, ModelId = _metadata.DefaultModelId,
                        CreatedAt = DateTimeOffset.UtcNow
                    };
                    if (isEnd)
                    {
                        update.FinishReason = one.EndReason == EndReason.StopToken || one.EndReason == EndReason.StopString ||
                            one.EndReason == EndReason.Complete
                            ? ChatFinishReason.Stop : ChatFinishReason.Length;
                        update.Contents.Add(new UsageContent(new UsageDetails
                        {
                            InputTokenCount = numInput, OutputTokenCount = numOutput,
                            TotalTokenCount = numInput + numOutput
                        }));
                    }
                    yield return update;
                }
            }
        }

        /// <inheritdoc/>
        public object GetService(Type serviceType, object serviceKey = null)
        {
            if (serviceType == null) throw new ArgumentNullException(nameof(serviceType));
            if (serviceKey != null) return null;
            if (serviceType == typeof(ChatClientMetadata)) return _metadata;
            if (serviceType == typeof(Model)) return _model;
            return serviceType.IsInstanceOfType(this) ? this : null;
        }

        /// <summary>Disposes the model.</summary>
        public void Dispose()
        {
            _model.Dispose();
        }

        private static void Refuse(ChatOptions options)
        {
            if (options == null) return;
            if (options.Tools != null && options.Tools.Count > 0)
                throw new NotSupportedException("tools are not supported; found " + options.Tools.Count);
        }

        private static SessionOptions SessionOptionsOf(ChatOptions options)
        {
            var session = new SessionOptions();
            if (options == null) return session;
            session.Sampler = new SamplerOptions
            {
                Seed = (ulong)(options.Seed ?? 0),
                Temperature = options.Temperature ?? -1,
                TopP = options.TopP ?? -1,
                TopK = options.TopK ?? -1,
                FrequencyPenalty = options.FrequencyPenalty ?? 0,
                PresencePenalty = options.PresencePenalty ?? 0,
                JsonSchema = options.ResponseFormat is ChatResponseFormatJson json
                    ? (json.Schema.HasValue ? json.Schema.Value.GetRawText() : "{\"type\":\"object\"}")
                    : null
            };
            if (options.StopSequences != null) session.StopStrings = options.StopSequences.ToList();
            session.MaxNewTokens = options.MaxOutputTokens ?? 0;
            return session;
        }

        private static void Add(Session session, ChatMessage message)
        {
            AIContent other = message.Contents.FirstOrDefault(c => !(c is TextContent));
            if (other != null)
                throw new NotSupportedException("the only content is text; found " + other.GetType().Name);
            if (message.Role == ChatRole.System) session.AddSystem(message.Text);
            else if (message.Role == ChatRole.User) session.AddUser(message.Text);
            else if (message.Role == ChatRole.Assistant) session.AddModel(message.Text);
            else throw new NotSupportedException("no such role: " + message.Role);
        }
    }
}
