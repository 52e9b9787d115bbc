package gemma4

import (
	"context"
	"io"
	"runtime"
	"runtime/cgo"
	"time"

	"gemma4/flat"
)

// EventKind is what happened. New kinds may be added: ignore those you do not know.
type EventKind int32

const (
	EventPending EventKind = flat.GEMMA4_EVENT_PENDING // nothing new yet: a step's time was spent
	EventPrefill EventKind = flat.GEMMA4_EVENT_PREFILL // a chunk of the prompt was run
	EventText    EventKind = flat.GEMMA4_EVENT_TEXT    // a token was made
	EventEnd     EventKind = flat.GEMMA4_EVENT_END     // the generation is over

	EventThought     EventKind = flat.GEMMA4_EVENT_THOUGHT      // a token of the model's thought was made
	EventToolCall    EventKind = flat.GEMMA4_EVENT_TOOL_CALL    // to be answered after EventEnd: AddToolResult
	EventContextSlid EventKind = flat.GEMMA4_EVENT_CONTEXT_SLID // old tokens were forgotten
)

// EndReason is why a generation is over.
type EndReason int32

const (
	EndStopToken   EndReason = flat.GEMMA4_END_STOP_TOKEN   // the model made a stop token
	EndMaxTokens   EndReason = flat.GEMMA4_END_MAX_TOKENS   // MaxNewTokens were made; another step goes on
	EndContextFull EndReason = flat.GEMMA4_END_CONTEXT_FULL // there is no room for another token
	EndStopString  EndReason = flat.GEMMA4_END_STOP_STRING  // one of StopStrings was made
	EndToolCalls   EndReason = flat.GEMMA4_END_TOOL_CALLS   // the model waits for the tools it called
	EndComplete    EndReason = flat.GEMMA4_END_COMPLETE     // a constrained reply is, without a stop token
)

// TokenLogprob is how likely the model thought a token.
type TokenLogprob struct {
	TokenID int32
	Logprob float32 // the natural logarithm of its probability
}

// Event is what a session tells while it works.
type Event struct {
	Kind      EventKind
	EndReason EndReason // of EventEnd
	TokenID   int32     // of a kind that makes one, the token; of EventEnd, the stop token; -1 for none
	// Text, of EventText, has whole characters only; it is empty while the bytes of one are still
	// incomplete.
	Text    string
	Thought string // of EventThought: as Text

	ToolName          string // of EventToolCall
	ToolArgumentsJSON string // of EventToolCall: an object
	ToolCallID        int    // of EventToolCall: which one of this turn, from 0; else -1

	NumTokensDone    int // of EventPrefill: tokens of the prompt that were run
	NumTokensTotal   int // of EventPrefill: tokens of the prompt
	NumTokensReused  int // of EventPrefill: tokens before those, which were in the cache already
	NumTokensDropped int // of EventContextSlid: tokens that were forgotten

	Logprob     float32        // of TokenID, with SessionOptions.Logprobs
	TopLogprobs []TokenLogprob // the likeliest in its place, likeliest first

	Err error // of StepMany: why this session's step failed; nil if it did not
}

// Session is one conversation with a model. One goroutine at a time may use it; a second one gets
// ErrBusy. Which one may change. Close may be called by any.
type Session struct{ handle *handle }

// AddUser appends a user's turn and the opening of the model's answer. It runs nothing.
func (s *Session) AddUser(text string) error {
	return s.append(text, flat.Gemma4_session_add_user_text)
}

// AddSystem appends the system turn. Only at the start of a session.
func (s *Session) AddSystem(text string) error {
	return s.append(text, flat.Gemma4_session_add_system_text)
}

// AddModel appends an answer of the model that is known already, to tell a history. After a user's turn.
func (s *Session) AddModel(text string) error {
	return s.append(text, flat.Gemma4_session_add_model_text)
}

// SetToolsJSON tells the model which tools it may call, in JSON as chat APIs take it. Before the first
// turn. Calls come as EventToolCall.
func (s *Session) SetToolsJSON(toolsJSON string) error {
	return s.append(toolsJSON, flat.Gemma4_session_set_tools_json)
}

