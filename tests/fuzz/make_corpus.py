#!/usr/bin/env python3
"""Writes the seeds in tests/fuzz/corpus: run it from anywhere; it needs tests/golden only.

Seeds are small on purpose. A fuzzer changes a few bytes at a time, so in a short file a larger
part of the changes hits something that matters. Each seed reaches a part of a reader that others
do not; those that are refused are refused late.
"""
import json
import math
import pathlib
import struct

TESTS = pathlib.Path(__file__).resolve().parent.parent
CORPUS = TESTS / "fuzz" / "corpus"


def write(fuzzer, name, content):
    folder = CORPUS / fuzzer
    folder.mkdir(parents=True, exist_ok=True)
    content = content.encode() if isinstance(content, str) else content
    assert len(content) < 20000, name
    (folder / name).write_bytes(content)


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# ---- safetensors --------------------------------------------------------------------------------

ELEMENT_BYTES = {"F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I8": 1, "U8": 1}


def with_length(header, data=b""):
    header = header.encode()
    return struct.pack("<Q", len(header)) + header + data


def safetensors(tensors, dtype="BF16", metadata=None):
    """`tensors`: name to shape, or to (dtype, shape)."""
    header = {} if metadata is None else {"__metadata__": metadata}
    end = 0
    for name, entry in tensors.items():
        kind, shape = entry if isinstance(entry, tuple) else (dtype, entry)
        begin, end = end, end + math.prod(shape) * ELEMENT_BYTES[kind]
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}
    return with_length(compact(header), bytes(end))


