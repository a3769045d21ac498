"""Records what PyTorch computes for a small BERT: outputs, losses, every gradient, ten losses of training.

    python3 record.py        (PyTorch 1.13 or later; writes the files beside this script)

The model is written out in plain PyTorch from the paper (Devlin et al. 2018, arXiv:1810.04805): post-LN, erf GELU,
eps 1e-12, a decoder tied to the word embeddings. Batches are padded and masked, as usual in PyTorch; BareBert packs
them, so agreement also says that padding never mattered. Weights are float32 numbers; all computing is in float64,
so what is recorded is the mathematics rather than one machine's rounding. Weights are far larger than BERT's initial
ones, so that attention is sharp and no gradient is negligible.
"""
import json
import math
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
LAYERS, HIDDEN, HEADS, INNER, VOCAB, POSITIONS, EPS = 2, 32, 2, 64, 100, 40, 1e-12
PAD, UNK, CLS, SEP, MASK = range(5)
STEPS, WARMUP, PEAK, CLIP, DECAY, BETAS, ADAM_EPS = 10, 3, 2e-3, 1.0, 0.01, (0.9, 0.999), 1e-6


def parameters(rng):
    shapes = {"bert.embeddings.word_embeddings.weight": (VOCAB, HIDDEN),
              "bert.embeddings.position_embeddings.weight": (POSITIONS, HIDDEN),
              "bert.embeddings.token_type_embeddings.weight": (2, HIDDEN)}

    def norm(name):
        shapes[name + ".weight"] = shapes[name + ".bias"] = (HIDDEN,)

    def linear(name, rows, cols):
        shapes[name + ".weight"], shapes[name + ".bias"] = (rows, cols), (rows,)

    norm("bert.embeddings.LayerNorm")
    for k in range(LAYERS):
        layer = f"bert.encoder.layer.{k}."
        for part in ("query", "key", "value"):
            linear(layer + "attention.self." + part, HIDDEN, HIDDEN)
        linear(layer + "attention.output.dense", HIDDEN, HIDDEN)
        norm(layer + "attention.output.LayerNorm")
        linear(layer + "intermediate.dense", INNER, HIDDEN)
        linear(layer + "output.dense", HIDDEN, INNER)
        norm(layer + "output.LayerNorm")
    linear("bert.pooler.dense", HIDDEN, HIDDEN)
    shapes["cls.predictions.bias"] = (VOCAB,)
    linear("cls.predictions.transform.dense", HIDDEN, HIDDEN)
    norm("cls.predictions.transform.LayerNorm")
    linear("cls.seq_relationship", 2, HIDDEN)

    def value(name, shape):
        numbers = 0.2 * rng.standard_normal(shape)
        return numbers + 1 if name.endswith("LayerNorm.weight") else numbers

    return {name: torch.tensor(value(name, shape).astype(np.float32).astype(np.float64), requires_grad=True)
            for name, shape in shapes.items()}