// SetThinking lets the model think before it answers, or not, the default. Before the first turn.
func (s *Session) SetThinking(thinking bool) error {
	enable := int32(0)
	if thinking {
		enable = 1
	}
	return explain(nil, s.handle.use(func(session uintptr) error {
		return flat.Gemma4_session_set_thinking(session, enable)
	}))
}

// AddToolResult appends what a tool gave back, as text. Once for each call, after EventEnd; then
// Continue.
func (s *Session) AddToolResult(toolCallID int, result string) error {
	return s.append(result, func(session uintptr, bytes []byte, size uint64) error {
		return flat.Gemma4_session_add_tool_result(session, int32(toolCallID), bytes, size)
	})
}

// AddToolResultJSON is AddToolResult with a JSON value: the form that the model knows best.
func (s *Session) AddToolResultJSON(toolCallID int, resultJSON string) error {
	return s.append(resultJSON, func(session uintptr, bytes []byte, size uint64) error {
		return flat.Gemma4_session_add_tool_result_json(session, int32(toolCallID), bytes, size)
	})
}

// SetMessagesJSON makes the session hold a whole conversation, in JSON as chat APIs give it each time.
// What it begins with already is not run again.
func (s *Session) SetMessagesJSON(requestJSON string) error {
	return s.append(requestJSON, flat.Gemma4_session_set_messages_json)
}

// SetIDs makes the session hold these ids and no others; what it begins with already is not run again.
func (s *Session) SetIDs(ids []int32) error {
	return explain(nil, s.handle.use(func(session uintptr) error {
		return flat.Gemma4_session_set_ids(session, ids, uint64(len(ids)))
	}))
}

// SetSampler chooses tokens in another way from the next one on.
func (s *Session) SetSampler(sampler *Sampler) error {
	params, release, err := sampler.newNative()
	if err != nil {
		return err
	}
	defer release()
	return explain(nil, s.handle.use(func(session uintptr) error {
		return flat.Gemma4_session_set_sampler(session, params)
	}))
}

// Fork makes a second session that goes on from here, and shares nothing that either can change.
func (s *Session) Fork() (*Session, error) {
	out := make([]uintptr, 1)
	err := s.handle.use(func(session uintptr) error {
		return flat.Gemma4_session_fork(session, out)
	})
	if err != nil {
		return nil, explain(nil, err)
	}
	return &Session{newHandle("session", out[0], flat.Gemma4_session_free)}, nil
}

// SaveFile saves to a file, which appears whole or not at all.
func (s *Session) SaveFile(path string) error {
	return s.withPath(path, flat.Gemma4_session_save_file)
}

// RestoreFile makes the session what was saved, by a session of the same model. A bad file changes
// nothing.
func (s *Session) RestoreFile(path string) error {
	return s.withPath(path, flat.Gemma4_session_restore_file)
}

func (s *Session) withPath(path string, call func(uintptr, string) error) error {
	if err := noNUL(path); err != nil {
		return err
	}
	return explain(nil, s.handle.use(func(session uintptr) error { return call(session, path) }))
}

// Save saves to a writer, whose error it returns.
func (s *Session) Save(ctx context.Context, writer io.Writer) error {
	callbacks := &flat.Callbacks{Write: func(bytes uintptr, size uint64) error {
		copied := make([]byte, size)
		flat.ReadBytes(copied, bytes, size)
		_, err := writer.Write(copied)
		return err
	}}
	return s.transfer(ctx, callbacks, func(session, userdata, cancel uintptr) error {
		return flat.Gemma4_session_save(session, flat.WriteCallback(), userdata, cancel)
	})
}

// Restore is RestoreFile from a reader, whose error it returns.
func (s *Session) Restore(ctx context.Context, reader io.Reader) error {
	callbacks := &flat.Callbacks{Read: func(buffer uintptr, size uint64) error {
		bytes := make([]byte, size)
		if _, err := io.ReadFull(reader, bytes); err != nil {
			return err
		}
		flat.WriteBytes(buffer, bytes, size)
		return nil
	}}
	return s.transfer(ctx, callbacks, func(session, userdata, cancel uintptr) error {
		return flat.Gemma4_session_restore(session, flat.ReadCallback(), userdata, cancel)
	})
}