def safetensors_seeds():
    fuzzer = "safetensors_header_fuzz"
    write(fuzzer, "empty", with_length("{}"))
    write(fuzzer, "two_tensors", safetensors({"a.weight": [2, 3], "b": [4]},
                                             metadata={"format": "pt"}))
    write(fuzzer, "every_type", safetensors({k.lower(): (k, [2]) for k in ELEMENT_BYTES}))
    write(fuzzer, "odd_shapes", safetensors({"scalar": [], "none": [0, 7], "rank8": [1] * 8}))
    write(fuzzer, "padded", with_length(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}   ', b"x"))
    write(fuzzer, "escapes", safetensors({'a"\\\n\u00e9\U0001f600': [1]}))
    write(fuzzer, "overlap", with_length(compact({
        "a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]},
        "b": {"dtype": "U8", "shape": [2], "data_offsets": [3, 5]}}), bytes(5)))
    write(fuzzer, "twice", with_length(
        '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},'
        '"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'))
    write(fuzzer, "overflow", with_length(compact({
        "a": {"dtype": "I64", "shape": [2**61, 8], "data_offsets": [0, 0]}})))
    write(fuzzer, "past_the_end", with_length(compact({
        "a": {"dtype": "F8_E4M3", "shape": [4], "data_offsets": [0, 4]}}), bytes(3)))


# ---- config.json and beside it ------------------------------------------------------------------

TINY = {
    "model_type": "gemma4_text", "vocab_size": 5, "hidden_size": 2, "num_hidden_layers": 1,
    "num_attention_heads": 1, "num_key_value_heads": 1, "head_dim": 2, "global_head_dim": 2,
    "intermediate_size": 3, "hidden_size_per_layer_input": 0, "sliding_window": 4,
    "max_position_embeddings": 64,
}


def model_config_seeds():
    fuzzer = "model_config_json_fuzz"
    for folder in sorted((TESTS / "golden/family").iterdir()):
        if folder.is_dir():
            config = json.loads((folder / "config.json").read_text())
            write(fuzzer, "published_" + folder.name, compact(config))
    for name in ["odd", "26b-a4b", "12b"]:
        config = json.loads((TESTS / "golden/text" / name / "config.json").read_text())
        write(fuzzer, "reference_" + name, compact(config))
    write(fuzzer, "tiny", compact(TINY))
    write(fuzzer, "defaults", '{"model_type":"gemma4"}')
    write(fuzzer, "other_model", '{"model_type":"gemma3","architectures":["Gemma3ForCausalLM"]}')
    write(fuzzer, "quantized", compact(TINY | {"quantization_config": {"quant_method": "awq"}}))
    write(fuzzer, "generation", compact({
        "eos_token_id": [1, 106], "suppress_tokens": [4], "do_sample": True, "temperature": 0.5,
        "top_k": None, "top_p": 0.9}))
    write(fuzzer, "index", compact({"metadata": {"total_size": 4}, "weight_map": {
        "b": "model-00001-of-00002.safetensors", "a": "model-00002-of-00002.safetensors",
        "c": "model-00001-of-00002.safetensors"}}))


# ---- Both together ------------------------------------------------------------------------------

def tensors_of(config, prefix="model."):
    """The decoder's tensors for a configuration whose layers are all alike and full, but for the
    K/V that the last num_kv_shared_layers lack."""
    hidden, head = config["hidden_size"], config["head_dim"]
    query = config["num_attention_heads"] * head
    kv = config["num_key_value_heads"] * head
    layers, ple = config["num_hidden_layers"], config["hidden_size_per_layer_input"]
    tensors = {prefix + "embed_tokens.weight": [config["vocab_size"], hidden],
               prefix + "norm.weight": [hidden]}
    if not config.get("tie_word_embeddings", True):
        tensors["lm_head.weight"] = [config["vocab_size"], hidden]
    if ple:
        tensors |= {
            prefix + "embed_tokens_per_layer.weight":
                [config["vocab_size_per_layer_input"], layers * ple],
            prefix + "per_layer_model_projection.weight": [layers * ple, hidden],
            prefix + "per_layer_projection_norm.weight": [ple]}
    for i in range(layers):
        owns_kv = i < layers - config.get("num_kv_shared_layers", 0)
        width = config["intermediate_size"]
        layer = {
            "input_layernorm.weight": [hidden], "post_attention_layernorm.weight": [hidden],
            "pre_feedforward_layernorm.weight": [hidden],
            "post_feedforward_layernorm.weight": [hidden],
            "self_attn.q_proj.weight": [query, hidden], "self_attn.o_proj.weight": [hidden, query],
            "self_attn.q_norm.weight": [head],
            "mlp.gate_proj.weight": [width, hidden], "mlp.up_proj.weight": [width, hidden],
            "mlp.down_proj.weight": [hidden, width], "layer_scalar": [1]}
        if owns_kv:
            layer |= {"self_attn.k_proj.weight": [kv, hidden], "self_attn.k_norm.weight": [head]}
            if not config.get("attention_k_eq_v"):
                layer["self_attn.v_proj.weight"] = [kv, hidden]
        if ple:
            layer |= {"per_layer_input_gate.weight": [ple, hidden],
                      "per_layer_projection.weight": [hidden, ple],
                      "post_per_layer_input_norm.weight": [hidden]}
        if config.get("enable_moe_block"):
            experts, moe = config["num_experts"], config["moe_intermediate_size"]
            layer |= {"router.proj.weight": [experts, hidden], "router.scale": [hidden],
                      "router.per_expert_scale": [experts],
                      "experts.gate_up_proj": [experts, 2 * moe, hidden],
                      "experts.down_proj": [experts, hidden, moe],
                      "pre_feedforward_layernorm_2.weight": [hidden],
                      "post_feedforward_layernorm_1.weight": [hidden],
                      "post_feedforward_layernorm_2.weight": [hidden]}
        tensors |= {f"{prefix}layers.{i}.{name}": shape for name, shape in layer.items()}
    return tensors


def open_checkpoint_seeds():
    fuzzer = "open_checkpoint_fuzz"

    def both(config, weights):
        return compact(config).encode() + b"\0" + weights

    write(fuzzer, "tiny", both(TINY, safetensors(tensors_of(TINY))))
    untied = TINY | {"tie_word_embeddings": False, "attention_k_eq_v": True,
                     "num_global_key_value_heads": 1}
    write(fuzzer, "untied_k_eq_v", both(untied, safetensors(tensors_of(untied), "F32")))
    moe = TINY | {"enable_moe_block": True, "num_experts": 2, "top_k_experts": 1,
                  "moe_intermediate_size": 2}
    write(fuzzer, "moe", both(moe, safetensors(tensors_of(moe), "F16")))
    shared = TINY | {"num_hidden_layers": 2, "num_kv_shared_layers": 1,
                     "layer_types": ["full_attention"] * 2, "hidden_size_per_layer_input": 1,
                     "vocab_size_per_layer_input": 6}
    write(fuzzer, "shared_ple", both(shared, safetensors(tensors_of(shared))))
    multimodal = {"model_type": "gemma4", "text_config": TINY, "vision_config": {},
                  "image_token_id": 4, "video_token_id": None, "audio_token_id": 3}
    weights = tensors_of(TINY, "model.language_model.")
    weights |= {"model.vision_tower.x": [1], "lm_head.weight": [5, 2],
                "model.language_model.rotary_emb.inv_freq": ("F32", [1])}
    write(fuzzer, "multimodal", both(multimodal, safetensors(weights)))
    # Refused, each at another place.
    write(fuzzer, "no_weights", both(TINY, b""))
    write(fuzzer, "other_shape", both(TINY | {"hidden_size": 3}, safetensors(tensors_of(TINY))))
    write(fuzzer, "missing", both(TINY, safetensors({"model.norm.weight": [2]})))
    write(fuzzer, "unknown", both(TINY, safetensors({"model.layers.0.x": [1], "bert": [1]})))
    write(fuzzer, "no_such_layer", both(TINY, safetensors({"model.layers.7.layer_scalar": [1]})))
    write(fuzzer, "same_part_twice", both(TINY, safetensors(
        tensors_of(TINY) | {"language_model.norm.weight": [2]})))
    write(fuzzer, "gguf", b"\0GGUF\3\0\0\0")


# ---- GGUF ---------------------------------------------------------------------------------------

SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q",
           11: "<q", 12: "<d"}
