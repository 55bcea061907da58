#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The published definitions of the families of families.py in torch (Debian: python3-torch), from the papers and the authors'
configurations: Llama, Qwen2 and 3, Gemma 2 and 3, Phi-2 and 3, StableLM, LFM2, GPT-2, GPT-Neo, GPT-NeoX, OPT,
BERT, and esp32-ai's PLE TinyLM.

  definition.py FOLDER FAMILY TOKENS OUT [OUT32]     TOKENS: 32-bit ids; OUT: doubles, the logits of each position (bert: one
                                                     vector), computed in double precision; OUT32: the same, computed in floats

Refuses to be fast, and to look at mote.
"""
import math
import pathlib
import sys

import numpy
import torch
import torch.nn.functional as F

from families import FAMILIES


def norm(f, w, name, x):
    gain = w[name] + 1 if f.gain_is_one_more else w[name]
    if f.norm == "rms":
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + f.epsilon) * gain
    return F.layer_norm(x, x.shape[-1:], gain, w.get(name + ".bias"), f.epsilon)


def linear(w, name, x):
    return F.linear(x, w[name], w.get(name + ".bias"))


def frequencies(f, theta, stretched, kind):
    rate = theta ** -(torch.arange(0, f.turning, 2).to(kind) / f.turning)
    if not stretched:
        return rate
    factor, low, high, original = f.stretch
    wavelength = 2 * math.pi / rate
    smooth = (original / wavelength - low) / (high - low)
    between = (1 - smooth) * rate / factor + smooth * rate
    return torch.where(wavelength < original / high, rate, torch.where(wavelength > original / low, rate / factor, between))


def rotate(f, x, theta):
    """x: (positions, heads, head_dim); the first half of the channels that turn with the second."""
    angle = torch.outer(torch.arange(x.shape[0]).to(x.dtype), frequencies(f, theta, f.stretch is not None, x.dtype))
    cos, sin = angle.cos()[:, None, :], angle.sin()[:, None, :]
    a, b, rest = x[..., :f.turning // 2], x[..., f.turning // 2:f.turning], x[..., f.turning:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin, rest], -1)


def attention(f, w, at, x, layer):
    n = x.shape[0]
    q = linear(w, at + "query", x).view(n, f.heads, f.head_dim)
    k = linear(w, at + "key", x).view(n, f.kv_heads, f.head_dim)
    v = linear(w, at + "value", x).view(n, f.kv_heads, f.head_dim)
    if f.head_norms:
        q, k = norm(f, w, at + "query_norm", q), norm(f, w, at + "key_norm", k)
    windowed = f.window > 0 and f.windowed(layer)
    if f.rotary:
        theta = f.local_theta if f.local_theta and windowed else f.theta
        q, k = rotate(f, q, theta), rotate(f, k, theta)
    k, v = (t.repeat_interleave(f.heads // f.kv_heads, 1) for t in (k, v))
    scores = torch.einsum("qhd,khd->hqk", q, k) * (f.score_scale or f.head_dim ** -0.5)
    if f.softcap:
        scores = torch.tanh(scores / f.softcap) * f.softcap
    if not f.encoder:
        distance = torch.arange(n)[:, None] - torch.arange(n)[None, :]
        hidden = (distance < 0) | (distance >= f.window if windowed else torch.zeros(n, n, dtype=torch.bool))
        scores = scores.masked_fill(hidden, -math.inf)
    mixed = torch.einsum("hqk,khd->qhd", scores.softmax(-1), v).reshape(n, -1)
    return linear(w, at + "output", mixed)


def convolution(f, w, at, x):
    b, c, inner = linear(w, at + "conv_in", x).chunk(3, -1)
    taps = w[at + "conv_taps"]
    padded = F.pad((b * inner).T[None], (taps.shape[1] - 1, 0))
    return linear(w, at + "conv_out", c * F.conv1d(padded, taps[:, None, :], groups=f.dim)[0].T)


def feed_forward(f, w, at, x):
    act = {"silu": F.silu, "relu": F.relu, "gelu": F.gelu, "gelu_tanh": lambda t: F.gelu(t, approximate="tanh")}[f.act]
    up = linear(w, at + "up", x)
    return linear(w, at + "down", act(linear(w, at + "gate", x)) * up if f.gated else act(up))


def inputs_of_layers(f, w, tokens, first):
    """(positions, layers, width): the mean of what a token's rows say and of what a matrix makes of its first vector."""
    shape = (len(tokens), f.layers, f.per_layer)
    projected = norm(f, w, "per_layer_norm", (linear(w, "per_layer_input", first) / math.sqrt(f.dim)).view(shape))
    return (projected + w["per_layer_table"][tokens].view(shape) * math.sqrt(f.per_layer)) / math.sqrt(2)


def run(f, w, tokens):
    x = w["embedding"][tokens] * f.embedding_scale
    own = inputs_of_layers(f, w, tokens, x) if f.per_layer else None
    if f.positions:
        x = x + w["positions"][:len(tokens)]
    if f.encoder:
        x = norm(f, w, "embedding_norm", x + w["types"][0])
    for layer in range(f.layers):
        at = "%d." % layer
        mixes = (lambda t: convolution(f, w, at, t)) if f.order[layer:layer + 1] == "c" else \
            (lambda t: attention(f, w, at, t, layer))
        if f.encoder:
            x = norm(f, w, at + "attention_norm", x + mixes(x))
            x = norm(f, w, at + "ffn_norm", x + feed_forward(f, w, at, x))
            continue
        first = norm(f, w, at + "attention_norm", x)
        mixed = mixes(first)
        if f.join == "sequential":
            x = x + (norm(f, w, at + "post_attention_norm", mixed) if f.norms_behind else mixed)
            fed = feed_forward(f, w, at, norm(f, w, at + "ffn_norm", x))
            x = x + (norm(f, w, at + "post_ffn_norm", fed) if f.norms_behind else fed)
            if f.per_layer:
                gated = F.gelu(linear(w, at + "per_layer_gate", x)) * own[:, layer]
                x = x + norm(f, w, at + "post_per_layer_norm", linear(w, at + "per_layer_output", gated))
        else:
            second = first if f.join == "parallel_one_norm" else norm(f, w, at + "ffn_norm", x)
            x = x + mixed + feed_forward(f, w, at, second)
    if f.encoder:
        return F.normalize(x.mean(0), dim=0)[None]
    x = norm(f, w, "final_norm", x)
    logits = F.linear(x, w["embedding"]) if f.tied else linear(w, "head", x)
    return torch.tanh(logits / f.logit_softcap) * f.logit_softcap if f.logit_softcap else logits


def main():
    if len(sys.argv) not in (5, 6):
        sys.exit("usage: definition.py FOLDER FAMILY TOKENS OUT [OUT32]")
    folder, name, tokens = pathlib.Path(sys.argv[1]), sys.argv[2], torch.from_numpy(numpy.fromfile(sys.argv[3], numpy.int32)).long()
    f = next(f for f in FAMILIES if f.name == name)
    torch.set_num_threads(1)
    for out, kind in zip(sys.argv[4:], (torch.float64, torch.float32)):
        w = {k: torch.from_numpy(v).to(kind) for k, v in numpy.load(folder / (name + ".npz")).items()}
        with torch.no_grad():
            run(f, w, tokens).numpy().astype(numpy.float64).tofile(out)


if __name__ == "__main__":
    main()