func (s *Session) transfer(ctx context.Context, callbacks *flat.Callbacks,
	call func(session, userdata, cancel uintptr) error) error {
	userdata := cgo.NewHandle(callbacks)
	defer userdata.Delete()
	err := whileActive(ctx, func(cancel uintptr) error {
		return s.handle.use(func(session uintptr) error {
			return call(session, uintptr(userdata), cancel)
		})
	})
	return explain(ctx, comesOut(callbacks, err))
}

// Score appends token ids, runs them, and tells how likely the model thought each of them, in natural
// logarithms. Something must precede them.
func (s *Session) Score(ctx context.Context, ids []int32) ([]float32, error) {
	logprobs := make([]float32, len(ids))
	err := running(ctx, 0, func(params uintptr) error {
		return s.handle.use(func(session uintptr) error {
			return flat.Gemma4_session_score(session, ids, uint64(len(ids)), params, logprobs)
		})
	})
	return logprobs, err
}

// Pooling is which vector stands for several tokens.
type Pooling int32

const (
	PoolingLast Pooling = flat.GEMMA4_POOLING_LAST // that of the last, which has seen all the others
	PoolingMean Pooling = flat.GEMMA4_POOLING_MEAN // the mean of all
)

// Embed appends token ids, runs them, and gives the vector that the last layer makes of them, of
// Model.HiddenSize numbers; normalized, its length is 1.
func (s *Session) Embed(ctx context.Context, ids []int32, hiddenSize int, pooling Pooling,
	normalized bool) ([]float32, error) {
	hidden := make([]float32, hiddenSize)
	normalize := int32(0)
	if normalized {
		normalize = 1
	}
	err := running(ctx, 0, func(params uintptr) error {
		return s.handle.use(func(session uintptr) error {
			return flat.Gemma4_session_embed(session, ids, uint64(len(ids)), int32(pooling),
				normalize, params, hidden, uint64(len(hidden)))
		})
	})
	return hidden, err
}

// AppendText appends text as it is, outside any chat format. It runs nothing.
func (s *Session) AppendText(text string, flags TextFlags) error {
	return s.append(text, func(session uintptr, bytes []byte, size uint64) error {
		return flat.Gemma4_session_append_text(session, bytes, size, uint32(flags))
	})
}

func (s *Session) append(text string, call func(uintptr, []byte, uint64) error) error {
	bytes := []byte(text)
	return explain(nil, s.handle.use(func(session uintptr) error {
		return call(session, bytes, uint64(len(bytes)))
	}))
}

// AppendIDs appends token ids. It runs nothing.
func (s *Session) AppendIDs(ids []int32) error {
	return explain(nil, s.handle.use(func(session uintptr) error {
		return flat.Gemma4_session_append_ids(session, ids, uint64(len(ids)))
	}))
}

// Prefill appends token ids, maybe none, and runs the model over all that waits.
func (s *Session) Prefill(ctx context.Context, ids []int32) error {
	return running(ctx, 0, func(params uintptr) error {
		return s.handle.use(func(session uintptr) error {
			return flat.Gemma4_session_prefill_with(session, ids, uint64(len(ids)), params)
		})
	})
}

// PrefillLogits is Prefill, and returns the logits of every one of the ids, [len(ids), vocabSize]: row
// i scores what follows id i. Slower.
func (s *Session) PrefillLogits(ctx context.Context, ids []int32, vocabSize int) ([]float32, error) {
	logits := make([]float32, len(ids)*vocabSize)
	err := running(ctx, 0, func(params uintptr) error {
		return s.handle.use(func(session uintptr) error {
			return flat.Gemma4_session_prefill_logits(
				session, ids, uint64(len(ids)), params, logits, uint64(len(logits)))
		})
	})
	if err != nil {
		return nil, err
	}
	return logits, nil
}

// Logits are those of the last token that was run.
func (s *Session) Logits() ([]float32, error) {
	var logits []float32
	err := s.handle.use(func(session uintptr) error {
		runtime.LockOSThread() // the error's text is this thread's
		defer runtime.UnlockOSThread()
		numLogits := make([]uint64, 1)
		address := flat.Gemma4_session_logits(session, numLogits)
		if address == 0 {
			return &Error{Code: ErrState, Message: flat.Gemma4_last_error_message()}
		}
		logits = make([]float32, numLogits[0])
		flat.ReadFloats(logits, address, numLogits[0])
		return nil
	})
	return logits, err
}

