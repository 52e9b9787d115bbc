package gemma4

import "gemma4/flat"

// ModelInfo is a look at a checkpoint: its headers, no weights. Any number of goroutines may use it.
type ModelInfo struct{ handle *handle }

// MemoryNeeds is what a model and one session take in memory, in bytes.
type MemoryNeeds struct {
	WeightsMappedBytes   uint64 // files that are mapped: address space, not all of it ever resident
	WeightsResidentBytes uint64 // weights as they are computed with
	KVBytes              uint64 // keys and values of the session when its context is full
	ScratchBytes         uint64 // activations, logits, tokenizer
	ResidentBytes        uint64 // the last three together
}

// TensorUse is what the decoder does with a tensor.
type TensorUse int32

const (
	TensorUsed     TensorUse = flat.GEMMA4_TENSOR_USED
	TensorSetAside TensorUse = flat.GEMMA4_TENSOR_SET_ASIDE // it is of the vision or audio part
	TensorDead     TensorUse = flat.GEMMA4_TENSOR_DEAD      // in the files, never computed with
)

// TensorInfo is one tensor of a checkpoint.
type TensorInfo struct {
	Name        string
	Type        string // "BF16"
	Shape       string // "[2048, 1536]", outermost first
	Role        string // "q_proj"; "" if it is not used
	NumElements uint64
	SizeBytes   uint64
	Use         TensorUse
	Layer       int // -1 if it belongs to none
}

// Inspect looks at a checkpoint folder or file, as Load takes it.
func Inspect(path string) (*ModelInfo, error) {
	if err := noNUL(path); err != nil {
		return nil, err
	}
	out := make([]uintptr, 1)
	if err := flat.Gemma4_model_inspect(path, out); err != nil {
		return nil, explain(nil, err)
	}
	return &ModelInfo{newHandle("model info", out[0], flat.Gemma4_model_info_free)}, nil
}

// InspectFiles looks at files in memory, as LoadFiles takes them. They are copied until Close.
func InspectFiles(files map[string][]byte) (*ModelInfo, error) {
	array, release, err := newMemoryFiles(files)
	if err != nil {
		return nil, err
	}
	out := make([]uintptr, 1)
	if err := flat.Gemma4_model_inspect_memory(array, uint64(len(files)), out); err != nil {
		release()
		return nil, explain(nil, err)
	}
	return &ModelInfo{newHandle("model info", out[0], func(info uintptr) {
		flat.Gemma4_model_info_free(info)
		release()
	})}, nil
}

// Variant is "E2B", "E4B", "12B", "26B-A4B", "31B", else "custom".
func (i *ModelInfo) Variant() string { return get(i.handle, flat.Gemma4_model_info_variant) }

// Format is "safetensors", "gguf" or "packed".
func (i *ModelInfo) Format() string { return get(i.handle, flat.Gemma4_model_info_format) }

// MaxContextTokens is the longest context the model was made for.
func (i *ModelInfo) MaxContextTokens() int {
	return int(get(i.handle, flat.Gemma4_model_info_max_context_tokens))
}

// VocabSize: token ids are in [0, VocabSize).
func (i *ModelInfo) VocabSize() int {
	return int(get(i.handle, flat.Gemma4_model_info_vocab_size))
}

// HiddenSize is how many numbers one token's state has.
func (i *ModelInfo) HiddenSize() int {
	return int(get(i.handle, flat.Gemma4_model_info_hidden_size))
}

// NumLayers is how many layers the decoder has.
func (i *ModelInfo) NumLayers() int {
	return int(get(i.handle, flat.Gemma4_model_info_num_layers))
}

// NumKVLayers is how many layers keep keys and values of their own.
func (i *ModelInfo) NumKVLayers() int {
	return int(get(i.handle, flat.Gemma4_model_info_num_kv_layers))
}

// SlidingWindow is how many positions a sliding layer sees.
func (i *ModelInfo) SlidingWindow() int {
	return int(get(i.handle, flat.Gemma4_model_info_sliding_window))
}

// HasTokenizer tells whether text can go in and out.
func (i *ModelInfo) HasTokenizer() bool {
	return get(i.handle, flat.Gemma4_model_info_has_tokenizer) != 0
}

// Tensors are those of the files, by name.
func (i *ModelInfo) Tensors() ([]TensorInfo, error) {
	var tensors []TensorInfo
	native := flat.Gemma4_tensor_info_alloc(1)
	defer flat.Gemma4_tensor_info_free(native, 1)
	err := i.handle.use(func(info uintptr) error {
		numTensors := flat.Gemma4_model_info_num_tensors(info)
		for index := uint64(0); index < numTensors; index++ {
			if err := flat.Gemma4_model_info_tensor(info, index, native); err != nil {
				return err
			}
			tensors = append(tensors, TensorInfo{
				Name:        flat.Gemma4_tensor_info_get_name(native),
				Type:        flat.Gemma4_tensor_info_get_type(native),
				Shape:       flat.Gemma4_tensor_info_get_shape(native),
				Role:        flat.Gemma4_tensor_info_get_role(native),
				NumElements: flat.Gemma4_tensor_info_get_num_elements(native),
				SizeBytes:   flat.Gemma4_tensor_info_get_size_bytes(native),
				Use:         TensorUse(flat.Gemma4_tensor_info_get_use(native)),
				Layer:       int(flat.Gemma4_tensor_info_get_layer(native)),
			})
		}
		return nil
	})
	return tensors, explain(nil, err)
}

// EstimateMemory is what a load and one session would take; nil: all defaults.
func (i *ModelInfo) EstimateMemory(load *LoadOptions, session *SessionOptions) (MemoryNeeds, error) {
	params, err := load.newNative()
	if err != nil {
		return MemoryNeeds{}, err
	}
	defer flat.Gemma4_load_params_free(params, 1)
	native := flat.Gemma4_memory_needs_alloc(1)
	defer flat.Gemma4_memory_needs_free(native, 1)
	err = i.handle.use(func(info uintptr) error {
		return session.with(func(sessionParams uintptr) error {
			return flat.Gemma4_memory_estimate(info, params, sessionParams, native)
		})
	})
	if err != nil {
		return MemoryNeeds{}, explain(nil, err)
	}
	return MemoryNeeds{
		WeightsMappedBytes:   flat.Gemma4_memory_needs_get_weights_mapped_bytes(native),
		WeightsResidentBytes: flat.Gemma4_memory_needs_get_weights_resident_bytes(native),
		KVBytes:              flat.Gemma4_memory_needs_get_kv_bytes(native),
		ScratchBytes:         flat.Gemma4_memory_needs_get_scratch_bytes(native),
		ResidentBytes:        flat.Gemma4_memory_needs_get_resident_bytes(native),
	}, nil
}

// Close frees the info.
func (i *ModelInfo) Close() error {
	i.handle.close()
	return nil
}