STRING, ARRAY = 8, 9
# ggml's number of a format: elements and bytes of a block.
GGML_BLOCKS = {0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24),
               8: (32, 34), 10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176),
               14: (256, 210), 20: (32, 18), 23: (256, 136), 24: (1, 1), 26: (1, 4), 27: (1, 8),
               30: (1, 2), 39: (32, 17)}


def gguf_string(text):
    return struct.pack("<Q", len(text.encode())) + text.encode()


def gguf_value(kind, value):
    return gguf_string(value) if kind == STRING else struct.pack(SCALARS[kind], value)


def gguf(values, tensors=(), alignment=32, version=3):
    """`values`: (key, type, value), a list being an array of that type. `tensors`: (name, shape
    innermost first, ggml's type)."""
    out = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(values))
    for key, kind, value in values:
        out += gguf_string(key)
        if isinstance(value, list):
            out += struct.pack("<IIQ", ARRAY, kind, len(value))
            out += b"".join(gguf_value(kind, element) for element in value)
        else:
            out += struct.pack("<I", kind) + gguf_value(kind, value)
    offset = 0
    for name, shape, kind in tensors:
        out += gguf_string(name) + struct.pack("<I", len(shape))
        out += struct.pack(f"<{len(shape)}Q", *shape) + struct.pack("<IQ", kind, offset)
        elements, size = GGML_BLOCKS.get(kind, (1, 1))
        offset += -(-math.prod(shape) // elements) * size
        offset += -offset % alignment
    if tensors:
        out += bytes(-len(out) % alignment + offset)
    return out


def gguf_checkpoint(vocab_size=5, more_values=()):
    """Values and tensors of a model with one layer, the sizes of TINY and a tokenizer in
    `more_values`, if any."""
    values = [("general.architecture", STRING, "gemma4")]
    values += [("gemma4." + key, 4, value) for key, value in [
        ("block_count", 1), ("embedding_length", 2), ("context_length", 64),
        ("feed_forward_length", 3), ("attention.head_count", 1), ("attention.head_count_kv", 1),
        ("attention.key_length", 2), ("attention.key_length_swa", 2),
        ("attention.value_length", 2), ("attention.value_length_swa", 2),
        ("attention.sliding_window", 4), ("attention.shared_kv_layers", 0)]]
    values += [("gemma4.attention.sliding_window_pattern", 7, [False]),
               ("gemma4.attention.layer_norm_rms_epsilon", 6, 1e-6),
               ("gemma4.rope.freq_base", 6, 1e6),
               ("tokenizer.ggml.suppress_tokens", 5, [4]), *more_values]
    tensors = [("token_embd.weight", [2, vocab_size], 30), ("output_norm.weight", [2], 0)]
    tensors += [("blk.0." + name, shape, 0) for name, shape in [
        ("attn_norm.weight", [2]), ("post_attention_norm.weight", [2]), ("ffn_norm.weight", [2]),
        ("post_ffw_norm.weight", [2]), ("attn_q.weight", [2, 2]), ("attn_k.weight", [2, 2]),
        ("attn_v.weight", [2, 2]), ("attn_output.weight", [2, 2]), ("attn_q_norm.weight", [2]),
        ("attn_k_norm.weight", [2]), ("ffn_gate.weight", [2, 3]), ("ffn_up.weight", [2, 3]),
        ("ffn_down.weight", [3, 2]), ("layer_output_scale.weight", [1])]]
    return values, tensors


def gguf_seeds():
    fuzzer = "gguf_fuzz"
    write(fuzzer, "empty", gguf([]))
    write(fuzzer, "every_scalar", gguf([(chr(97 + i), kind, 1) for i, kind in enumerate(SCALARS)]))
    write(fuzzer, "every_array", gguf([
        (chr(97 + i), kind, [1, 0]) for i, kind in enumerate(SCALARS)]))
    write(fuzzer, "extremes", gguf([("a", 10, 2**64 - 1), ("b", 11, -2**63), ("", 6, math.inf)]))
    write(fuzzer, "every_format", gguf([], [
        (f"t{kind}", [256, 1], kind) for kind in GGML_BLOCKS]))
    write(fuzzer, "shapes", gguf([], [
        ("scalar", [], 0), ("rank4", [2, 1, 3, 1], 1), ("x", [32, 2], 8)]))
    write(fuzzer, "alignment", gguf([("general.alignment", 4, 64)], [("a", [3], 0), ("b", [5], 30)],
                                    alignment=64))
    write(fuzzer, "model", gguf([
        ("general.architecture", STRING, "gemma4"),
        ("gemma4.block_count", 4, 2),
        ("gemma4.attention.layer_norm_rms_epsilon", 6, 1e-6),
        ("gemma4.attention.sliding_window_pattern", 7, [True, False]),
        ("gemma4.attention.head_count_kv", 5, [2, 1]),
        ("tokenizer.ggml.model", STRING, "gemma4"),
        ("tokenizer.ggml.tokens", STRING, ["<pad>", "<eos>", "<bos>", "\u2581the", ""]),
        ("tokenizer.ggml.scores", 6, [0.0, -1.0, -1000.0, 0.5, 0.25]),
        ("tokenizer.ggml.token_type", 5, [3, 3, 3, 1, 6]),
        ("tokenizer.ggml.add_bos_token", 7, True),
    ], [("token_embd.weight", [32, 5], 8), ("output_norm.weight", [32], 0),
        ("blk.0.attn_q.weight", [32, 2], 2)]))
    write(fuzzer, "checkpoint", gguf(*gguf_checkpoint()))
    values, tensors = gguf_checkpoint()
    write(fuzzer, "checkpoint_moe", gguf(
        values + [("gemma4.expert_count", 4, 2), ("gemma4.expert_used_count", 4, 1),
                  ("gemma4.expert_feed_forward_length", 4, 2)],
        tensors + [("blk.0.ffn_gate_inp.weight", [2, 2], 0), ("blk.0.ffn_gate_inp.scale", [2], 0),
                   ("blk.0.ffn_down_exps.scale", [2], 0),
                   ("blk.0.ffn_gate_up_exps.weight", [2, 4, 2], 1),
                   ("blk.0.ffn_down_exps.weight", [2, 2, 2], 30),
                   ("blk.0.pre_ffw_norm_2.weight", [2], 0),
                   ("blk.0.post_ffw_norm_1.weight", [2], 0),
                   ("blk.0.post_ffw_norm_2.weight", [2], 0)]))
    pieces = NAMED + [f"<0x{byte:02X}>" for byte in range(256)] + ["a", "b", "ab", "<|turn>", "\n"]
    write(fuzzer, "checkpoint_tokenizer", gguf(*gguf_checkpoint(len(pieces), [
        ("tokenizer.ggml.model", STRING, "gemma4"),
        ("tokenizer.ggml.tokens", STRING, pieces),
        ("tokenizer.ggml.token_type", 0, [3] * 4 + [6] * 256 + [1, 1, 1, 4, 4]),
        ("tokenizer.ggml.merges", STRING, ["a b"]),
        ("tokenizer.ggml.bos_token_id", 4, 2), ("tokenizer.ggml.eos_token_id", 4, 1)])))
    # Refused, each at another place.
    write(fuzzer, "split", gguf(values + [("split.count", 2, 2), ("split.no", 2, 0)], tensors))
    write(fuzzer, "other_model", gguf([("general.architecture", STRING, "gemma3")]))
    write(fuzzer, "adapter", gguf([("general.type", STRING, "adapter")]))
    write(fuzzer, "drafter", gguf([("general.architecture", STRING, "gemma4"),
                                   ("gemma4.assistant.type", STRING, "mtp")]))
    write(fuzzer, "old_version", gguf([], version=2))
    write(fuzzer, "no_such_format", gguf([], [("a", [256], 16)]))
    write(fuzzer, "no_whole_block", gguf([], [("a", [31], 8)]))
    write(fuzzer, "key_twice", gguf([("a", 4, 1), ("a", 4, 1)]))
    write(fuzzer, "tensor_twice", gguf([], [("a", [1], 0), ("a", [1], 0)]))
    write(fuzzer, "cut", gguf([("a", STRING, ["b", "c"])], [("a", [8], 0)])[:-8])


# ---- Tokenizers ---------------------------------------------------------------------------------

BYTE_PIECES = "<0x..>"  # tokenizer_json_fuzz.cc puts all 256 there
NAMED = ["<pad>", "<eos>", "<bos>", "<unk>"]


def tokenizer_json(pieces, merges, added=(), order=("added_tokens", "normalizer", "model")):
    """`pieces` follow the named and the byte pieces."""
    vocab = {text: i for i, text in enumerate(NAMED)} | {BYTE_PIECES: 4}
    vocab |= {text: 260 + i for i, text in enumerate(pieces)}
    document = {
        "added_tokens": [{"id": i, "content": text, "special": special}
                         for i, text, special in
                         [(vocab[text], text, True) for text in NAMED] + list(added)],
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"},
        "model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": True, "vocab": vocab,
                  "merges": merges},
    }
    return compact({key: document[key] for key in order})


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def message(*fields):
    """`fields`: (number, value): an int is a varint, a float 32 bits, the rest bytes."""
    out = b""
    for number, value in fields:
        if isinstance(value, float):
            out += varint(number << 3 | 5) + struct.pack("<f", value)
        elif isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6