def random_batch(rng, lengths):
    """[CLS] A [SEP] B [SEP] of random words, a few of them masked."""
    sequences = []
    for length in lengths:
        first = int(rng.integers(1, length - 3))
        ids = rng.integers(5, VOCAB, length)
        ids[0], ids[first + 1], ids[-1] = CLS, SEP, SEP
        words = [i for i in range(length) if ids[i] > MASK]
        chosen = sorted(int(i) for i in rng.choice(words, max(1, len(words) // 6), replace=False))
        labels = [int(ids[i]) for i in chosen]
        ids[chosen] = MASK
        sequences.append({"ids": [int(i) for i in ids], "types": [0] * (first + 2) + [1] * (length - first - 2),
                          "masked": chosen, "labels": labels, "next_label": int(rng.integers(0, 2))})
    return sequences


def forward(p, batch):
    """Returns the masked rows' logits, in the order of sequences, and the next-sentence logits."""
    longest = max(len(s["ids"]) for s in batch)

    def padded(key):
        return torch.tensor([s[key] + [0] * (longest - len(s[key])) for s in batch])

    def linear(x, name):
        return F.linear(x, p[name + ".weight"], p[name + ".bias"])

    def norm(x, name):
        return F.layer_norm(x, (HIDDEN,), p[name + ".weight"], p[name + ".bias"], EPS)

    ids, types = padded("ids"), padded("types")
    real = torch.tensor([[t < len(s["ids"]) for t in range(longest)] for s in batch])
    x = (p["bert.embeddings.word_embeddings.weight"][ids]
         + p["bert.embeddings.position_embeddings.weight"][:longest]
         + p["bert.embeddings.token_type_embeddings.weight"][types])
    x = norm(x, "bert.embeddings.LayerNorm")
    for k in range(LAYERS):
        layer = f"bert.encoder.layer.{k}."
        q, key, v = (linear(x, layer + "attention.self." + part).unflatten(-1, (HEADS, -1)).transpose(1, 2)
                     for part in ("query", "key", "value"))
        scores = q @ key.transpose(-1, -2) / math.sqrt(HIDDEN // HEADS)
        probs = scores.masked_fill(~real[:, None, None, :], -math.inf).softmax(-1)
        attended = (probs @ v).transpose(1, 2).flatten(2)
        x = norm(x + linear(attended, layer + "attention.output.dense"), layer + "attention.output.LayerNorm")
        inner = F.gelu(linear(x, layer + "intermediate.dense"))
        x = norm(x + linear(inner, layer + "output.dense"), layer + "output.LayerNorm")
    rows = torch.stack([x[b, t] for b, s in enumerate(batch) for t in s["masked"]])
    rows = norm(F.gelu(linear(rows, "cls.predictions.transform.dense")), "cls.predictions.transform.LayerNorm")
    words = F.linear(rows, p["bert.embeddings.word_embeddings.weight"], p["cls.predictions.bias"])
    pooled = torch.tanh(linear(x[:, 0], "bert.pooler.dense"))
    return words, linear(pooled, "cls.seq_relationship")


def losses(p, batch):
    words, following = forward(p, batch)
    labels = torch.tensor([label for s in batch for label in s["labels"]])
    return (words, following, F.cross_entropy(words, labels),
            F.cross_entropy(following, torch.tensor([s["next_label"] for s in batch])))


def train(p, batches):
    """AdamW on matrices and embeddings with decay, on the rest without; warm-up, then a straight line to zero."""
    decays = [v for v in p.values() if v.dim() == 2]
    others = [v for v in p.values() if v.dim() != 2]
    optimizer = torch.optim.AdamW([{"params": decays, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}],
                                  lr=PEAK, betas=BETAS, eps=ADAM_EPS)
    history = []
    for step in range(STEPS):
        rate = PEAK * (step + 1) / WARMUP if step < WARMUP else PEAK * (STEPS - step) / (STEPS - WARMUP)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        _, _, mlm, nsp = losses(p, batches[step % len(batches)])
        (mlm + nsp).backward()
        norm = float(torch.nn.utils.clip_grad_norm_(p.values(), CLIP))
        history.append({"mlm_loss": float(mlm), "nsp_loss": float(nsp), "grad_norm": norm, "lr": rate})
        optimizer.step()
    return history


def write_safetensors(name, tensors):
    header, data = {}, b""
    for key, tensor in tensors.items():
        raw = tensor.detach().numpy().astype("<f4").tobytes()
        header[key] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def write_json(name, value):
    with open(os.path.join(HERE, name), "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


def main():
    rng = np.random.default_rng(20181011)
    p = parameters(rng)
    batches = [random_batch(rng, lengths) for lengths in ((5, 12, 33), (40, 7), (6, 5, 9, 21))]
    write_json("config.json", {
        "architectures": ["BertForPreTraining"], "model_type": "bert", "vocab_size": VOCAB, "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "intermediate_size": INNER, "hidden_act": "gelu",
        "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "max_position_embeddings": POSITIONS,
        "type_vocab_size": 2, "initializer_range": 0.2, "layer_norm_eps": EPS, "pad_token_id": PAD})
    with open(os.path.join(HERE, "vocab.txt"), "w") as file:
        file.write("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + [f"w{i}" for i in range(5, VOCAB)]) + "\n")
    write_safetensors("model.safetensors", p)

    words, following, mlm, nsp = losses(p, batches[0])
    (mlm + nsp).backward()
    write_safetensors("gradients.safetensors", {name: v.grad for name, v in p.items()})
    write_safetensors("logits.safetensors", {"masked_words": words, "next_sentence": following})
    write_json("expected.json", {
        "batches": batches, "mlm_loss": float(mlm), "nsp_loss": float(nsp),
        "training": {"steps": STEPS, "warmup": WARMUP, "peak": PEAK, "clip": CLIP, "decay": DECAY, "history": train(p, batches)}})


if __name__ == "__main__":
    main()
