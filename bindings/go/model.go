package gemma4

import (
	"context"
	"io"
	"os"
	"runtime/cgo"

	"gemma4/flat"
)

// Model is a loaded checkpoint. It never changes: any number of goroutines and sessions may use it. A
// session goes on working after its model was closed. Of a closed model every number is 0 and every
// text empty.
type Model struct{ handle *handle }

// Load loads a checkpoint folder, a GGUF file or a packed file.
func Load(ctx context.Context, path string, options *LoadOptions) (*Model, error) {
	if err := noNUL(path); err != nil {
		return nil, err
	}
	return load(ctx, options, nil, func(params, _ uintptr, out []uintptr) error {
		return flat.Gemma4_model_load(path, params, out)
	})
}

// LoadFiles loads the files of a checkpoint folder that lie in memory, by their names: "config.json",
// "model.safetensors", ... They are copied.
func LoadFiles(ctx context.Context, files map[string][]byte, options *LoadOptions) (*Model, error) {
	array, release, err := newMemoryFiles(files)
	if err != nil {
		return nil, err
	}
	defer release()
	return load(ctx, options, nil, func(params, _ uintptr, out []uintptr) error {
		flat.Gemma4_load_params_set_copy_files(params, 1)
		return flat.Gemma4_model_load_memory(array, uint64(len(files)), params, out)
	})
}

// newMemoryFiles copies files to where C may keep their addresses.
func newMemoryFiles(files map[string][]byte) (array uintptr, release func(), err error) {
	numFiles := uint64(len(files))
	array = flat.Gemma4_memory_file_alloc(numFiles)
	var copies []uintptr
	release = func() {
		flat.Gemma4_memory_file_free(array, numFiles)
		for _, memory := range copies {
			flat.Deallocate(memory)
		}
	}
	for name, data := range files {
		memory := flat.Allocate(uint64(len(data)))
		if err = noNUL(name); err == nil && memory == 0 {
			err = &Error{Code: ErrOutOfMemory, Message: "no memory for a copy of " + name}
		}
		if err != nil {
			release()
			return 0, nil, err
		}
		if len(data) > 0 {
			flat.WriteBytes(memory, data, uint64(len(data)))
		}
		one := flat.Gemma4_memory_file_at(array, uint64(len(copies)))
		copies = append(copies, memory)
		flat.Gemma4_memory_file_set_name(one, name)
		flat.Gemma4_memory_file_set_data(one, memory)
		flat.Gemma4_memory_file_set_size_bytes(one, uint64(len(data)))
	}
	return array, release, nil
}

// LoadFile loads a GGUF or packed file that lies inside an open file, from an offset on. The file may
// be closed afterwards. A size of 0: up to the end of the file.
func LoadFile(ctx context.Context, file *os.File, offset, sizeBytes uint64,
	options *LoadOptions) (*Model, error) {
	return load(ctx, options, nil, func(params, _ uintptr, out []uintptr) error {
		return flat.Gemma4_model_load_descriptor(int32(file.Fd()), offset, sizeBytes, params, out)
	})
}

// LoadReader loads a GGUF or packed file of a given size from wherever bytes come from. It is read
// whole into memory, in order. The reader's error ends the load, which returns it.
func LoadReader(ctx context.Context, reader io.ReaderAt, sizeBytes uint64,
	options *LoadOptions) (*Model, error) {
	return load(ctx, options, reader, func(params, userdata uintptr, out []uintptr) error {
		return flat.Gemma4_model_load_reader(sizeBytes, flat.ReadAtCallback(), userdata, params, out)
	})
}

// Pack packs a checkpoint into one file, for this kind of CPU and this version of the library, which
// loads in milliseconds. Of the options, Weights, NumThreads, ThreadPool and Progress are used.
func Pack(ctx context.Context, path, outPath string, options *LoadOptions) error {
	if err := noNUL(path + outPath); err != nil {
		return err
	}
	return loading(ctx, options, nil, func(params, _ uintptr) error {
		return flat.Gemma4_model_pack(path, outPath, params)
	})
}

// Verify reads a packed file through and holds every part of it against its hash.
func Verify(path string) error {
	if err := noNUL(path); err != nil {
		return err
	}
	return explain(nil, flat.Gemma4_model_verify(path))
}