def tokenizer_model(pieces, trainer=((3, 2), (35, 1)), normalizer=((3, 0), (4, 0), (5, 1))):
    """`pieces`: (text, type). The fuzzer puts the byte pieces in front."""
    fields = [(1, message((1, text), (2, float(-i)), (3, kind)))
              for i, (text, kind) in enumerate(pieces)]
    return message(*fields, (2, message(*trainer)), (3, message(*normalizer)))


def tokenizer_seeds():
    fuzzer = "tokenizer_json_fuzz"
    pieces = ["a", "b", "t", "h", "e", "\u2581", "th", "the", "\u2581the", "\n", "\n\n", "<|turn>"]
    merges = [["t", "h"], ["th", "e"], ["\u2581", "the"]]
    added = [(269, "\n", False), (270, "\n\n", False), (271, "<|turn>", True)]
    plain = tokenizer_json(pieces, merges, added)
    write(fuzzer, "lists.json", plain)
    write(fuzzer, "strings.json", tokenizer_json(pieces, [" ".join(m) for m in merges], added))
    write(fuzzer, "no_merges.json", tokenizer_json(["a"], []))
    write(fuzzer, "model_first.json", tokenizer_json(
        pieces, merges, added + [(272, "<|new|>", True), (273, "<odd>", False)],
        order=("model", "added_tokens")))
    # Merges before the pieces that they name: the document is read twice.
    document = json.loads(plain)
    model = document["model"]
    document["model"] = {"merges": model.pop("merges")} | model
    write(fuzzer, "merges_first.json", compact(document))
    write(fuzzer, "sequence.json", plain.replace(
        '"normalizer":{', '"normalizer":{"type":"Sequence","normalizers":[],"x":{', 1).replace(
        '},"model"', '}},"model"', 1))
    write(fuzzer, "unigram.json", plain.replace('"BPE"', '"Unigram"'))
    write(fuzzer, "no_such_merge.json", tokenizer_json(["a", "b"], [["a", "b"]]))
    write(fuzzer, "same_id.json", plain.replace('"b":261', '"b":260'))
    write(fuzzer, "surrogate.json", plain.replace('"b":261', '"\\ud83d\\ude00":261'))

    # The published form, cut to its first pieces, and with every byte piece in the file itself.
    published = json.loads((TESTS / "golden/tokenizer/tokenizer.json").read_text())
    vocab = {text: i for text, i in published["model"]["vocab"].items() if i < 300}
    published["model"]["vocab"] = vocab
    published["model"]["merges"] = [pair for pair in published["model"]["merges"]
                                    if all(text in vocab for text in [*pair, "".join(pair)])]
    published["added_tokens"] = [{key: token[key] for key in ("id", "content", "special")}
                                 for token in published["added_tokens"] if token["id"] < 300]
    write(fuzzer, "published.json", compact(published))

    kinds = [("<pad>", CONTROL), ("<eos>", CONTROL), ("<bos>", CONTROL), ("<unk>", UNKNOWN),
             ("a", NORMAL), ("th", NORMAL), ("e", NORMAL), ("the", NORMAL), ("\u2581the", NORMAL),
             ("\n", USER_DEFINED), ("\n\n", USER_DEFINED), ("<|turn>", USER_DEFINED),
             ("<unused0>", UNUSED)]
    write(fuzzer, "short.model", tokenizer_model(kinds))
    write(fuzzer, "full.model", tokenizer_model(
        [(f"<0x{byte:02X}>", BYTE) for byte in range(256)] + kinds))
    write(fuzzer, "no_unknown.model", tokenizer_model(kinds[:3]))
    write(fuzzer, "twice.model", tokenizer_model(kinds + [("a", NORMAL)]))
    write(fuzzer, "no_byte.model", tokenizer_model([("<0xZZ>", BYTE)]))
    write(fuzzer, "unigram.model", tokenizer_model(kinds, trainer=((3, 1),)))
    write(fuzzer, "prefix.model", tokenizer_model(kinds, normalizer=((2, b"x"), (3, 1))))
    write(fuzzer, "wire_types.model",
          tokenizer_model(kinds) + message((9, 1.5), (10, 2**63)) + varint(11 << 3 | 1) + bytes(8))


