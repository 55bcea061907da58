#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Small model files that are right, for model_files.cpp to begin with: model_seeds.py FOLDER, which gets a folder for each parser.

Refuses to be a test: whether they are read, the fuzzer's coverage says.
"""
import json
import pathlib
import struct
import sys

U32, I32, F32, BOOL, TEXT, ARRAY = 4, 5, 6, 7, 8, 9


def text(s):
    raw = s.encode()
    return struct.pack("<Q", len(raw)) + raw


def words(s):
    return struct.pack("<I", TEXT) + text(s)


def number(n):
    return struct.pack("<II", U32, n)


def array(of, items):
    body = b"".join(map(text, items)) if of == TEXT else struct.pack("<%d%s" % (len(items), "f" if of == F32 else "i"), *items)
    return struct.pack("<IIQ", ARRAY, of, len(items)) + body


def gguf(architecture, tokenizer, kind=0, dim=4, more=()):
    a, vocab = architecture + ".", 8
    keys = {"general.architecture": words(architecture), a + "embedding_length": number(dim), a + "feed_forward_length": number(dim),
            a + "block_count": number(1), a + "attention.head_count": number(1), a + "attention.head_count_kv": number(1),
            a + "context_length": number(8), a + "attention.layer_norm_rms_epsilon": struct.pack("<If", F32, 1e-5),
            **tokenizer, **dict(more)}
    tensors = [("token_embd.weight", dim, vocab), ("output_norm.weight", dim, 0)]
    for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
        tensors.append(("blk.0.%s.weight" % name, dim, dim))
    tensors += [("blk.0.attn_norm.weight", dim, 0), ("blk.0.ffn_norm.weight", dim, 0)]
    head, data = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys)), b""
    head += b"".join(text(k) + v for k, v in keys.items())
    for name, cols, rows in tensors:
        size, is_block = (cols, rows) if rows else (cols,), kind == 8 and rows
        head += text(name) + struct.pack("<I%dQIQ" % len(size), len(size), *size, 8 if is_block else 0, len(data))
        count = cols * max(rows, 1)
        data += struct.pack("<e32b", 0.01, *range(32)) * (count // 32) if is_block else struct.pack("<%df" % count, *[0.5] * count)
        data += bytes(-len(data) % 32)
    return head + bytes(-len(head) % 32) + data


TOKENS = ["<unk>", "<s>", "</s>", "a", "b", "ab", "\u2581", "\u2581a"]
BYTE_LEVEL = {"tokenizer.ggml.model": words("gpt2"), "tokenizer.ggml.pre": words("llama-bpe"),
              "tokenizer.ggml.tokens": array(TEXT, ["<|end|>", "a", "b", "ab", "c", "abc", "!", "<x>"]),
              "tokenizer.ggml.token_type": array(I32, [3, 1, 1, 1, 1, 1, 1, 4]),
              "tokenizer.ggml.merges": array(TEXT, ["a b", "ab c"]), "tokenizer.ggml.eos_token_id": number(0),
              "tokenizer.chat_template": words("{% for m in messages %}{{ m.role + m.content + '<|end|>' }}{% endfor %}")}
PIECES = {"tokenizer.ggml.model": words("llama"), "tokenizer.ggml.tokens": array(TEXT, TOKENS),
          "tokenizer.ggml.scores": array(F32, [0, 0, 0, -1, -2, -3, -4, -5]),
          "tokenizer.ggml.token_type": array(I32, [2, 3, 3, 1, 1, 1, 1, 1]), "tokenizer.ggml.bos_token_id": number(1),
          "tokenizer.ggml.eos_token_id": number(2)}
UNIGRAM = {**PIECES, "tokenizer.ggml.model": words("t5"), "tokenizer.ggml.unknown_token_id": number(0)}
CHATML = ("{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
          "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")
TURNS = ("{{ bos_token }}{%- if messages[0]['role'] == 'system' -%}{%- set first = messages[0]['content'] | trim + '\n\n' -%}"
         "{%- set loop_messages = messages[1:] -%}{%- else -%}{%- set first = '' -%}{%- set loop_messages = messages -%}{%- endif -%}"
         "{%- for message in loop_messages -%}{{ '<start_of_turn>' + message.role + '\n' + (first if loop.first else '') }}"
         "{{ message.content | trim }}{{ '<end_of_turn>\n' }}{%- endfor -%}"
         "{%- if add_generation_prompt -%}{{ '<start_of_turn>model\n' }}{%- endif -%}")


def added(*all_of):
    return [{"id": i, "content": c, "special": s} for i, c, s in all_of]


def seeds():
    yield "gguf", gguf("llama", BYTE_LEVEL)
    yield "gguf", gguf("llama", PIECES, kind=8, dim=32)
    yield "gguf", gguf("llama", UNIGRAM, more=[("llama.rope.freq_base", struct.pack("<If", F32, 500.0))])
    yield "gguf", gguf("phi3", PIECES, more=[("phi3.rope.dimension_count", number(4))])
    header = json.dumps({"__metadata__": {"format": "pt"}, "a.weight": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
                         "b.bias": {"dtype": "BF16", "shape": [4], "data_offsets": [16, 24]}}).encode()
    yield "safetensors", struct.pack("<Q", len(header)) + header + bytes(24)
    for j in ({"added_tokens": added((3, "<|end|>", True)), "normalizer": {"type": "NFC"}, "post_processor": None,
               "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True},
               "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}},
              {"added_tokens": added((0, "<unk>", True), (1, "<s>", True)),
               "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"},
                                                                  {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]},
               "pre_tokenizer": None, "decoder": {"type": "ByteFallback"},
               "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}],
                                  "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
               "model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": True, "merges": [["a", "b"]],
                         "vocab": {"<unk>": 0, "<s>": 1, "a": 2, "b": 3, "ab": 4,
                                   **{"<0x%02X>" % b: 5 + b for b in range(256)}}}},
              {"added_tokens": [], "normalizer": None, "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581"},
               "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["a", -1.5], ["\u2581a", -2.0]]}},
              {"added_tokens": added((0, "[UNK]", True), (1, "[CLS]", True), (2, "[SEP]", True)),
               "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
                              "lowercase": True}, "pre_tokenizer": {"type": "BertPreTokenizer"},
               "post_processor": {"type": "BertProcessing", "cls": ["[CLS]", 1], "sep": ["[SEP]", 2]},
               "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                         "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "hug": 3, "##s": 4}}}):
        yield "tokenizer", json.dumps(j, ensure_ascii=False).encode()
    yield "vocab_txt", b"[UNK]\n[CLS]\n[SEP]\nhug\n##s\n"
    plain = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 6, "num_attention_heads": 2, "vocab_size": 8,
             "max_position_embeddings": 16, "eos_token_id": [1, 2]}
    for kind, more in (("llama", {"rms_norm_eps": 1e-5, "rope_theta": 1e4, "num_key_value_heads": 1,
                                  "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                                                   "high_freq_factor": 4.0, "original_max_position_embeddings": 16}}),
                       ("gemma3_text", {"rms_norm_eps": 1e-6, "head_dim": 4, "query_pre_attn_scalar": 4, "sliding_window": 4,
                                        "sliding_window_pattern": 6, "rope_local_base_freq": 1e4, "num_key_value_heads": 1}),
                       ("phi", {"layer_norm_eps": 1e-5, "partial_rotary_factor": 0.5}),
                       ("bert", {"layer_norm_eps": 1e-12, "type_vocab_size": 2})):
        yield "config", json.dumps({"model_type": kind, **plain, **more}).encode()
    yield "config", json.dumps({"model_type": "lfm2", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "norm_eps": 1e-5,
                                "num_key_value_heads": 1, "max_position_embeddings": 16, "vocab_size": 8, "conv_L_cache": 3,
                                "layer_types": ["conv", "full_attention"]}).encode()
    yield "config", json.dumps({"model_type": "gpt_neo", "hidden_size": 8, "num_layers": 2, "num_heads": 2, "vocab_size": 8,
                                "window_size": 4, "max_position_embeddings": 16, "layer_norm_epsilon": 1e-5,
                                "attention_types": [[["global", "local"], 1]]}).encode()
    for template in (CHATML, TURNS):
        yield "chat", template.encode()
    yield "llama2c", struct.pack("<i", 4) + b"".join(struct.pack("<fi", -float(i), len(t.encode())) + t.encode()
                                                     for i, t in enumerate(TOKENS))
    floats = 8 * 4 + 4 + 4 * 16 + 4 + 3 * 16 + 4 + 2 * 4 * 2
    yield "checkpoint", struct.pack("<7i", 4, 4, 1, 1, 1, 8, 4) + struct.pack("<%df" % floats, *[0.25] * floats)
    yield "checkpoint", struct.pack("<Ii7iB", 0x616B3432, 1, 4, 4, 1, 1, 1, 8, 4, 1) + bytes(256 - 37) + bytes(4 * floats)


WORDS = {"chat": ["{%", "%}", "{{", "}}", "{#", "#}", " if ", " else ", " elif ", "endif", " for ", " in ", "endfor", "set ", "messages",
                  "message", "['role']", ".content", "loop.first", "loop.last", "| trim", "raise_exception(", "namespace(", " is defined",
                  " == ", " != ", " and ", " or ", "not ", "tojson", "strftime_now(", "<|im_start|>", "add_generation_prompt"],
         "gguf": ["tokenizer.ggml.", "general.", ".rope.scaling.type", "rope_freqs.weight", "output.weight", "split.count", "qwen2", "gemma3",
                  "lfm2", "bert", "gpt2"]}


def main():
    folder = pathlib.Path(sys.argv[1])
    count = 0
    for parser, content in seeds():
        (folder / parser).mkdir(exist_ok=True)
        (folder / parser / ("%02d" % (count := count + 1))).write_bytes(content)
    for parser, all_of in WORDS.items():
        (folder / (parser + ".dict")).write_text("".join('"%s"\n' % w for w in all_of))


if __name__ == "__main__":
    main()
