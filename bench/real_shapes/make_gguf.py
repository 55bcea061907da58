#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Writes a GGUF file as llama.cpp's converter makes it of a published model: its shape, its keys and the names of its tensors, a
real vocabulary, and random weights in Q8_0 (norms and convolutions in floats).

  make_gguf.py ASSETS SHAPE FILE      SHAPE: smollm2_135m qwen3_0.6b gemma3_270m lfm2_350m llama3.2_1b
                                      words_llama3 words_qwen3 words_gemma3 words_llama2: one layer of 32, for the vocabulary

Beside FILE.gguf go FILE.largest, the MiB of its largest tensor, and FILE.chat, a question as the file's own chat template renders
it (jinja2; Debian: python3-jinja2), if it is there.

Vocabularies: Qwen3's, Gemma 3's and Llama 3.1's own, of tokenizers/. SmolLM2's is not in ASSETS: it is StarCoder's, which has as
many tokens and is cut alike, with SmolLM2's control tokens. LFM2's is not either: the first 65,280 tokens of Llama 3.1's, which
are cut as LFM2's, and its control tokens behind them.
Refuses to be a model: no engine's time depends on the weights.
"""
import gzip
import json
import math
import pathlib
import random
import struct
import sys

QUESTION = "Is the door of the garage closed?"
U8, U32, I32, F32, BOOL, TEXT, ARRAY = 0, 4, 5, 6, 7, 8, 9
NORMAL, UNKNOWN, CONTROL, SPOKEN, UNUSED, BYTE = 1, 2, 3, 4, 5, 6

CHATML = ("{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n"
          "You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + "
          "message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}"
          "{{ '<|im_start|>assistant\n' }}{% endif %}")
CHATML_BOS = ("{{ bos_token }}{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
              "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")


def text_of(s):
    raw = s.encode()
    return struct.pack("<Q", len(raw)) + raw


def number(n):
    return struct.pack("<II", U32, n)


def real(x):
    return struct.pack("<If", F32, x)


def truth(b):
    return struct.pack("<IB", BOOL, b)


def words(s):
    return struct.pack("<I", TEXT) + text_of(s)


def array(of, items):
    body = b"".join(map(text_of, items)) if of == TEXT else struct.pack("<%d%s" % (len(items), "f" if of == F32 else "i"), *items)
    return struct.pack("<IIQ", ARRAY, of, len(items)) + body


def tokenizer_json(assets, folder):
    def load(name):
        with gzip.open(assets / "tokenizers" / folder / name) as file:
            return json.load(file)
    return load("tokenizer.json.gz"), load("tokenizer_config.json.gz")


class vocabulary:
    """Keys of the tokenizer, and what a conversation needs."""

    def __init__(self, tokens, types, bos, eos, template, keys, bos_text, eos_text):
        self.count, self.template = len(tokens), template
        self.bos_text, self.eos_text = bos_text, eos_text
        self.keys = {"tokenizer.ggml.tokens": array(TEXT, tokens), "tokenizer.ggml.token_type": array(I32, types), **keys,
                     "tokenizer.ggml.eos_token_id": number(eos), "tokenizer.chat_template": words(template)}
        if bos is not None:
            self.keys["tokenizer.ggml.bos_token_id"] = number(bos)


def byte_level(tokenizer, rows, most=None):
    """Tokens, types and merges of a byte-level tokenizer.json, filled up with unused tokens to `rows`."""
    ids = {i: piece for piece, i in tokenizer["model"]["vocab"].items()}
    tokens = [ids[i] for i in range(len(ids) if most is None else most)]
    types = [NORMAL] * len(tokens)
    known = set(tokens)
    merges = [m if isinstance(m, str) else " ".join(m) for m in tokenizer["model"]["merges"]]
    merges = [m for m in merges if all(part in known for part in m.split(" ")) and m.replace(" ", "") in known]
    if most is None:
        for added in tokenizer["added_tokens"]:
            assert added["id"] == len(tokens)
            tokens.append(added["content"])
            types.append(CONTROL if added["special"] else SPOKEN)
    for i in range(len(tokens), rows):
        tokens.append("[PAD%d]" % i)
        types.append(UNUSED)
    return tokens, types, merges


def llama3(assets, rows):
    tokenizer, config = tokenizer_json(assets, "llama3_1")
    tokens, types, merges = byte_level(tokenizer, rows)
    return vocabulary(tokens, types, 128000, 128009, config["chat_template"],
                      {"tokenizer.ggml.model": words("gpt2"), "tokenizer.ggml.pre": words("llama-bpe"),
                       "tokenizer.ggml.merges": array(TEXT, merges)}, config["bos_token"], config["eos_token"])


def qwen3(assets, rows):
    tokenizer, config = tokenizer_json(assets, "qwen3")
    tokens, types, merges = byte_level(tokenizer, rows)
    return vocabulary(tokens, types, 151643, 151645, config["chat_template"],
                      {"tokenizer.ggml.model": words("gpt2"), "tokenizer.ggml.pre": words("qwen2"),
                       "tokenizer.ggml.merges": array(TEXT, merges), "tokenizer.ggml.padding_token_id": number(151643),
                       "tokenizer.ggml.add_bos_token": truth(False)}, "", config["eos_token"])


def lfm2(assets, rows):
    tokenizer, _ = tokenizer_json(assets, "llama3_1")
    special = ["<|pad|>", "<|startoftext|>", "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokens, types, merges = byte_level(tokenizer, 0, rows - 256)
    first = len(tokens)
    tokens += special + ["<|reserved_%d|>" % i for i in range(256 - len(special))]
    types += [CONTROL] * 256
    return vocabulary(tokens, types, first + 1, first + 4, CHATML_BOS,
                      {"tokenizer.ggml.model": words("gpt2"), "tokenizer.ggml.pre": words("lfm2"),
                       "tokenizer.ggml.merges": array(TEXT, merges), "tokenizer.ggml.padding_token_id": number(first),
                       "tokenizer.ggml.add_bos_token": truth(True)}, "<|startoftext|>", "<|im_end|>")


def smollm2(assets, rows):
    tokens, types, merges = starcoder(assets / "tokenizer-vectors" / "ggml-vocab-starcoder.gguf")
    assert len(tokens) == rows and types[:3] == [CONTROL] * 3
    tokens[:3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    return vocabulary(tokens, types, 1, 2, CHATML,
                      {"tokenizer.ggml.model": words("gpt2"), "tokenizer.ggml.pre": words("smollm"),
                       "tokenizer.ggml.merges": array(TEXT, merges), "tokenizer.ggml.padding_token_id": number(2),
                       "tokenizer.ggml.add_bos_token": truth(False), "tokenizer.ggml.add_space_prefix": truth(False),
                       "tokenizer.ggml.unknown_token_id": number(0)}, "<|im_start|>", "<|im_end|>")


def gemma3(assets, rows):
    tokenizer, config = tokenizer_json(assets, "gemma3")
    ids = {i: piece for piece, i in tokenizer["model"]["vocab"].items()}
    tokens = [ids[i] for i in range(rows)]
    types = [NORMAL] * rows
    for i, piece in enumerate(tokens):
        if len(piece) == 6 and piece.startswith("<0x"):
            types[i] = BYTE
    for added in tokenizer["added_tokens"]:
        if added["id"] < rows:  # a place for images lies behind the rows
            types[added["id"]] = CONTROL if added["special"] or added["content"].startswith("<unused") else SPOKEN
    types[3] = UNKNOWN
    # SentencePiece's scores are the order of its merges, which is that of the file.
    rank = {}
    for left, right in tokenizer["model"]["merges"]:
        rank.setdefault(left + right, len(rank))
    scores = [float(-rank[piece]) if piece in rank else -1000000.0 for piece in tokens]
    return vocabulary(tokens, types, 2, 1, config["chat_template"],
                      {"tokenizer.ggml.model": words("llama"), "tokenizer.ggml.pre": words("default"),
                       "tokenizer.ggml.scores": array(F32, scores), "tokenizer.ggml.unknown_token_id": number(3),
                       "tokenizer.ggml.padding_token_id": number(0), "tokenizer.ggml.add_bos_token": truth(True),
                       "tokenizer.ggml.add_eos_token": truth(False), "tokenizer.ggml.add_space_prefix": truth(False)},
                      config["bos_token"], config["eos_token"])


def llama2(assets, rows):
    raw, at, tokens, scores = (assets / "llama2c-tokenizer32k" / "tokenizer.bin").read_bytes(), 4, [], []
    while at < len(raw):
        score, size = struct.unpack_from("<fi", raw, at)
        at += 8 + size
        tokens.append(raw[at - size:at].decode().strip("\n").replace(" ", "\u2581") if len(tokens) in (1, 2) else
                      raw[at - size:at].decode().replace(" ", "\u2581"))
        scores.append(score)
    assert len(tokens) == rows
    types = [UNKNOWN, CONTROL, CONTROL] + [BYTE] * 256 + [NORMAL] * (rows - 259)
    return vocabulary(tokens, types, 1, 2, "{{ messages }}",
                      {"tokenizer.ggml.model": words("llama"), "tokenizer.ggml.scores": array(F32, scores),
                       "tokenizer.ggml.unknown_token_id": number(0), "tokenizer.ggml.add_bos_token": truth(True)}, "<s>", "</s>")


def starcoder(path):
    """Tokens, types and merges of a GGUF file of this machine's byte order."""
    raw, at = path.read_bytes(), 24
    found = {}
    sizes = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

    def string():
        nonlocal at
        size, = struct.unpack_from("<Q", raw, at)
        at += 8 + size
        return raw[at - size:at].decode()

    for _ in range(struct.unpack_from("<Q", raw, 16)[0]):
        key = string()
        kind, = struct.unpack_from("<I", raw, at)
        at += 4
        if kind == TEXT:
            found[key] = string()
        elif kind == ARRAY:
            of, count = struct.unpack_from("<IQ", raw, at)
            at += 12
            if of == TEXT:
                found[key] = [string() for _ in range(count)]
            else:
                found[key] = list(struct.unpack_from("<%d%s" % (count, "f" if of == F32 else "i"), raw, at))
                at += count * sizes[of]
        else:
            at += sizes[kind]
    return found["tokenizer.ggml.tokens"], found["tokenizer.ggml.token_type"], found["tokenizer.ggml.merges"]