# ---- stop strings -------------------------------------------------------------------------------

def stop_string_seeds():
    """Stop strings between '|', a newline, and the text, cut at every '^'."""
    fuzzer = "stop_strings_fuzz"
    write(fuzzer, "one", "STOP\nHello S^TO^P and more")
    write(fuzzer, "none_of_it", "STOP\nHello S^TA^ST")
    write(fuzzer, "overlap", "aab|abcabd\n^a^a^cabcab^cabd")
    write(fuzzer, "inside", "abcde|cd|e\nxab^cde")
    write(fuzzer, "same_end", "b|xab|ab\nxa^b")
    write(fuzzer, "code_points", "\u00e9!|\U0001f600\U0001f601\n\u00e8\u00e9^?\U0001f600^\U0001f602")
    write(fuzzer, "bytes", b"\xc3\xa9\n\xc3^\xa9\xff\xc3")
    write(fuzzer, "empty", "a||b\n")
    write(fuzzer, "too_long", "a" * 1025 + "\n")
# ---- chat ---------------------------------------------------------------------------------------

def chat_request_seeds():
    fuzzer = "chat_request_fuzz"
    golden = TESTS / "golden" / "chat" / "cases.jsonl"
    lines = [line for line in golden.read_bytes().decode().split("\n") if line]
    wanted = {"calls", "parts", "reasoning", "thinking", "tools", "values", "mix"}
    for line in lines[::4]:
        case = json.loads(line)
        if case["area"] not in wanted:
            continue
        keys = ("messages", "tools", "add_generation_prompt", "enable_thinking",
                "preserve_thinking")
        write(fuzzer, f"{case['area']}_{case['name']}.json".replace("|", "_"),
              compact({key: case[key] for key in keys if key in case}))
    write(fuzzer, "schema.json", compact({"messages": [], "tools": [{"function": {
        "name": "f", "description": None, "response": {"type": "object", "description": "d"},
        "parameters": {"type": "object", "required": ["a"], "properties": {
            "a": {"type": ["string", "null"], "nullable": True},
            "b": {"type": "array", "items": {"type": ["object"], "required": ["x"],
                                             "properties": {"x": {"type": "string"}}, "k": [1]}},
            "c": {"type": "object", "title": "t", "required": "ab"},
            "d": {"type": "string", "enum": ["e", {"k": 1.0}], "description": ["\u200b'"]},
        }}}}]}))


