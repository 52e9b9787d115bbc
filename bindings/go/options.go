package gemma4

import (
	"fmt"
	"strings"

	"gemma4/flat"
)

// Weights is how linear layers compute.
type Weights int32

const (
	WeightsAuto     Weights = flat.GEMMA4_WEIGHTS_AUTO      // what fits the stored weights
	WeightsInt8     Weights = flat.GEMMA4_WEIGHTS_INT8      // int8, one scale an output channel
	WeightsExact    Weights = flat.GEMMA4_WEIGHTS_EXACT     // the reference, f32: slow, large
	WeightsInt4     Weights = flat.GEMMA4_WEIGHTS_INT4      // int4, one scale for each 32 inputs
	WeightsInt4Rows Weights = flat.GEMMA4_WEIGHTS_INT4_ROWS // int4, one scale an output channel
)

// KVType is how a session stores keys and values.
type KVType int32

const (
	KVAuto KVType = flat.GEMMA4_KV_AUTO // f16; f32 with WeightsExact
	KVF32  KVType = flat.GEMMA4_KV_F32
	KVF16  KVType = flat.GEMMA4_KV_F16
	KVInt8 KVType = flat.GEMMA4_KV_INT8 // half of f16
)

// TextFlags is how text becomes token ids; 0: the text is data, nothing is added.
type TextFlags uint32

const (
	// AddBOS begins with <bos>, unless the ids do anyway; in a session only where nothing precedes.
	AddBOS TextFlags = flat.GEMMA4_TEXT_ADD_BOS
	// ParseSpecial makes names of control tokens in the text those tokens. Never for text that
	// somebody else wrote.
	ParseSpecial TextFlags = flat.GEMMA4_TEXT_PARSE_SPECIAL
)

// LoadOptions is what a load may be told. Its zero value is all defaults, as nil is.
type LoadOptions struct {
	Weights            Weights
	NumThreads         int    // that compute, the caller's included; 0: one for each physical core
	PrefillChunkTokens int    // tokens of one forward pass of a prompt; 0: 512
	CacheFolder        string // one that exists, for packed weights; "": none
	MemoryBudgetBytes  uint64 // for the model and its sessions together; 0: no limit

	// ThreadPool has threads that other models compute on, too; NumThreads must then be 0. nil: the
	// model makes its own.
	ThreadPool *ThreadPool

	// Progress hears how far the load is, on the loading goroutine; a load may have parts, each of
	// which counts from 0 to a total of its own. Its error ends the load, which returns it.
	Progress func(doneBytes, totalBytes uint64) error
}

// newNative makes what flat.Gemma4_load_params_free frees.
func (o *LoadOptions) newNative() (uintptr, error) {
	if o == nil {
		o = &LoadOptions{}
	}
	numThreads, err := count("NumThreads", o.NumThreads)
	if err != nil {
		return 0, err
	}
	chunk, err := count("PrefillChunkTokens", o.PrefillChunkTokens)
	if err != nil {
		return 0, err
	}
	if err := noNUL(o.CacheFolder); err != nil {
		return 0, err
	}
	params := flat.Gemma4_load_params_alloc(1)
	flat.Gemma4_load_params_set_weights(params, int32(o.Weights))
	flat.Gemma4_load_params_set_num_threads(params, numThreads)
	flat.Gemma4_load_params_set_prefill_chunk_tokens(params, chunk)
	if o.CacheFolder != "" {
		flat.Gemma4_load_params_set_cache_folder(params, o.CacheFolder)
	}
	flat.Gemma4_load_params_set_memory_budget_bytes(params, o.MemoryBudgetBytes)
	return params, nil
}

// Sampler is how the next token is chosen. The same seed gives the same tokens on every platform.
type Sampler struct {
	Seed        uint64
	Temperature float32 // 0: always the largest logit; negative: what the model's files say
	TopP        float32 // at most 1, and 1 keeps all; negative: what the model's files say
	TopK        int64   // 0 keeps all; negative: what the model's files say

	MinP              float32 // in [0, 1]: what is less likely than this part of the likeliest goes
	RepetitionPenalty float32 // above 1 makes what is there less likely, below 1 likelier; 0: off
	FrequencyPenalty  float32 // taken from a token's logit for each time it was made
	PresencePenalty   float32 // taken from a token's logit if it was made at all
	PenaltyWindow     int     // how many of the last tokens the penalties look at; 0: all

	LogitBias      map[int32]float32 // added to the logits of tokens; negative infinity bans one
	BannedTokenIDs []int32           // never chosen, beside those of the model's own files

	// What the reply has to be, whatever the model would rather say; at most one of these.
	JSONSchema       string // one document that is valid by it
	Grammar          string // what the rule root of it (GBNF) produces
	RequiresToolCall bool   // a call of one of the session's tools
}

// DefaultSampler is what the model's files say.
func DefaultSampler() *Sampler { return &Sampler{Temperature: -1, TopP: -1, TopK: -1} }

// Greedy always takes the largest logit.
func Greedy() *Sampler { return &Sampler{Temperature: 0, TopP: -1, TopK: -1} }