// Step does the next piece of work: a chunk of the prompt, or a token.
func (s *Session) Step(ctx context.Context) (Event, error) {
	var event Event
	err := s.stepping(ctx, 0, func(step func() (Event, error)) (err error) {
		event, err = step()
		return err
	})
	return event, err
}

// StepFor is Step, and ends when the time is spent, give or take one block of a layer: with EventPending,
// to be continued by the next step. For programs that draw a frame meanwhile. The words are the same.
func (s *Session) StepFor(ctx context.Context, budget time.Duration) (Event, error) {
	var event Event
	err := s.stepping(ctx, budget, func(step func() (Event, error)) (err error) {
		event, err = step()
		return err
	})
	return event, err
}

// StepMany does one step of several sessions of one model, with one pass through the model for all of
// them; a budget of 0 is no limit. Each does what Step would have done; one session's error is in its
// event. The events are in the order of the sessions.
func StepMany(ctx context.Context, budget time.Duration, sessions ...*Session) ([]Event, error) {
	numSessions := uint64(len(sessions))
	native := flat.Gemma4_event_alloc(numSessions)
	defer flat.Gemma4_event_free(native, numSessions)
	err := running(ctx, budget, func(params uintptr) error {
		return useAll(sessions, nil, func(addresses []uintptr) error {
			return flat.Gemma4_step_many(addresses, numSessions, params, native)
		})
	})
	if err != nil {
		return nil, err
	}
	events := make([]Event, numSessions)
	for index := range events {
		events[index] = eventAt(flat.Gemma4_event_at(native, uint64(index)))
	}
	return events, nil
}

// useAll calls with the addresses of the sessions after those that are in use already.
func useAll(sessions []*Session, addresses []uintptr, call func([]uintptr) error) error {
	if len(sessions) == 0 {
		return call(addresses)
	}
	return sessions[0].handle.use(func(session uintptr) error {
		return useAll(sessions[1:], append(addresses, session), call)
	})
}

// Generate appends a user's turn and gives each event of its answer to a function, on this goroutine;
// the last one is EventEnd. The function's error ends the generation and is returned; the session is
// then as after that event.
func (s *Session) Generate(ctx context.Context, prompt string, event func(Event) error) error {
	if err := s.AddUser(prompt); err != nil {
		return err
	}
	return s.Continue(ctx, event)
}

// Continue is Generate for what was appended, or for an answer that was not finished.
func (s *Session) Continue(ctx context.Context, event func(Event) error) error {
	return s.stepping(ctx, 0, func(step func() (Event, error)) error {
		for {
			next, err := step()
			if err != nil {
				return err
			}
			if err := event(next); err != nil {
				return err
			}
			if next.Kind == EventEnd {
				return nil
			}
		}
	})
}

// Events are those of the answer to what was appended, as a push iterator. From Go 1.23 on:
//
//	for event, err := range session.Events(ctx) { ... }
//
// and before: session.Events(ctx)(func(event gemma4.Event, err error) bool { ...; return true }).
// The loop may be left at any time. An error comes last.
func (s *Session) Events(ctx context.Context) func(yield func(Event, error) bool) {
	return func(yield func(Event, error) bool) {
		left := false
		err := s.stepping(ctx, 0, func(step func() (Event, error)) error {
			for {
				next, err := step()
				if err != nil {
					return err
				}
				if !yield(next, nil) {
					left = true
					return nil
				}
				if next.Kind == EventEnd {
					return nil
				}
			}
		})
		if err != nil && !left {
			yield(Event{}, err)
		}
	}
}

// Stream appends a user's turn, when it is ranged over, and is Events of its answer.
func (s *Session) Stream(ctx context.Context, prompt string) func(yield func(Event, error) bool) {
	return func(yield func(Event, error) bool) {
		if err := s.AddUser(prompt); err != nil {
			yield(Event{}, err)
			return
		}
		s.Events(ctx)(yield)
	}
}

// Reset forgets every token and begins anew: same options, same seed.
func (s *Session) Reset() error {
	return explain(nil, s.handle.use(flat.Gemma4_session_reset))
}

// Rewind forgets the tokens after the first position.
func (s *Session) Rewind(position int) error {
	at, err := count("position", position)
	if err != nil {
		return err
	}
	return explain(nil, s.handle.use(func(session uintptr) error {
		return flat.Gemma4_session_rewind(session, at)
	}))
}