class shape:
    def __init__(self, architecture, title, vocab_size, context, dim, layers, hidden, heads, kv_heads, epsilon, theta, width=None,
                 keys=(), convolves="", head_norms=False, norms_behind=False, make=None, rope_factors=None):
        self.__dict__.update({k: v for k, v in locals().items() if k != "self"})
        self.key_width = width or dim // heads


SHAPES = {
    "smollm2_135m": shape("llama", "SmolLM2 135M", 49152, 8192, 576, 30, 1536, 9, 3, 1e-5, 100000.0, make=smollm2),
    "qwen3_0.6b": shape("qwen3", "Qwen3 0.6B", 151936, 40960, 1024, 28, 3072, 16, 8, 1e-6, 1e6, width=128, head_norms=True,
                        make=qwen3),
    "gemma3_270m": shape("gemma3", "Gemma 3 270M", 262144, 32768, 640, 18, 2048, 4, 1, 1e-6, 1e6, width=256, head_norms=True,
                         norms_behind=True, keys=[("attention.sliding_window", number(512))], make=gemma3),
    "lfm2_350m": shape("lfm2", "LFM2 350M", 65536, 128000, 1024, 16, 4608, 16, 8, 1e-5, 1e6, head_norms=True,
                       convolves="ccaccaccacacacac", keys=[("shortconv.l_cache", number(3))], make=lfm2),
    "llama3.2_1b": shape("llama", "Llama 3.2 1B", 128256, 131072, 2048, 16, 8192, 32, 8, 1e-5, 500000.0, width=64, make=llama3,
                         rope_factors=(32.0, 1.0, 4.0, 8192)),
    **{"words_" + name: shape("llama", "Words of " + name, rows, 512, 32, 1, 32, 1, 1, 1e-5, 10000.0, make=make)
       for name, rows, make in (("llama3", 128256, llama3), ("qwen3", 151936, qwen3), ("gemma3", 262144, gemma3),
                                ("llama2", 32000, llama2))},
}


