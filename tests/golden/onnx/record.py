"""Records graphs as PyTorch's exporter writes them, with what PyTorch computes from their weights.

    python3 record.py        (PyTorch 1.13 and onnx 1.12, as in Debian; writes the files beside this script)

The modules are written out from the papers in plain PyTorch, with the names that Hugging Face's models have, so that the
exporter names initialisers as it does for those: matrices that it transposes become anonymous. Three graphs: a BERT with
the LayerNorm of nine nodes (opset 11) and a classifier, its elements in a file beside it; a DistilBERT that masks with Where
(opset 13) and answers questions; an ALBERT of two groups (opset 16, gelu_new) for masked words.
"""
import json
import math
import os

import onnx
import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
VOCAB, POSITIONS, WIDTH, INNER, HEADS, LAYERS = 30, 16, 16, 24, 4, 2


def gelu_new(x):
    return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))))


class Attention(nn.Module):
    """Query, key and value under the names given; scores masked by adding, or by filling in."""

    def __init__(self, names, fills):
        super().__init__()
        for name in names:
            setattr(self, name, nn.Linear(WIDTH, WIDTH))
        self.names, self.fills = names, fills

    def forward(self, x, mask):
        def heads(name):
            y = getattr(self, name)(x)
            return y.view(y.size(0), y.size(1), HEADS, WIDTH // HEADS).permute(0, 2, 1, 3)

        query, key, value = (heads(name) for name in self.names)
        if self.fills:
            scores = torch.matmul(query / math.sqrt(WIDTH // HEADS), key.transpose(2, 3))
            scores = scores.masked_fill((mask == 0).view(mask.size(0), 1, 1, mask.size(1)).expand_as(scores), float("-inf"))
        else:
            scores = torch.matmul(query, key.transpose(-1, -2)) / math.sqrt(WIDTH // HEADS)
            scores = scores + (1.0 - mask[:, None, None, :].float()) * -10000.0
        mixed = torch.matmul(torch.softmax(scores, dim=-1), value).permute(0, 2, 1, 3).contiguous()
        return mixed.view(mixed.size(0), mixed.size(1), WIDTH)


class Embeddings(nn.Module):
    def __init__(self, width, types):
        super().__init__()
        self.word_embeddings = nn.Embedding(VOCAB, width)
        self.position_embeddings = nn.Embedding(POSITIONS, width)
        if types:
            self.token_type_embeddings = nn.Embedding(2, width)
        self.LayerNorm = nn.LayerNorm(width, eps=1e-12)
        self.register_buffer("position_ids", torch.arange(POSITIONS).expand((1, -1)))

    def forward(self, ids, types):
        x = self.word_embeddings(ids)
        if types is not None:
            x = x + self.token_type_embeddings(types)
        return self.LayerNorm(x + self.position_embeddings(self.position_ids[:, : ids.size(1)]))


class Layer(nn.Module):
    def __init__(self, names, activation, fills):
        super().__init__()
        self.attention = Attention(names, fills)
        self.output, self.norm = nn.Linear(WIDTH, WIDTH), nn.LayerNorm(WIDTH, eps=1e-12)
        self.lin1, self.lin2, self.last = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH), nn.LayerNorm(WIDTH, eps=1e-12)
        self.activation = activation

    def forward(self, x, mask):
        x = self.norm(self.output(self.attention(x, mask)) + x)
        return self.last(self.lin2(self.activation(self.lin1(x))) + x)


class Bert(nn.Module):
    def __init__(self):
        super().__init__()
        self.embeddings = Embeddings(WIDTH, True)
        self.layer = nn.ModuleList(Layer(("query", "key", "value"), nn.functional.gelu, False) for _ in range(LAYERS))
        self.pooler, self.classifier = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 3)

    def forward(self, input_ids, attention_mask, token_type_ids):
        x = self.embeddings(input_ids, token_type_ids)
        for layer in self.layer:
            x = layer(x, attention_mask)
        return self.classifier(torch.tanh(self.pooler(x[:, 0])))


class DistilBert(nn.Module):
    def __init__(self):
        super().__init__()
        self.embeddings = Embeddings(WIDTH, False)
        self.layer = nn.ModuleList(Layer(("q_lin", "k_lin", "v_lin"), nn.functional.gelu, True) for _ in range(LAYERS))
        self.qa_outputs = nn.Linear(WIDTH, 2)

    def forward(self, input_ids, attention_mask):
        x = self.embeddings(input_ids, None)
        for layer in self.layer:
            x = layer(x, attention_mask)
        start, end = self.qa_outputs(x).split(1, dim=-1)
        return start.squeeze(-1), end.squeeze(-1)


class Albert(nn.Module):
    """Four passes through two groups of one layer."""

    def __init__(self):
        super().__init__()
        self.embeddings = Embeddings(8, True)
        self.mapping = nn.Linear(8, WIDTH)
        self.groups = nn.ModuleList(Layer(("query", "key", "value"), gelu_new, False) for _ in range(2))
        self.dense, self.LayerNorm, self.bias = nn.Linear(WIDTH, 8), nn.LayerNorm(8, eps=1e-12), nn.Parameter(torch.zeros(VOCAB))

    def forward(self, input_ids, attention_mask, token_type_ids):
        x = self.mapping(self.embeddings(input_ids, token_type_ids))
        for group in (0, 0, 1, 1):
            x = self.groups[group](x, attention_mask)
        x = self.LayerNorm(gelu_new(self.dense(x)))
        return torch.matmul(x, self.embeddings.word_embeddings.weight.t()) + self.bias


def record(name, model, outputs, opset, external):
    torch.manual_seed(1)
    for key, parameter in model.named_parameters():
        with torch.no_grad():
            parameter.copy_(0.4 * torch.randn_like(parameter) + (1 if "norm.weight" in key.lower() or "last.weight" in key else 0))
    model.eval()
    ids = torch.randint(0, VOCAB, (3, 9))
    mask = (torch.arange(9)[None, :] < torch.tensor([9, 4, 7])[:, None]).long()
    types = (torch.arange(9)[None, :] >= 3).long().expand(3, 9) * mask
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
    if isinstance(model, DistilBert):
        del inputs["token_type_ids"]
    path = os.path.join(HERE, name + ".onnx")
    axes = {key: {0: "batch", 1: "sequence"} for key in inputs}
    torch.onnx.export(model, tuple(inputs.values()), path, input_names=list(inputs), output_names=outputs, dynamic_axes=axes,
                      opset_version=opset)
    if external:
        onnx.save_model(onnx.load(path), path, save_as_external_data=True, location=name + ".data", size_threshold=0)
    with torch.no_grad():
        results = model.double()(*inputs.values())
    results = results if isinstance(results, tuple) else (results,)
    return {**{key: value.tolist() for key, value in inputs.items()}, "outputs": {key: value.tolist() for key, value in zip(outputs, results)}}


if __name__ == "__main__":
    expected = {
        "bert": record("bert", Bert(), ["logits"], 11, True),
        "distilbert": record("distilbert", DistilBert(), ["start_logits", "end_logits"], 13, False),
        "albert": record("albert", Albert(), ["logits"], 16, False),
    }
    with open(os.path.join(HERE, "expected.json"), "w") as file:
        json.dump(expected, file)
