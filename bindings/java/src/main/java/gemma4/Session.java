package gemma4;

import gemma4.flat.Callbacks;
import gemma4.flat.Flat;
import gemma4.flat.NativeText;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One conversation with a model. One thread at a time may use it; a second one gets {@link
 * ErrorCode#BUSY}. Which one may change. {@link #cancel}, {@link #position} and {@link #close} may
 * be called by any thread; a close while a call runs takes effect when that has returned.
 *
 * <p>An interrupt of the thread that prefills or generates ends the call with {@link
 * ErrorCode#CANCELLED}; the thread stays interrupted, and the session goes on where it was.
 */
public final class Session implements AutoCloseable {
  private final NativeHandle handle;
  private final Object keptAlive;
  private volatile Cancellation current = new Cancellation();

  Session(long address, Object keptAlive) {
    this.keptAlive = keptAlive;
    handle =
        new NativeHandle(
            this,
            "session",
            address,
            () -> {
              Flat.gemma4_session_free(address);
              Reference.reachabilityFence(keptAlive);
            });
  }

  /** Appends a user's turn and the opening of the model's answer. Runs nothing. */
  public void addUser(String text) {
    byte[] bytes = NativeText.bytes(text);
    try (NativeHandle.Use session = handle.use()) {
      Flat.gemma4_session_add_user_text(session.address, bytes, bytes.length);
    }
  }

  /** Appends the system turn. Only at the start of a session. */
  public void addSystem(String text) {
    byte[] bytes = NativeText.bytes(text);
    try (NativeHandle.Use session = handle.use()) {
      Flat.gemma4_session_add_system_text(session.address, bytes, bytes.length);
    }
  }

  /** Appends an answer of the model that is known already, to tell a history. After a user's turn. */
  public void addModel(String text) {
    byte[] bytes = NativeText.bytes(text);
    try (NativeHandle.Use session = handle.use()) {
      Flat.gemma4_session_add_model_text(session.address, bytes, bytes.length);
    }
  }

  /**
   * Tells the model which tools it may call, in JSON as chat APIs take it. Before the first turn.
   * Calls come as {@link Event.Kind#TOOL_CALL}.
   */
  public void setToolsJson(String toolsJson) {
    byte[] bytes = NativeText.bytes(toolsJson);
    try (NativeHandle.Use session = handle.use()) {
      Flat.gemma4_session_set_tools_json(session.address, bytes, bytes.length);
    }
  }

  /** Lets the model think before it answers, or not, the default. Before the first turn. */
  public void setThinking(boolean thinking) {
    try (NativeHandle.Use session = handle.use()) {
      Flat.gemma4_session_set_thinking(session.address, thinking ? 1 : 0);
    }
  }

  /** Appends what a tool gave back, as text. Once for each call, after END; then generate again. */
  public void addToolResult(int toolCallId, String result) {
    byte[] bytes = NativeText.bytes(result);
    try (NativeHandle.Use session = handle.use()) {
      Flat.gemma4_session_add_tool_result(session.address, toolCallId, bytes, bytes.length);
    }
  }

  /** As {@link #addToolResult}, as a JSON value: the form that the model knows best. */
  public void addToolResultJson(int toolCallId, String resultJson) {
    byte[] bytes = NativeText.bytes(resultJson);
    try (NativeHandle.Use session = handle.use()) {
      Flat.gemma4_session_add_tool_result_json(session.address, toolCallId, bytes, bytes.length);
    }
  }

  /**
   * Makes the session hold a whole conversation, in JSON as chat APIs give it each time. What it
   * begins with already is not run again.
   */
  public void setMessagesJson(String requestJson) {
    byte[] bytes = NativeText.bytes(requestJson);
    try (NativeHandle.Use session = handle.use()) {
      Flat.gemma4_session_set_messages_json(session.address, bytes, bytes.length);
    }
  }

  /** Makes the session hold these ids and no others; what it begins with already runs not again. */
  public void setIds(int... tokenIds) {
    try (NativeHandle.Use session = handle.use()) {
      Flat.gemma4_session_set_ids(session.address, tokenIds, tokenIds.length);
    }
  }

  /** Chooses tokens in another way from the next one on. */
  public void setSampler(SamplerOptions options) {
    try (NativeHandle.Use session = handle.use()) {
      options.call(params -> Flat.gemma4_session_set_sampler(session.address, params));
    }
  }

  /** A second session that goes on from here, and shares nothing that either can change. */
  public Session fork() {
    long[] fork = new long[1];
    try (NativeHandle.Use session = handle.use()) {
      Flat.gemma4_session_fork(session.address, fork);
    }
    return new Session(fork[0], keptAlive);
  }

  /** Saves to a file, which appears whole or not at all. */
  public void save(Path path) {
    try (NativeHandle.Use session = handle.use()) {
      Flat.gemma4_session_save_file(session.address, path.toString());
    }
  }

  /** Makes the session what was saved, by a session of the same model. A bad file changes nothing. */
  public void restore(Path path) {
    try (NativeHandle.Use session = handle.use()) {
      Flat.gemma4_session_restore_file(session.address, path.toString());
    }
  }

  /** Saves to a stream. What the stream throws, this throws. */
  public void save(OutputStream out) throws IOException {
    transfer(
        new Callbacks() {
          @Override
          protected void onWrite(ByteBuffer bytes) throws IOException {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            out.write(copy);
          }
        },
        (session, userdata, cancel) ->
            Flat.gemma4_session_save(session, Flat.writeCallback(), userdata, cancel));
  }

  /** As {@link #restore(Path)}, from a stream. What the stream throws, this throws. */
  public void restore(InputStream in) throws IOException {
    transfer(
        new Callbacks() {
          @Override
          protected void onRead(ByteBuffer buffer) throws IOException {
            byte[] bytes = in.readNBytes(buffer.remaining());
            buffer.put(bytes); // what is missing is seen by whoever asked
          }
        },
        (session, userdata, cancel) ->
            Flat.gemma4_session_restore(session, Flat.readCallback(), userdata, cancel));
  }

  private interface Transfer {
    void run(long session, long userdata, long cancel);
  }

  private void transfer(Callbacks callbacks, Transfer transfer) {
    long userdata = Flat.newReference(callbacks);
    Cancellation cancellation = new Cancellation();
    try (NativeHandle.Use session = handle.use()) {
      current = cancellation;
      cancellation.during(cancel -> transfer.run(session.address, userdata, cancel));
    } catch (Gemma4Exception e) {
      callbacks.rethrow();
      throw e;
    } finally {
      Flat.deleteReference(userdata);
    }
  }

  /**
   * Appends token ids, runs them, and tells how likely the model thought each of them, in natural
   * logarithms. Something must precede them.
   */
  public float[] score(int... tokenIds) {
    float[] logprobs = new float[tokenIds.length];
    running(
        new Cancellation(),
        (session, params) ->
            Flat.gemma4_session_score(session, tokenIds, tokenIds.length, params, logprobs));
    return logprobs;
  }

  /**
   * Appends token ids, runs them, and gives the vector that the last layer makes of them.
   *
   * @param hiddenSize {@link Model#hiddenSize}
   * @param normalize whether the vector is scaled to length 1
   */
  public float[] embed(int hiddenSize, Pooling pooling, boolean normalize, int... tokenIds) {
    float[] hidden = new float[hiddenSize];
    running(
        new Cancellation(),
        (session, params) ->
            Flat.gemma4_session_embed(
                session,
                tokenIds,
                tokenIds.length,
                pooling.value,
                normalize ? 1 : 0,
                params,
                hidden,
                hidden.length));
    return hidden;
  }

  /** Appends text as it is, outside any chat format. Runs nothing. */
  public void appendText(String text, TextOption... options) {
    byte[] bytes = NativeText.bytes(text);
    try (NativeHandle.Use session = handle.use()) {
      Flat.gemma4_session_append_text(
          session.address, bytes, bytes.length, TextOption.flags(options));
    }
  }

  /** Appends token ids. Runs nothing. */
  public void appendIds(int... tokenIds) {
    try (NativeHandle.Use session = handle.use()) {
      Flat.gemma4_session_append_ids(session.address, tokenIds, tokenIds.length);
    }
  }

  /** Appends token ids, maybe none, and runs the model over all that waits. */
  public void prefill(int... tokenIds) {
    running(
        new Cancellation(),
        (session, params) ->
            Flat.gemma4_session_prefill_with(session, tokenIds, tokenIds.length, params));
  }

  /**
   * As {@link #prefill}, and returns the logits of every one of the ids: row {@code i} scores what
   * follows id {@code i}. Slower.
   *
   * @param vocabSize {@link Model#vocabSize}
   */
  public float[][] prefillLogits(int vocabSize, int... tokenIds) {
    float[] flat = new float[Math.multiplyExact(vocabSize, tokenIds.length)];
    running(
        new Cancellation(),
        (session, params) ->
            Flat.gemma4_session_prefill_logits(
                session, tokenIds, tokenIds.length, params, flat, flat.length));
    float[][] rows = new float[tokenIds.length][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = java.util.Arrays.copyOfRange(flat, i * vocabSize, (i + 1) * vocabSize);
    }
    return rows;
  }

  /** The logits of the last token that was run. */
  public float[] logits() {
    long[] numLogits = new long[1];
    try (NativeHandle.Use session = handle.use()) {
      long address = Flat.gemma4_session_logits(session.address, numLogits);
      if (address == 0) {
        throw new Gemma4Exception(ErrorCode.STATE.value(), Flat.gemma4_last_error_message());
      }
      float[] logits = new float[Math.toIntExact(numLogits[0])];
      Flat.readFloats(logits, address, logits.length);
      return logits;
    }
  }

  /** Does the next piece of work: a chunk of the prompt, or a token. */
  public Event step() {
    return step(new Cancellation());
  }

  /**
   * As {@link #step()}, and ends when the time is spent, give or take one block of a layer: with
   * {@link Event.Kind#PENDING}, to be continued by the next step. For programs that draw a frame
   * meanwhile. The words are the same.
   */
  public Event step(Duration budget) {
    return step(new Cancellation(), budget);
  }

  /**
   * One step of several sessions of one model, with one pass through the model for all of them. Each
   * does what {@link #step()} would have done; one session's error is in its event.
   *
   * @param budget as {@link #step(Duration)}; null: none
   * @return their events, in the order of the sessions
   */
  public static List<Event> stepMany(List<Session> sessions, @Nullable Duration budget) {
    int numSessions = sessions.size();
    Cancellation cancellation = new Cancellation();
    List<NativeHandle.Use> uses = new ArrayList<>(numSessions);
    long params = Flat.gemma4_step_params_alloc(1);
    long events = Flat.gemma4_event_alloc(numSessions);
    try {
      long[] addresses = new long[numSessions];
      for (int i = 0; i < numSessions; i++) {
        uses.add(sessions.get(i).handle.use());
        addresses[i] = uses.get(i).address;
      }
      sessions.forEach(session -> session.current = cancellation);
      setBudget(params, budget);
      cancellation.during(
          cancel -> {
            Flat.gemma4_step_params_set_cancel(params, cancel);
            Flat.gemma4_step_many(addresses, numSessions, params, events);
          });
      List<Event> result = new ArrayList<>(numSessions);
      for (int i = 0; i < numSessions; i++) {
        result.add(new Event(Flat.gemma4_event_at(events, i)));
      }
      return result;
    } finally {
      uses.forEach(NativeHandle.Use::close);
      Flat.gemma4_event_free(events, numSessions);
      Flat.gemma4_step_params_free(params, 1);
    }
  }

  Event step(Cancellation cancellation) {
    return step(cancellation, null);
  }

  private Event step(Cancellation cancellation, @Nullable Duration budget) {
    long event = Flat.gemma4_event_alloc(1);
    try {
      Event[] result = new Event[1];
      running(
          cancellation,
          (session, params) -> {
            setBudget(params, budget);
            Flat.gemma4_session_step(session, params, event);
            result[0] = new Event(event);
          });
      return result[0];
    } finally {
      Flat.gemma4_event_free(event, 1);
    }
  }

  /** What comes next: the answer to what was added. Nothing runs before it is iterated. */
  public Generation generate() {
    Cancellation cancellation = new Cancellation();
    current = cancellation;
    return new Generation(this, cancellation);
  }

  /** {@link #addUser} and {@link #generate()}. */
  public Generation generate(String prompt) {
    addUser(prompt);
    return generate();
  }

  /** Answers a prompt: gives each piece of the text as it comes, and returns when it is over. */
  public EndReason generate(String prompt, Consumer<String> text) {
    for (Event event : generate(prompt)) {
      if (!event.text().isEmpty()) {
        text.accept(event.text());
      }
      if (event.kind() == Event.Kind.END) {
        return event.endReason();
      }
    }
    return EndReason.NONE;
  }

  /**
   * Answers a prompt on a thread of its own. Cancelling the future ends the generation, as {@link
   * #cancel} does.
   *
   * @param text is given each piece of the text as it comes, on that thread
   * @return the whole text
   */
  public CompletableFuture<String> generateAsync(String prompt, Consumer<String> text) {
    addUser(prompt);
    return CancellableFuture.start(
        "gemma4 generate",
        cancellation -> {
          current = cancellation;
          StringBuilder all = new StringBuilder();
          for (Event event : new Generation(this, cancellation)) {
            if (!event.text().isEmpty()) {
              all.append(event.text());
              text.accept(event.text());
            }
          }
          return all.toString();
        },
        unused -> {});
  }

  /**
   * Ends the prefill, step or generation that runs, with {@link ErrorCode#CANCELLED} for whoever
   * runs it; without one nothing happens. Any thread may call this.
   */
  public void cancel() {
    current.cancel();
  }

  /** Forgets every token and begins anew: same options, same seed. */
  public void reset() {
    try (NativeHandle.Use session = handle.use()) {
      Flat.gemma4_session_reset(session.address);
    }
  }

  /** Forgets the tokens after the first {@code position}. */
  public void rewind(long position) {
    try (NativeHandle.Use session = handle.use()) {
      Flat.gemma4_session_rewind(session.address, position);
    }
  }

  /** Tokens of the sequence: those that were run and those that wait. */
  public long position() {
    try (NativeHandle.Use session = handle.use()) {
      return Flat.gemma4_session_position(session.address);
    }
  }

  /** Tokens that the session can hold. */
  public long maxContextTokens() {
    try (NativeHandle.Use session = handle.use()) {
      return Flat.gemma4_session_max_context_tokens(session.address);
    }
  }

  /** Bytes of memory that the next generated token will read. */
  public long bytesPerToken() {
    try (NativeHandle.Use session = handle.use()) {
      return Flat.gemma4_session_bytes_per_token(session.address);
    }
  }

  @Override
  public void close() {
    handle.close();
  }

  private static void setBudget(long params, @Nullable Duration budget) {
    if (budget != null) {
      // 0 would be no limit.
      long budgetUs = Math.max(1, TimeUnit.NANOSECONDS.toMicros(budget.toNanos()));
      Flat.gemma4_step_params_set_time_budget_us(params, budgetUs);
    }
  }

  private interface Call {
    void run(long session, long params);
  }

  /** A call that may take long, with the step parameters that let it be cancelled. */
  private void running(Cancellation cancellation, Call call) {
    long params = Flat.gemma4_step_params_alloc(1);
    try (NativeHandle.Use session = handle.use()) {
      current = cancellation;
      cancellation.during(
          cancel -> {
            Flat.gemma4_step_params_set_cancel(params, cancel);
            call.run(session.address, params);
          });
    } finally {
      Flat.gemma4_step_params_free(params, 1);
    }
  }
}