def tensors_of(s):
    """Names, and sizes with columns first; one size: a vector of floats."""
    q, kv = s.heads * s.key_width, s.kv_heads * s.key_width
    yield "token_embd.weight", (s.dim, s.vocab_size)
    yield ("token_embd_norm.weight" if s.convolves else "output_norm.weight"), (s.dim,)
    if s.rope_factors:
        yield "rope_freqs.weight", (s.key_width // 2,)
    for layer in range(s.layers):
        b = "blk.%d." % layer
        yield b + "attn_norm.weight", (s.dim,)
        if s.convolves[layer:layer + 1] == "c":
            yield b + "shortconv.in_proj.weight", (s.dim, 3 * s.dim)
            yield b + "shortconv.conv.weight", (3, s.dim)
            yield b + "shortconv.out_proj.weight", (s.dim, s.dim)
        else:
            yield b + "attn_q.weight", (s.dim, q)
            yield b + "attn_k.weight", (s.dim, kv)
            yield b + "attn_v.weight", (s.dim, kv)
            yield b + "attn_output.weight", (q, s.dim)
            if s.head_norms:
                yield b + "attn_q_norm.weight", (s.key_width,)
                yield b + "attn_k_norm.weight", (s.key_width,)
        if s.norms_behind:
            yield b + "post_attention_norm.weight", (s.dim,)
            yield b + "post_ffw_norm.weight", (s.dim,)
        yield b + "ffn_norm.weight", (s.dim,)
        yield b + "ffn_gate.weight", (s.dim, s.hidden)
        yield b + "ffn_up.weight", (s.dim, s.hidden)
        yield b + "ffn_down.weight", (s.hidden, s.dim)


def is_blocks(size):
    return len(size) == 2 and size[0] % 32 == 0


def bytes_of(size):
    return math.prod(size) // 32 * 34 if is_blocks(size) else math.prod(size) * 4


def keys_of(name, s, v):
    a = s.architecture + "."
    kv_heads = array(I32, [s.kv_heads if c == "a" else 0 for c in s.convolves]) if s.convolves else number(s.kv_heads)
    keys = {"general.architecture": words(s.architecture), "general.type": words("model"), "general.name": words(s.title),
            "general.basename": words(name), "general.size_label": words(s.title.split()[-1]), "general.license": words("other"),
            "general.tags": array(TEXT, ["text-generation"]), "general.languages": array(TEXT, ["en"]),
            a + "block_count": number(s.layers), a + "context_length": number(s.context), a + "embedding_length": number(s.dim),
            a + "feed_forward_length": number(s.hidden), a + "attention.head_count": number(s.heads),
            a + "attention.head_count_kv": kv_heads, a + "rope.freq_base": real(s.theta),
            a + "attention.layer_norm_rms_epsilon": real(s.epsilon), "general.file_type": number(7),
            "general.quantization_version": number(2)}
    if s.width:
        keys[a + "attention.key_length"] = keys[a + "attention.value_length"] = number(s.width)
    if s.architecture in ("llama", "lfm2"):
        keys[a + "vocab_size"] = number(s.vocab_size)
    if s.architecture == "llama":
        keys[a + "rope.dimension_count"] = number(s.key_width)
    return {**keys, **{a + k: value for k, value in s.keys}, **v.keys}


def rope_divisors(s):
    factor, low, high, original = s.rope_factors
    for i in range(s.key_width // 2):
        wavelength = 2 * math.pi * s.theta ** (2 * i / s.key_width)
        smooth = (original / wavelength - low) / (high - low)
        yield 1.0 if wavelength < original / high else factor if wavelength > original / low else \
            1 / ((1 - smooth) / factor + smooth)


def blocks(cols, draw):
    """About a megabyte of blocks whose products of `cols` have a variance near one; no integer is -128."""
    scale = struct.pack("<e", cols ** -0.5 / 0.29 / 256)
    never = bytes(range(128)) + b"\x81" + bytes(range(129, 256))
    return b"".join(scale + draw.randbytes(32).translate(never) for _ in range(1 << 15))


def rendered(v):
    try:
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError:
        return None
    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    return env.from_string(v.template).render(messages=[{"role": "user", "content": QUESTION}], bos_token=v.bos_text,
                                              eos_token=v.eos_text, add_generation_prompt=True)


def main():
    if len(sys.argv) != 4 or sys.argv[2] not in SHAPES:
        sys.exit("usage: make_gguf.py ASSETS %s FILE" % "|".join(SHAPES))
    assets, name, path = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
    s = SHAPES[name]
    v = s.make(assets, s.vocab_size)
    keys, tensors, draw, pools = keys_of(name, s, v), list(tensors_of(s)), random.Random(2026), {}
    head, offset = [b"GGUF", struct.pack("<IQQ", 3, len(tensors), len(keys))], 0
    head += [text_of(k) + value for k, value in keys.items()]
    for tensor, size in tensors:
        head.append(text_of(tensor) + struct.pack("<I%dQIQ" % len(size), len(size), *size, 8 if is_blocks(size) else 0, offset))
        offset += (bytes_of(size) + 31) // 32 * 32
    unfinished = path.with_suffix(".part")
    with open(unfinished, "wb") as file:
        file.write(b"".join(head))
        file.write(bytes(-file.tell() % 32))
        for tensor, size in tensors:
            if is_blocks(size):
                if size[0] not in pools:
                    pools[size[0]] = blocks(size[0], draw)
                pool = pools[size[0]]
                left = bytes_of(size)
                while left > 0:
                    file.write(pool[:left])
                    left -= len(pool)
            elif tensor == "rope_freqs.weight":
                file.write(struct.pack("<%df" % size[0], *rope_divisors(s)))
            else:
                middle = 0.0 if "conv" in tensor else 1.0
                file.write(struct.pack("<%df" % math.prod(size), *(middle + draw.gauss(0, 0.1) for _ in range(math.prod(size)))))
            file.write(bytes(-file.tell() % 32))
    path.with_suffix(".largest").write_text("%d\n" % (max(bytes_of(size) for _, size in tensors) >> 20))
    text = rendered(v)
    if text is not None:
        path.with_suffix(".chat").write_bytes(text.encode())
    unfinished.rename(path)


if __name__ == "__main__":
    main()