// Position is how many tokens the sequence has: those that were run and those that wait.
func (s *Session) Position() int { return int(get(s.handle, flat.Gemma4_session_position)) }

// MaxContextTokens is how many tokens the session can hold.
func (s *Session) MaxContextTokens() int {
	return int(get(s.handle, flat.Gemma4_session_max_context_tokens))
}

// BytesPerToken is how many bytes of memory the next generated token will read.
func (s *Session) BytesPerToken() uint64 {
	return get(s.handle, flat.Gemma4_session_bytes_per_token)
}

// Close frees the session.
func (s *Session) Close() error {
	s.handle.close()
	return nil
}

// running calls with step parameters whose flag the context sets.
func running(ctx context.Context, budget time.Duration, call func(params uintptr) error) error {
	params := flat.Gemma4_step_params_alloc(1)
	defer flat.Gemma4_step_params_free(params, 1)
	if budget < 0 {
		return invalid("the budget is %v; it must not be negative", budget)
	}
	// Less than one microsecond must not become 0, which is no limit.
	budgetUs := uint64((budget + time.Microsecond - 1) / time.Microsecond)
	flat.Gemma4_step_params_set_time_budget_us(params, budgetUs)
	return explain(ctx, whileActive(ctx, func(cancel uintptr) error {
		flat.Gemma4_step_params_set_cancel(params, cancel)
		return call(params)
	}))
}

// stepping calls with a function that does one step.
func (s *Session) stepping(ctx context.Context, budget time.Duration,
	call func(step func() (Event, error)) error) error {
	native := flat.Gemma4_event_alloc(1)
	defer flat.Gemma4_event_free(native, 1)
	return running(ctx, budget, func(params uintptr) error {
		return call(func() (event Event, err error) {
			err = s.handle.use(func(session uintptr) error {
				if err := flat.Gemma4_session_step(session, params, native); err != nil {
					return err
				}
				event = eventAt(native) // its text lives until the session's next call
				return nil
			})
			return event, err
		})
	})
}

func eventAt(native uintptr) Event {
	event := Event{
		Kind:      EventKind(flat.Gemma4_event_get_kind(native)),
		EndReason: EndReason(flat.Gemma4_event_get_end_reason(native)),
		TokenID:   flat.Gemma4_event_get_token_id(native),
		ToolName: textOf(
			flat.Gemma4_event_get_tool_name(native), flat.Gemma4_event_get_tool_name_size(native)),
		ToolArgumentsJSON: textOf(
			flat.Gemma4_event_get_tool_arguments_json(native),
			flat.Gemma4_event_get_tool_arguments_json_size(native)),
		ToolCallID:       int(flat.Gemma4_event_get_tool_call_id(native)),
		NumTokensDone:    int(flat.Gemma4_event_get_num_tokens_done(native)),
		NumTokensTotal:   int(flat.Gemma4_event_get_num_tokens_total(native)),
		NumTokensReused:  int(flat.Gemma4_event_get_num_tokens_reused(native)),
		NumTokensDropped: int(flat.Gemma4_event_get_num_tokens_dropped(native)),
		Logprob:          flat.Gemma4_event_get_logprob(native),
	}
	text := textOf(flat.Gemma4_event_get_text(native), flat.Gemma4_event_get_text_size(native))
	switch event.Kind {
	case EventText:
		event.Text = text
	case EventThought:
		event.Thought = text
	}
	top := flat.Gemma4_event_get_top_logprobs(native)
	for index := int32(0); index < flat.Gemma4_event_get_num_top_logprobs(native); index++ {
		one := flat.Gemma4_token_logprob_at(top, uint64(index))
		event.TopLogprobs = append(event.TopLogprobs, TokenLogprob{
			TokenID: flat.Gemma4_token_logprob_get_token_id(one),
			Logprob: flat.Gemma4_token_logprob_get_logprob(one),
		})
	}
	if status := flat.Gemma4_event_get_status(native); status != flat.GEMMA4_OK {
		event.Err = Code(status)
	}
	return event
}

func textOf(address uintptr, size uint64) string {
	if size == 0 {
		return ""
	}
	text := make([]byte, size)
	flat.ReadBytes(text, address, size)
	return string(text)
}