// newNative makes native parameters, to be given back with release.
func (s *Sampler) newNative() (params uintptr, release func(), err error) {
	window, err := count("PenaltyWindow", s.PenaltyWindow)
	if err != nil {
		return 0, nil, err
	}
	if err := noNUL(s.JSONSchema + s.Grammar); err != nil {
		return 0, nil, err
	}
	numBiases := uint64(len(s.LogitBias))
	params, biases := flat.Gemma4_sampler_params_alloc(1), flat.Gemma4_logit_bias_alloc(numBiases)
	flat.Gemma4_sampler_params_set_seed(params, s.Seed)
	flat.Gemma4_sampler_params_set_temperature(params, s.Temperature)
	flat.Gemma4_sampler_params_set_top_p(params, s.TopP)
	flat.Gemma4_sampler_params_set_top_k(params, s.TopK)
	flat.Gemma4_sampler_params_set_min_p(params, s.MinP)
	flat.Gemma4_sampler_params_set_repetition_penalty(params, s.RepetitionPenalty)
	flat.Gemma4_sampler_params_set_frequency_penalty(params, s.FrequencyPenalty)
	flat.Gemma4_sampler_params_set_presence_penalty(params, s.PresencePenalty)
	flat.Gemma4_sampler_params_set_penalty_window(params, window)
	if s.JSONSchema != "" {
		flat.Gemma4_sampler_params_set_json_schema(params, s.JSONSchema)
	}
	if s.Grammar != "" {
		flat.Gemma4_sampler_params_set_grammar(params, s.Grammar)
	}
	if s.RequiresToolCall {
		flat.Gemma4_sampler_params_set_requires_tool_call(params, 1)
	}
	index := uint64(0)
	for id, bias := range s.LogitBias {
		one := flat.Gemma4_logit_bias_at(biases, index)
		flat.Gemma4_logit_bias_set_token_id(one, id)
		flat.Gemma4_logit_bias_set_bias(one, bias)
		index++
	}
	flat.Gemma4_sampler_params_set_logit_bias(params, biases)
	flat.Gemma4_sampler_params_set_num_logit_biases(params, numBiases)
	if len(s.BannedTokenIDs) > 0 {
		flat.Gemma4_sampler_params_set_banned_token_ids(
			params, s.BannedTokenIDs, uint64(len(s.BannedTokenIDs)))
	}
	return params, func() {
		flat.Gemma4_logit_bias_free(biases, numBiases)
		flat.Gemma4_sampler_params_free(params, 1)
	}, nil
}

// SessionOptions is what a session may be told. Its zero value is all defaults, as nil is.
type SessionOptions struct {
	Sampler *Sampler // nil: what the model's files say
	// StopTokenIDs end a generation, in place of the model's own; nil: the model's own, and in a turn
	// of a chat those with which a turn ends. An empty slice that is not nil: no token ends it.
	StopTokenIDs     []int32
	MaxNewTokens     int // of one generation, without its stop token; 0: as many as fit
	KVType           KVType
	MaxContextTokens int // that the session can hold; 0: 4096, or what the model allows

	StopStrings      []string // that end a generation; neither they nor what follows is told
	MaxThoughtTokens int      // of one thought; then it is closed in the model's place; 0: no limit
	// Slides: when the context is full, the oldest turns are forgotten, and an event tells; else the
	// generation ends.
	Slides         bool
	Logprobs       bool // events tell how likely each token was
	NumTopLogprobs int  // and this many of the likeliest in its place, at most 20
}

// with calls with native parameters.
func (o *SessionOptions) with(call func(params uintptr) error) error {
	if o == nil {
		o = &SessionOptions{}
	}
	maxNew, err := count("MaxNewTokens", o.MaxNewTokens)
	if err != nil {
		return err
	}
	maxContext, err := count("MaxContextTokens", o.MaxContextTokens)
	if err != nil {
		return err
	}
	params := flat.Gemma4_session_params_alloc(1)
	defer flat.Gemma4_session_params_free(params, 1)
	if o.Sampler != nil {
		sampler, release, err := o.Sampler.newNative()
		if err != nil {
			return err
		}
		defer release()
		flat.Gemma4_session_params_set_sampler(params, sampler)
	}
	if o.StopTokenIDs != nil {
		flat.Gemma4_session_params_set_stop_token_ids(
			params, o.StopTokenIDs, uint64(len(o.StopTokenIDs)))
	}
	flat.Gemma4_session_params_set_max_new_tokens(params, maxNew)
	flat.Gemma4_session_params_set_kv_type(params, int32(o.KVType))
	flat.Gemma4_session_params_set_max_context_tokens(params, maxContext)
	if len(o.StopStrings) > 0 {
		var texts []byte // one after the other, each with its NUL
		for _, text := range o.StopStrings {
			if err := noNUL(text); err != nil {
				return err
			}
			texts = append(append(texts, text...), 0)
		}
		flat.Gemma4_session_params_set_stop_strings(
			params, texts, uint64(len(texts)), uint64(len(o.StopStrings)))
	}
	maxThought, err := count("MaxThoughtTokens", o.MaxThoughtTokens)
	if err != nil {
		return err
	}
	flat.Gemma4_session_params_set_max_thought_tokens(params, maxThought)
	if o.Slides {
		flat.Gemma4_session_params_set_context_full(params, flat.GEMMA4_CONTEXT_SLIDE)
	}
	if o.Logprobs {
		flat.Gemma4_session_params_set_logprobs(params, 1)
	}
	flat.Gemma4_session_params_set_num_top_logprobs(params, int32(o.NumTopLogprobs))
	return call(params)
}

func count(name string, value int) (uint64, error) {
	if value < 0 {
		return 0, invalid("%s is %d; it must not be negative", name, value)
	}
	return uint64(value), nil
}

// noNUL refuses a text that C would see the beginning of.
func noNUL(text string) error {
	if i := strings.IndexByte(text, 0); i >= 0 {
		return invalid("a NUL at %d would end the text %q", i, text)
	}
	return nil
}

func invalid(format string, arguments ...any) error {
	return &Error{Code: ErrInvalidArgument, Message: fmt.Sprintf(format, arguments...)}
}
