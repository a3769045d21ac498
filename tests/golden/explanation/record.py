"""Records what PyTorch sees inside golden/model's small BERT while it guesses a masked word.

    python3 record.py        (PyTorch 1.13 or later; writes expected.json beside this script)

Attention probabilities of every head, the masked word's logits from every layer's output, gradient times input and
integrated gradients of the likeliest word's logit with respect to the summed embeddings; the baseline is [PAD] in the
place of every word, the way is cut into 64 pieces, each entered at its middle. All computing is in float64.
"""
import json
import math
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
LAYERS, HIDDEN, HEADS, EPS, POINTS = 2, 32, 2, 1e-12, 64
PAD, UNK, CLS, SEP, MASK = range(5)
# "w7 w12 [MASK] w30", "w55 w8 w61"
IDS = [CLS, 7, 12, MASK, 30, SEP, 55, 8, 61, SEP]
TYPES = [0] * 6 + [1] * 4
PLACE = IDS.index(MASK)


def read(path):
    with open(path, "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        header, data = json.loads(file.read(size)), file.read()
    return {name: torch.tensor(np.frombuffer(data[e["data_offsets"][0]:e["data_offsets"][1]], "<f4").reshape(e["shape"]).astype(np.float64))
            for name, e in header.items() if name != "__metadata__"}


P = read(os.path.join(HERE, "..", "model", "model.safetensors"))


def linear(x, name):
    return F.linear(x, P[name + ".weight"], P[name + ".bias"])


def norm(x, name):
    return F.layer_norm(x, (HIDDEN,), P[name + ".weight"], P[name + ".bias"], EPS)


def embeddings(ids):
    return (P["bert.embeddings.word_embeddings.weight"][torch.tensor(ids)]
            + P["bert.embeddings.position_embeddings.weight"][:len(ids)]
            + P["bert.embeddings.token_type_embeddings.weight"][torch.tensor(TYPES)])


def word_logits(x):
    row = norm(F.gelu(linear(x[PLACE], "cls.predictions.transform.dense")), "cls.predictions.transform.LayerNorm")
    return F.linear(row, P["bert.embeddings.word_embeddings.weight"], P["cls.predictions.bias"])


def forward(e):
    """The hidden states (embeddings first) and each layer's attention."""
    x = norm(e, "bert.embeddings.LayerNorm")
    hidden, attention = [x], []
    for k in range(LAYERS):
        layer = f"bert.encoder.layer.{k}."
        q, key, v = (linear(x, layer + "attention.self." + part).unflatten(-1, (HEADS, -1)).transpose(0, 1)
                     for part in ("query", "key", "value"))
        probs = (q @ key.transpose(-1, -2) / math.sqrt(HIDDEN // HEADS)).softmax(-1)
        attention.append(probs)
        x = norm(x + linear((probs @ v).transpose(0, 1).flatten(1), layer + "attention.output.dense"), layer + "attention.output.LayerNorm")
        x = norm(x + linear(F.gelu(linear(x, layer + "intermediate.dense")), layer + "output.dense"), layer + "output.LayerNorm")
        hidden.append(x)
    return hidden, attention


def gradient(e, word):
    e = e.clone().requires_grad_(True)
    word_logits(forward(e)[0][-1])[word].backward()
    return e.grad


hidden, attention = forward(embeddings(IDS))
layers = [word_logits(x) for x in hidden]
word = int(layers[-1].argmax())
e, base = embeddings(IDS), embeddings([i if i in (CLS, SEP, MASK) else PAD for i in IDS])
integrated = sum((gradient(base + (point + 0.5) / POINTS * (e - base), word) * (e - base)).sum(-1) for point in range(POINTS)) / POINTS
with open(os.path.join(HERE, "expected.json"), "w") as file:
    json.dump({
        "ids": IDS, "word": word,
        "attention": [[head.flatten().tolist() for head in layer] for layer in attention],
        "probabilities": [layer.softmax(-1).max().item() for layer in layers],
        "words": [int(layer.argmax()) for layer in layers],
        "logit": layers[-1][word].item(), "baseline_logit": word_logits(forward(base)[0][-1])[word].item(),
        "gradient_times_input": (gradient(e, word) * e).sum(-1).tolist(), "integrated_gradients": integrated.tolist(),
    }, file, indent=1)
