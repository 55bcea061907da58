#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Small models of every family, of random weights, as files that other programs read:

  families.py FOLDER [FAMILY...]

FAMILY.gguf as llama.cpp's converter writes it, for families that llama.cpp has; else FAMILY/, a folder as transformers saves it.
Beside it FAMILY.npz, the same weights in the order of the published definition, for definition.py.

Weights are what trained ones look like more than a bell curve does: heavy tails (Student's t of 5 degrees of freedom), rows of
different sizes, a few channels that all matrices read eight times as loud, gains between a third and three, biases of keys up to
eight.
Refuses to say anything: no text means something to these models.
"""
import json
import math
import pathlib
import struct
import sys

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "real_shapes"))
from make_gguf import ARRAY, CONTROL, F32, I32, NORMAL, TEXT, UNUSED, array, number, real, text_of, truth, words  # noqa: E402

VOCAB = 384
CONTEXT = 512


class family:
    """What the published configurations say; what is not said is Llama's."""

    def __init__(self, name, **said):
        self.name = name
        self.gguf = name                    # the architecture in GGUF; None: llama.cpp has no such family
        self.dim, self.hidden, self.layers, self.heads, self.kv_heads = 128, 352, 4, 8, 4
        self.head_dim = 0
        self.norm, self.norm_bias, self.epsilon = "rms", False, 1e-5
        self.act, self.gated = "silu", True
        self.rotary, self.turning, self.theta = True, 0, 10000.0   # turning: of each head's channels, the first
        self.stretch = None                 # Llama 3.1: factor, low, high, original context
        self.local_theta = 0                # of layers with a window
        self.window, self.windowed = 0, lambda layer: True
        self.input_bias = self.output_bias = self.ffn_bias = self.head_bias = False
        self.head_norms = self.norms_behind = False
        self.join = "sequential"            # parallel, parallel_one_norm
        self.embedding_scale = 1.0
        self.score_scale = 0.0              # 0: head_dim ** -0.5
        self.softcap = self.logit_softcap = 0.0
        self.positions = self.tied = False
        self.gain_is_one_more = False       # norms multiply by 1 + weight
        self.order = ""                     # LFM2's layers: c a
        self.encoder = False
        self.per_layer = 0                  # width of a token's row in a table of each layer
        self.__dict__.update(said)
        self.head_dim = self.head_dim or self.dim // self.heads
        self.turning = self.turning or self.head_dim


BIASED = {"norm": "layer", "norm_bias": True, "gated": False, "hidden": 512, "kv_heads": 8, "input_bias": True,
          "output_bias": True, "ffn_bias": True}

FAMILIES = [
    family("llama", theta=500000.0, stretch=(8.0, 1.0, 4.0, 64), tied=True),
    family("qwen2", theta=1e6, epsilon=1e-6, input_bias=True, tied=True),
    family("qwen3", theta=1e6, epsilon=1e-6, head_norms=True, head_dim=24, tied=True),
    family("gemma2", epsilon=1e-6, head_dim=32, norms_behind=True, act="gelu_tanh", embedding_scale=math.sqrt(128), window=24,
           windowed=lambda layer: layer % 2 == 0, softcap=50.0, logit_softcap=30.0, gain_is_one_more=True, tied=True),
    family("gemma3", epsilon=1e-6, layers=7, head_dim=32, norms_behind=True, head_norms=True, act="gelu_tanh", theta=1e6,
           local_theta=10000.0, embedding_scale=math.sqrt(128), window=24, windowed=lambda layer: layer % 6 != 5,
           gain_is_one_more=True, tied=True),
    family("phi2", **{**BIASED, "turning": 8, "join": "parallel_one_norm", "act": "gelu_tanh", "head_bias": True}),
    family("phi3", window=300),
    family("stablelm", norm="layer", norm_bias=True, turning=4, kv_heads=8),
    family("stablelm2", gguf="stablelm", norm="layer", norm_bias=True, turning=4, kv_heads=8, input_bias=True),
    family("lfm2", order="ccacca", layers=6, head_norms=True, theta=1e6, tied=True),
    family("gpt_neox", gguf="gptneox", **{**BIASED, "turning": 4, "join": "parallel", "act": "gelu"}),
    family("gpt2", **{**BIASED, "act": "gelu_tanh", "rotary": False, "positions": True, "tied": True}),
    family("gpt_neo", **{**BIASED, "gguf": None, "act": "gelu_tanh", "rotary": False, "positions": True, "tied": True,
                         "input_bias": False, "score_scale": 1.0, "window": 24, "windowed": lambda layer: layer % 2 == 1}),
    family("opt", **{**BIASED, "gguf": None, "act": "relu", "rotary": False, "positions": True, "tied": True}),
    family("bert", **{**BIASED, "act": "gelu", "rotary": False, "positions": True, "encoder": True, "epsilon": 1e-12}),
    family("ple_tinylm", gguf=None, kv_heads=8, epsilon=1e-6, tied=True, per_layer=96),
]


class maker:
    def __init__(self, seed):
        self.draw = numpy.random.default_rng(seed)

    def matrix(self, rows, cols, loud=True, size=1.0):
        w = self.draw.standard_t(5, (rows, cols)) * math.sqrt(3 / 5) * size / math.sqrt(cols)
        w *= numpy.exp(0.25 * self.draw.standard_normal((rows, 1)))
        if loud:
            w[:, self.draw.integers(0, cols, 3)] *= 8 / math.sqrt(1 + 3 * 63 / cols)
        return w.astype(numpy.float32)

    def gain(self, n):
        return numpy.clip(numpy.exp(0.3 * self.draw.standard_normal(n)), 1 / 3, 3).astype(numpy.float32)

    def bias(self, n, size=0.1):
        b = size * self.draw.standard_normal(n)
        b[self.draw.integers(0, n, max(1, n // 64))] *= 8
        return b.astype(numpy.float32)


def weights_of(f, seed):
    """Names of our own; matrices (out, in), in the order of the published definition."""
    m, w = maker(seed), {}
    q, kv = f.heads * f.head_dim, f.kv_heads * f.head_dim

    def norm(name, n=None):
        gain = m.gain(n or f.dim)
        w[name] = gain - numpy.float32(1) if f.gain_is_one_more else gain
        if f.norm_bias:
            w[name + ".bias"] = m.bias(n or f.dim)

    def linear(name, rows, cols, biased, size=1.0, bias=0.1):
        w[name] = m.matrix(rows, cols, size=size)
        if biased:
            w[name + ".bias"] = m.bias(rows, bias)

    w["embedding"] = m.matrix(VOCAB, f.dim, loud=False)
    if f.positions:
        w["positions"] = m.matrix(CONTEXT, f.dim, loud=False, size=0.5)
    if f.encoder:
        w["types"] = m.matrix(2, f.dim, loud=False, size=0.2)
        norm("embedding_norm")
    for layer in range(f.layers):
        at = "%d." % layer
        norm(at + "attention_norm")
        if f.order[layer:layer + 1] == "c":
            linear(at + "conv_in", 3 * f.dim, f.dim, False)
            w[at + "conv_taps"] = m.draw.normal(0, 0.5, (f.dim, 3)).astype(numpy.float32)
            linear(at + "conv_out", f.dim, f.dim, False)
        else:
            linear(at + "query", q, f.dim, f.input_bias, 1.5)
            linear(at + "key", kv, f.dim, f.input_bias, 1.5, 1.0)
            linear(at + "value", kv, f.dim, f.input_bias)
            linear(at + "output", f.dim, q, f.output_bias)
            if f.head_norms:
                norm(at + "query_norm", f.head_dim)
                norm(at + "key_norm", f.head_dim)
        if f.norms_behind:
            norm(at + "post_attention_norm")
            norm(at + "post_ffn_norm")
        if f.join != "parallel_one_norm":
            norm(at + "ffn_norm")
        if f.gated:
            linear(at + "gate", f.hidden, f.dim, False)
        linear(at + "up", f.hidden, f.dim, f.ffn_bias)
        linear(at + "down", f.dim, f.hidden, f.ffn_bias)
        if f.per_layer:
            linear(at + "per_layer_gate", f.per_layer, f.dim, False)
            linear(at + "per_layer_output", f.dim, f.per_layer, False)
            norm(at + "post_per_layer_norm")
    if f.per_layer:
        w["per_layer_table"] = m.matrix(VOCAB, f.layers * f.per_layer, loud=False, size=math.sqrt(f.layers))
        linear("per_layer_input", f.layers * f.per_layer, f.dim, False)
        norm("per_layer_norm", f.per_layer)
    if not f.encoder:
        norm("final_norm")
        if not f.tied:
            linear("head", VOCAB, f.dim, f.head_bias)
    return w


# ---- GGUF, as llama.cpp's converter writes it ---------------------------------------------------------------------------------

IN_GGUF = {"attention_norm": "attn_norm", "ffn_norm": "ffn_norm", "query": "attn_q", "key": "attn_k", "value": "attn_v",
           "output": "attn_output", "query_norm": "attn_q_norm", "key_norm": "attn_k_norm", "gate": "ffn_gate", "up": "ffn_up",
           "down": "ffn_down", "post_attention_norm": "post_attention_norm", "post_ffn_norm": "post_ffw_norm",
           "conv_in": "shortconv.in_proj", "conv_out": "shortconv.out_proj", "conv_taps": "shortconv.conv"}
IN_BERT = {**IN_GGUF, "attention_norm": "attn_output_norm", "ffn_norm": "layer_output_norm"}


def in_gguf(f, name):
    base, _, end = name.partition(".bias") if name.endswith(".bias") else (name, "", "")
    suffix = ".bias" if name.endswith(".bias") else ".weight"
    outer = {"embedding": "token_embd", "positions": "position_embd", "types": "token_types", "embedding_norm": "token_embd_norm",
             "final_norm": "token_embd_norm" if f.order else "output_norm", "head": "output"}
    if base in outer:
        return outer[base] + suffix
    layer, _, rest = base.partition(".")
    return "blk.%s.%s%s" % (layer, (IN_BERT if f.encoder else IN_GGUF)[rest], suffix)


def neighbours(w, heads):
    """Rows of a Llama's query and key: the two of a pair that turns lie side by side in its GGUF files."""
    return w.reshape(heads, 2, w.shape[0] // heads // 2, -1).swapaxes(1, 2).reshape(w.shape)


def tensors_of(f, w):
    out = {}
    for name, t in w.items():
        part = name.partition(".")[2].partition(".bias")[0]
        if f.gguf == "llama" and part in ("query", "key"):
            t = neighbours(t, f.heads if part == "query" else f.kv_heads)
        if f.gain_is_one_more and name.endswith("_norm"):
            t = t + numpy.float32(1)
        gguf = in_gguf(f, name)
        if f.name in ("phi3", "gpt2", "gpt_neox"):
            gguf = gguf.replace("attn_q.", "attn_qkv.").replace("attn_k.", "attn_qkv.").replace("attn_v.", "attn_qkv.")
        if f.name == "phi3":
            gguf = gguf.replace("ffn_gate.", "ffn_up.")
        out[gguf] = numpy.concatenate([out[gguf], t]) if gguf in out else t
    if f.stretch:
        factor, low, high, original = f.stretch
        wavelength = 2 * math.pi * f.theta ** (numpy.arange(0, f.head_dim, 2) / f.head_dim)
        smooth = (original / wavelength - low) / (high - low)
        between = 1 / ((1 - smooth) / factor + smooth)
        out["rope_freqs.weight"] = numpy.where(wavelength < original / high, 1.0, numpy.where(
            wavelength > original / low, factor, between)).astype(numpy.float32)
    return out


def symbols():
    """The character that byte-level BPE writes for each byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(b) if b in plain else chr(next(others)) for b in range(256)]


def vocabulary(f):
    if f.encoder:
        control = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        tokens = control + ["\u2581w%d" % i for i in range(VOCAB - len(control))]
        types = [CONTROL] * len(control) + [NORMAL] * (VOCAB - len(control))
        return {"tokenizer.ggml.model": words("bert"), "tokenizer.ggml.tokens": array(TEXT, tokens),
                "tokenizer.ggml.token_type": array(I32, types), "tokenizer.ggml.token_type_count": number(2),
                "tokenizer.ggml.unknown_token_id": number(1), "tokenizer.ggml.bos_token_id": number(2),
                "tokenizer.ggml.eos_token_id": number(3), "tokenizer.ggml.cls_token_id": number(2),
                "tokenizer.ggml.seperator_token_id": number(3), "tokenizer.ggml.padding_token_id": number(0),
                "tokenizer.ggml.mask_token_id": number(4)}
    tokens = symbols() + ["<|extra_%d|>" % i for i in range(256, VOCAB)]
    types = [NORMAL] * 256 + [UNUSED] * (VOCAB - 256)
    return {"tokenizer.ggml.model": words("gpt2"), "tokenizer.ggml.pre": words("gpt-2"),
            "tokenizer.ggml.tokens": array(TEXT, tokens), "tokenizer.ggml.token_type": array(I32, types),
            "tokenizer.ggml.merges": struct.pack("<IIQ", ARRAY, TEXT, 0), "tokenizer.ggml.add_bos_token": truth(False)}


def keys_of(f):
    a = f.gguf + "."
    kv = array(I32, [f.kv_heads if c == "a" else 0 for c in f.order]) if f.order else number(f.kv_heads)
    keys = {"general.architecture": words(f.gguf), "general.type": words("model"), "general.name": words("random weights"),
            "general.file_type": number(0), a + "block_count": number(f.layers), a + "context_length": number(CONTEXT),
            a + "embedding_length": number(f.dim), a + "feed_forward_length": number(f.hidden),
            a + "attention.head_count": number(f.heads)}
    if not f.encoder:
        keys[a + "attention.head_count_kv"] = kv
    keys[a + ("attention.layer_norm_epsilon" if f.norm == "layer" else "attention.layer_norm_rms_epsilon")] = real(f.epsilon)
    if f.rotary:
        keys[a + "rope.freq_base"] = real(f.theta)
        keys[a + "rope.dimension_count"] = number(f.turning)
    if f.stretch:
        keys[a + "rope.scaling.original_context_length"] = number(f.stretch[3])
    if f.head_dim != f.dim // f.heads:
        keys[a + "attention.key_length"] = keys[a + "attention.value_length"] = number(f.head_dim)
    if f.window:
        keys[a + "attention.sliding_window"] = number(f.window)
    if f.softcap:
        keys[a + "attn_logit_softcapping"] = real(f.softcap)
        keys[a + "final_logit_softcapping"] = real(f.logit_softcap)
    if f.gguf in ("gptneox", "stablelm"):
        keys[a + "use_parallel_residual"] = truth(f.gguf == "gptneox")
    if f.order:
        keys[a + "shortconv.l_cache"] = number(3)
        keys[a + "vocab_size"] = number(VOCAB)
    if f.gguf == "llama":
        keys[a + "vocab_size"] = number(VOCAB)
    if f.encoder:
        keys[a + "attention.causal"] = truth(False)
        keys[a + "pooling_type"] = number(1)
    return {**keys, **vocabulary(f)}


def write_gguf(path, keys, tensors):
    head, offset = [b"GGUF", struct.pack("<IQQ", 3, len(tensors), len(keys))], 0
    head += [text_of(k) + value for k, value in keys.items()]
    for name, t in tensors.items():
        size = t.shape[::-1]
        head.append(text_of(name) + struct.pack("<I%dQIQ" % len(size), len(size), *size, 0, offset))
        offset += (t.nbytes + 31) // 32 * 32
    with open(path, "wb") as file:
        file.write(b"".join(head))
        for t in tensors.values():
            file.write(bytes(-file.tell() % 32))
            file.write(numpy.ascontiguousarray(t).tobytes())
        file.write(bytes(-file.tell() % 32))


# ---- a folder, as transformers saves it ---------------------------------------------------------------------------------------

IN_OPT = {"embedding": "model.decoder.embed_tokens", "positions": "model.decoder.embed_positions",
          "final_norm": "model.decoder.final_layer_norm", "": "model.decoder.layers.",
          "attention_norm": "self_attn_layer_norm", "query": "self_attn.q_proj", "key": "self_attn.k_proj",
          "value": "self_attn.v_proj", "output": "self_attn.out_proj", "ffn_norm": "final_layer_norm", "up": "fc1", "down": "fc2"}
IN_NEO = {"embedding": "transformer.wte", "positions": "transformer.wpe", "final_norm": "transformer.ln_f", "": "transformer.h.",
          "attention_norm": "ln_1", "query": "attn.attention.q_proj", "key": "attn.attention.k_proj",
          "value": "attn.attention.v_proj", "output": "attn.attention.out_proj", "ffn_norm": "ln_2", "up": "mlp.c_fc",
          "down": "mlp.c_proj"}


IN_PLE = {"embedding": "model.embed_tokens", "final_norm": "model.norm", "": "model.layers.", "head": "lm_head",
          "attention_norm": "input_layernorm", "query": "self_attn.qkv", "key": "self_attn.qkv", "value": "self_attn.qkv",
          "output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm", "gate": "mlp.gate_proj", "up": "mlp.up_proj",
          "down": "mlp.down_proj", "per_layer_gate": "ple_gate", "per_layer_output": "ple_proj",
          "post_per_layer_norm": "ple_norm", "per_layer_table": "model.ple_table", "per_layer_input": "model.ple_model_proj",
          "per_layer_norm": "model.ple_proj_norm"}


def write_folder(folder, f, w):
    folder.mkdir(exist_ok=True)
    table = {"opt": IN_OPT, "ple_tinylm": IN_PLE}.get(f.name, IN_NEO)
    if f.name == "ple_tinylm":  # its head is a copy of the embedding's first rows, those of tokens
        w = {**w, "head": w["embedding"]}
        for name in ("embedding", "per_layer_table"):
            w[name] = numpy.concatenate([w[name], numpy.ones((8, w[name].shape[1]), numpy.float32)])
        for layer in range(f.layers):
            at = "%d." % layer
            w[at + "query"] = numpy.concatenate([w[at + "query"], w.pop(at + "key"), w.pop(at + "value")])
    header, data, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name, t in w.items():
        base = name[:-5] if name.endswith(".bias") else name
        layer, _, rest = base.partition(".")
        file_name = table[""] + layer + "." + table[rest] if rest else table[base]
        if f.name == "opt" and base == "positions":
            t = numpy.concatenate([numpy.zeros((2, f.dim), numpy.float32), t])  # never looked up
        header[file_name + (".bias" if name.endswith(".bias") else ".weight")] = {
            "dtype": "F32", "shape": list(t.shape), "data_offsets": [offset, offset + t.nbytes]}
        data.append(numpy.ascontiguousarray(t).tobytes())
        offset += t.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data))
    config = {"model_type": f.name, "hidden_size": f.dim, "max_position_embeddings": CONTEXT, "vocab_size": VOCAB}
    if f.name == "opt":
        config.update({"ffn_dim": f.hidden, "num_hidden_layers": f.layers, "num_attention_heads": f.heads,
                       "activation_function": "relu", "do_layer_norm_before": True, "word_embed_proj_dim": f.dim})
    elif f.name == "ple_tinylm":
        config.update({"model_type": "ple-tinylm", "ffn_hidden": f.hidden, "num_hidden_layers": f.layers, "seq_len": CONTEXT,
                       "num_attention_heads": f.heads, "ple_dim": f.per_layer, "rope_theta": f.theta, "out_vocab": VOCAB,
                       "vocab_size": VOCAB + 8, "tie_word_embeddings": False})
    else:
        config.update({"intermediate_size": f.hidden, "num_layers": f.layers, "num_heads": f.heads, "window_size": f.window,
                       "activation_function": "gelu_new", "layer_norm_epsilon": f.epsilon,
                       "attention_types": [[["global", "local"], f.layers // 2]]})
    (folder / "config.json").write_text(json.dumps(config))
    tokens = {s: i for i, s in enumerate(symbols())}
    tokens.update({"<|extra_%d|>" % i: i for i in range(256, VOCAB)})
    (folder / "tokenizer.json").write_text(json.dumps({
        "version": "1.0", "added_tokens": [], "normalizer": None, "post_processor": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True},
        "model": {"type": "BPE", "vocab": tokens, "merges": []}}))


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: families.py FOLDER [FAMILY...]")
    folder, wanted = pathlib.Path(sys.argv[1]), sys.argv[2:]
    for seed, f in enumerate(FAMILIES):
        if wanted and f.name not in wanted:
            continue
        w = weights_of(f, 2026 + seed)
        numpy.savez(folder / (f.name + ".npz"), **w)
        if f.gguf:
            write_gguf(folder / (f.name + ".gguf"), keys_of(f), tensors_of(f, w))
        else:
            write_folder(folder / f.name, f, w)


if __name__ == "__main__":
    main()
