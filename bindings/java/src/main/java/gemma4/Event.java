package gemma4;

import gemma4.flat.Flat;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What a session tells while it works. */
public final class Event {
  /** What happened. */
  public enum Kind {
    /** Nothing new yet: a step's time was spent, or it was cancelled. */
    PENDING(Flat.GEMMA4_EVENT_PENDING),
    /** A chunk of the prompt was run. */
    PREFILL(Flat.GEMMA4_EVENT_PREFILL),
    /** A token was made. */
    TEXT(Flat.GEMMA4_EVENT_TEXT),
    /** The generation is over. */
    END(Flat.GEMMA4_EVENT_END),
    /** A token of the model's thought was made. */
    THOUGHT(Flat.GEMMA4_EVENT_THOUGHT),
    /** The model calls a tool. To be answered after END, with {@link Session#addToolResult}. */
    TOOL_CALL(Flat.GEMMA4_EVENT_TOOL_CALL),
    /** The context was full, and old tokens were forgotten ({@link SessionOptions#slides}). */
    CONTEXT_SLID(Flat.GEMMA4_EVENT_CONTEXT_SLID),
    /** One that this version of the binding does not know: to be ignored. */
    UNKNOWN(-1);

    private final int value;

    Kind(int value) {
      this.value = value;
    }
  }

  private final Kind kind;
  private final EndReason endReason;
  private final int tokenId;
  private final String text;
  private final long numTokensDone;
  private final long numTokensTotal;
  private final int status;
  private final String toolName;
  private final String toolArgumentsJson;
  private final int toolCallId;
  private final long numTokensReused;
  private final long numTokensDropped;
  private final float logprob;
  private final List<TokenLogprob> topLogprobs;

  /** Copies a native event. */
  Event(long event) {
    int kindValue = Flat.gemma4_event_get_kind(event);
    Kind found = Kind.UNKNOWN;
    for (Kind one : Kind.values()) {
      if (one.value == kindValue) {
        found = one;
      }
    }
    kind = found;
    endReason = EndReason.of(Flat.gemma4_event_get_end_reason(event));
    tokenId = Flat.gemma4_event_get_token_id(event);
    text = utf8(Flat.gemma4_event_get_text(event), Flat.gemma4_event_get_text_size(event));
    numTokensDone = Flat.gemma4_event_get_num_tokens_done(event);
    numTokensTotal = Flat.gemma4_event_get_num_tokens_total(event);
    status = Flat.gemma4_event_get_status(event);
    toolName =
        utf8(Flat.gemma4_event_get_tool_name(event), Flat.gemma4_event_get_tool_name_size(event));
    toolArgumentsJson =
        utf8(
            Flat.gemma4_event_get_tool_arguments_json(event),
            Flat.gemma4_event_get_tool_arguments_json_size(event));
    toolCallId = Flat.gemma4_event_get_tool_call_id(event);
    numTokensReused = Flat.gemma4_event_get_num_tokens_reused(event);
    numTokensDropped = Flat.gemma4_event_get_num_tokens_dropped(event);
    logprob = Flat.gemma4_event_get_logprob(event);
    int numTop = Flat.gemma4_event_get_num_top_logprobs(event);
    if (numTop == 0) {
      topLogprobs = List.of();
    } else {
      topLogprobs = new ArrayList<>(numTop);
      long top = Flat.gemma4_event_get_top_logprobs(event);
      for (int i = 0; i < numTop; i++) {
        topLogprobs.add(new TokenLogprob(Flat.gemma4_token_logprob_at(top, i)));
      }
    }
  }

  private static String utf8(long address, long size) {
    return size == 0 ? "" : new String(Flat.readBytes(address, size), StandardCharsets.UTF_8);
  }

  /** What happened. */
  public Kind kind() {
    return kind;
  }

  /** Of {@link Kind#END}: why; else {@link EndReason#NONE}. */
  public EndReason endReason() {
    return endReason;
  }

  /** Of a kind that makes a token, the token; of {@link Kind#END}, the stop token; -1 for none. */
  public int tokenId() {
    return tokenId;
  }

  /**
   * Of {@link Kind#TEXT}: whole characters only, empty while the bytes of one are still incomplete.
   * Empty for other kinds.
   */
  public String text() {
    return kind == Kind.TEXT ? text : "";
  }

  /** Of {@link Kind#THOUGHT}: as {@link #text()}. Empty for other kinds. */
  public String thought() {
    return kind == Kind.THOUGHT ? text : "";
  }

  /** Of {@link Kind#TOOL_CALL}: the tool's name. */
  public String toolName() {
    return toolName;
  }

  /** Of {@link Kind#TOOL_CALL}: a JSON object. */
  public String toolArgumentsJson() {
    return toolArgumentsJson;
  }

  /** Of {@link Kind#TOOL_CALL}: which one of this turn, from 0; else -1. */
  public int toolCallId() {
    return toolCallId;
  }

  /** With {@link SessionOptions#logprobs}: the natural logarithm of the token's probability. */
  public float logprob() {
    return logprob;
  }

  /** With {@link SessionOptions#logprobs}: the likeliest tokens in its place, likeliest first. */
  public List<TokenLogprob> topLogprobs() {
    return topLogprobs;
  }

  /** Of {@link Kind#PREFILL}: tokens before those, which were in the cache already. */
  public long numTokensReused() {
    return numTokensReused;
  }

  /** Of {@link Kind#CONTEXT_SLID}: tokens that were forgotten. */
  public long numTokensDropped() {
    return numTokensDropped;
  }

  /** Of {@link Kind#PREFILL}: tokens of the prompt that were run. */
  public long numTokensDone() {
    return numTokensDone;
  }

  /** Of {@link Kind#PREFILL}: tokens of the prompt. */
  public long numTokensTotal() {
    return numTokensTotal;
  }

  /** Of {@link Session#stepMany}: why this session's step failed; null if it did not. */
  public @Nullable ErrorCode error() {
    return status == Flat.GEMMA4_OK ? null : ErrorCode.of(status);
  }

  @Override
  public String toString() {
    return kind + (kind == Kind.TEXT ? " " + tokenId + " \"" + text + "\"" : "");
  }
}