def turn_parser_seeds():
    fuzzer = "turn_parser_fuzz"
    begin, end, call, end_call, quote, stop = (bytes([b]) for b in range(0xF8, 0xFE))
    cut, finish, copy = b"\xF5", b"\xF6", b"\xF7"
    string = lambda text: quote + text + quote
    write(fuzzer, "text", b"\0Hello" + cut + b" w\xC3" + cut + b"\xA9\xE2\x82" + stop)
    write(fuzzer, "thought", b"\0" + begin + b"thought\n" + cut + b"Hm." + end + b"\nYes" + stop)
    write(fuzzer, "in_thought", b"\1thought\nHm." + copy + b"x" + end + b"Yes" + finish)
    write(fuzzer, "call", b"\0" + call + b"call:f{a:" + string(b"x}") +
          b",b:[1,true,{c:null}],d:word}" + end_call + call + b"call:g{}" + end_call)
    write(fuzzer, "json_call", b'\0' + call + b'call:f{"a": "x\\n\\"", b : 1e5}' + end_call)
    write(fuzzer, "bare_call", b"\2\ncall:f{a:" + string(b"}") + b',b:"}"}call:g{}' + end_call)
    write(fuzzer, "malformed", b"\0" + call + b"call:f{a:" + quote + b"x}" + end_call + b"text")
    write(fuzzer, "open_call", b"\2call:f{a:[[[" + begin + b"thought" + end + end)