func load(ctx context.Context, options *LoadOptions, reader io.ReaderAt,
	call func(params, userdata uintptr, out []uintptr) error) (*Model, error) {
	out := make([]uintptr, 1)
	err := loading(ctx, options, reader, func(params, userdata uintptr) error {
		return call(params, userdata, out)
	})
	if err != nil {
		return nil, err
	}
	return &Model{newHandle("model", out[0], flat.Gemma4_model_free)}, nil
}

// loading makes native parameters, with a flag that the context sets and with what C calls back.
func loading(ctx context.Context, options *LoadOptions, reader io.ReaderAt,
	call func(params, userdata uintptr) error) error {
	params, err := options.newNative()
	if err != nil {
		return err
	}
	defer flat.Gemma4_load_params_free(params, 1)

	callbacks := &flat.Callbacks{}
	userdata := cgo.NewHandle(callbacks)
	defer userdata.Delete()
	if options != nil && options.Progress != nil {
		callbacks.Progress = options.Progress
		flat.Gemma4_load_params_set_progress(params, flat.ProgressCallback())
		flat.Gemma4_load_params_set_progress_userdata(params, uintptr(userdata))
	}
	if reader != nil {
		callbacks.ReadAt = readFrom(reader)
	}
	var pool *ThreadPool
	if options != nil {
		pool = options.ThreadPool
	}
	err = pool.with(func(threadPool uintptr) error {
		flat.Gemma4_load_params_set_thread_pool(params, threadPool)
		return whileActive(ctx, func(cancel uintptr) error {
			flat.Gemma4_load_params_set_cancel(params, cancel)
			return call(params, uintptr(userdata))
		})
	})
	return explain(ctx, comesOut(callbacks, err))
}

// comesOut is the error of a failed call: a callback's own, where that ended it. A panic goes on.
func comesOut(callbacks *flat.Callbacks, err error) error {
	if err == nil || callbacks.Err == nil {
		return err
	}
	if panicked, ok := callbacks.Err.(*flat.PanicError); ok {
		panic(panicked.Value)
	}
	return callbacks.Err
}

// readFrom copies from the reader to memory that C owns, in pieces.
func readFrom(reader io.ReaderAt) func(offset uint64, buffer uintptr, size uint64) error {
	piece := make([]byte, 1<<16)
	return func(offset uint64, buffer uintptr, size uint64) error {
		for done := uint64(0); done < size; {
			want := piece
			if left := size - done; left < uint64(len(want)) {
				want = want[:left]
			}
			n, err := reader.ReadAt(want, int64(offset+done))
			if n < len(want) {
				if err == nil || err == io.EOF {
					err = io.ErrUnexpectedEOF
				}
				return err
			}
			flat.WriteBytes(buffer+uintptr(done), want, uint64(n))
			done += uint64(n)
		}
		return nil
	}
}

// NewSession makes an empty session; nil: all defaults.
func (m *Model) NewSession(options *SessionOptions) (*Session, error) {
	out := make([]uintptr, 1)
	err := m.handle.use(func(model uintptr) error {
		return options.with(func(params uintptr) error {
			return flat.Gemma4_session_create(model, params, out)
		})
	})
	if err != nil {
		return nil, explain(nil, err)
	}
	return &Session{newHandle("session", out[0], flat.Gemma4_session_free)}, nil
}

// Tokenize turns text into token ids.
func (m *Model) Tokenize(text string, flags TextFlags) ([]int32, error) {
	bytes := []byte(text)
	ids := make([]int32, len(bytes)+1) // a text of n bytes gives at most n + 1 ids
	numIDs := make([]uint64, 1)
	err := m.handle.use(func(model uintptr) error {
		return flat.Gemma4_model_tokenize(
			model, bytes, uint64(len(bytes)), uint32(flags), ids, uint64(len(ids)), numIDs)
	})
	if err != nil {
		return nil, explain(nil, err)
	}
	return ids[:numIDs[0]], nil
}