# ---- grammars -----------------------------------------------------------------------------------

def grammar_seeds():
    fuzzer = "json_schema_fuzz"
    write(fuzzer, "anything", "{}")
    write(fuzzer, "nothing", "false")
    write(fuzzer, "person", compact({
        "type": "object", "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 9},
            "age": {"type": "integer", "minimum": 0, "maximum": 150},
            "tags": {"type": "array", "items": {"enum": ["a", "ab", 1, None]}, "minItems": 1}},
        "required": ["name"], "additionalProperties": False}))
    write(fuzzer, "map", compact({"additionalProperties": {"type": "number"}, "type": "object",
                                  "properties": {"a": True}, "maxProperties": 3}))
    write(fuzzer, "tree", compact({"$ref": "#/$defs/a", "$defs": {"a": {
        "type": "object", "properties": {"n": {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "null"}]}},
        "required": ["n"]}}}))
    write(fuzzer, "patterns", compact({"anyOf": [
        {"type": "string", "pattern": "^(a|b)*\\d{2,3}$", "maxLength": 9},
        {"type": "string", "format": "date"}, {"type": "number", "exclusiveMinimum": -1.5}]}))
    write(fuzzer, "combined", compact({"type": "object", "allOf": [
        {"properties": {"a": {"const": [1, {"k": "v"}]}}}, {"required": ["a"]}],
        "minProperties": 2}))
    write(fuzzer, "one_of", compact({"oneOf": [
        {"type": "object", "properties": {"t": {"const": "a"}}, "required": ["t"]},
        {"type": "object", "properties": {"t": {"const": "b"}}, "required": ["t"]},
        {"type": ["null", "boolean"]}]}))
    write(fuzzer, "tuple", compact({"type": "array", "prefixItems": [{"type": "integer"}, True],
                                    "items": False, "maxItems": 2}))
    write(fuzzer, "tools", compact([
        {"name": "f", "parameters": {"type": "object", "properties": {
            "x": {"type": "integer"}, "s": {"type": "string"}, "o": {"type": "object"}}}},
        {"type": "function", "function": {"name": "g"}}]))

    fuzzer = "gbnf_fuzz"
    write(fuzzer, "sum", 'root ::= term ("+" term)*\nterm ::= [0-9]+ | "(" root ")"\n')
    write(fuzzer, "repeats", 'root ::= ("a" | "bc"){1,3} [^a-z]{2} "x"? "y"{2,} # end\n')
    write(fuzzer, "ambiguous", 'root ::= "a" root "x" | "a" root "y" | "a" | ""\n')
    write(fuzzer, "counts", 'root ::= (("a"{1,500}){1,500} | "aa"){2,9} "b"\n')
    write(fuzzer, "empty", 'root ::= (a b?){0,4}\na ::= "x"* |\nb ::= (a "y")?\n')
    write(fuzzer, "characters", 'root ::= [\\x41\\u00e9-\\U0001F600\\]\\n] . "\\"\\\\"\n')
    write(fuzzer, "left", 'root ::= root "a" | "b"\n')


def main():
    for path in CORPUS.glob("*/*"):
        # Inputs that once broke something stay, and so do the indices of packed files, which
        # `gemma4 pack` made of tests/golden/text.
        if not path.name.startswith("found_") and path.suffix != ".index":
            path.unlink()
    safetensors_seeds()
    model_config_seeds()
    open_checkpoint_seeds()
    gguf_seeds()
    tokenizer_seeds()
    stop_string_seeds()
    chat_request_seeds()
    turn_parser_seeds()
    grammar_seeds()
    for folder in sorted(CORPUS.iterdir()):
        sizes = [path.stat().st_size for path in folder.iterdir()]
        assert sum(sizes) < 100000, folder
        print(f"{folder.name}: {len(sizes)} seeds, {sum(sizes)} bytes")


if __name__ == "__main__":
    main()