// Detokenize turns token ids into text. For a stream of ids use a session's events.
func (m *Model) Detokenize(ids []int32) (string, error) {
	var text []byte
	size := make([]uint64, 1)
	err := m.handle.use(func(model uintptr) error {
		n := uint64(len(ids))
		if err := flat.Gemma4_model_detokenize(model, ids, n, nil, 0, size); err != nil {
			return err
		}
		text = make([]byte, size[0])
		return flat.Gemma4_model_detokenize(model, ids, n, text, size[0], size)
	})
	return string(text), explain(nil, err)
}

// VocabSize: token ids are in [0, VocabSize).
func (m *Model) VocabSize() int {
	return int(get(m.handle, flat.Gemma4_model_vocab_size))
}

// HiddenSize is how many numbers one token's state has: the length of Session.Embed.
func (m *Model) HiddenSize() int { return int(get(m.handle, flat.Gemma4_model_hidden_size)) }

// RenderJSONIDs is the prompt of a whole conversation as token ids, as the model's published chat
// template gives it. The request is one as chat APIs take it: "messages", "tools",
// "add_generation_prompt", "enable_thinking".
func (m *Model) RenderJSONIDs(json string) ([]int32, error) {
	bytes, numIDs := []byte(json), make([]uint64, 1)
	var ids []int32
	err := m.handle.use(func(model uintptr) error {
		render := func() error {
			return flat.Gemma4_model_render_json_ids(model, bytes, uint64(len(bytes)),
				flat.GEMMA4_CHAT_AUTO, ids, uint64(len(ids)), numIDs)
		}
		if err := render(); err != nil {
			return err
		}
		ids = make([]int32, numIDs[0])
		return render()
	})
	return ids, explain(nil, err)
}

// RenderJSON is RenderJSONIDs as text, in which content cannot be told from control tokens.
func (m *Model) RenderJSON(json string) (string, error) {
	bytes, size := []byte(json), make([]uint64, 1)
	var text []byte
	err := m.handle.use(func(model uintptr) error {
		render := func() error {
			return flat.Gemma4_model_render_json(model, bytes, uint64(len(bytes)),
				flat.GEMMA4_CHAT_AUTO, text, uint64(len(text)), size)
		}
		if err := render(); err != nil {
			return err
		}
		text = make([]byte, size[0])
		return render()
	})
	return string(text), explain(nil, err)
}

// MaxContextTokens is the longest context the model was made for.
func (m *Model) MaxContextTokens() int {
	return int(get(m.handle, flat.Gemma4_model_max_context_tokens))
}

// Variant is "E2B", "E4B", "12B", "26B-A4B", "31B", else "custom".
func (m *Model) Variant() string { return get(m.handle, flat.Gemma4_model_variant) }

// Format is "safetensors", "gguf" or "packed".
func (m *Model) Format() string { return get(m.handle, flat.Gemma4_model_format) }

// Weights is how most of its weights compute.
func (m *Model) Weights() Weights { return Weights(get(m.handle, flat.Gemma4_model_weights)) }

// NumThreads is how many threads compute, the caller's included.
func (m *Model) NumThreads() int { return int(get(m.handle, flat.Gemma4_model_num_threads)) }

// PrefillChunkTokens is how many tokens of a prompt one forward pass takes.
func (m *Model) PrefillChunkTokens() int {
	return int(get(m.handle, flat.Gemma4_model_prefill_chunk_tokens))
}

// HasTokenizer tells whether text can go in and out; without one, only token ids can.
func (m *Model) HasTokenizer() bool { return get(m.handle, flat.Gemma4_model_has_tokenizer) != 0 }

// BOSTokenID is the token that begins every sequence.
func (m *Model) BOSTokenID() int32 { return get(m.handle, flat.Gemma4_model_bos_token_id) }

// StopTokenIDs are the tokens that end a generation, from the checkpoint.
func (m *Model) StopTokenIDs() []int32 {
	return get(m.handle, func(model uintptr) []int32 {
		numIDs := make([]uint64, 1)
		address := flat.Gemma4_model_stop_token_ids(model, numIDs)
		ids := make([]int32, numIDs[0])
		if len(ids) > 0 {
			flat.ReadInts(ids, address, numIDs[0])
		}
		return ids
	})
}

// Close gives the model back. Sessions that were made from it keep what they need.
func (m *Model) Close() error {
	m.handle.close()
	return nil
}
