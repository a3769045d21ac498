#!/usr/bin/env python3
"""Records names, shapes and totals of the parameters of Hugging Face's own classes.

    python3 record.py SRC

SRC is the src folder of a transformers checkout whose modules lie flat (recorded with one of October 2020, 3.4, under
PyTorch 1.13). Only the modelling code is run: the package's __init__ and the libraries it needs for downloads and
tokenizers are stood in for. Two layers are enough for the names; the totals are those of the published sizes.
"""
import importlib
import importlib.machinery
import json
import pathlib
import sys
import types

source = pathlib.Path(sys.argv[1]) / "transformers"


class Anything(types.ModuleType):
    """A module in which every name exists and does nothing."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


for name in ["filelock", "tokenizers", "sacremoses", "packaging", "packaging.version"]:
    module = Anything(name)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None)
    sys.modules.setdefault(name, module)
sys.modules["packaging"].version = sys.modules["packaging.version"]
sys.modules["packaging"].version.parse = lambda text: [int(part) for part in text.split(".")[:2]]
package = types.ModuleType("transformers")
package.__path__ = [str(source)]
package.__version__ = "3.4.0"
sys.modules["transformers"] = package

bert = importlib.import_module("transformers.modeling_bert")
distil = importlib.import_module("transformers.modeling_distilbert")
albert = importlib.import_module("transformers.modeling_albert")

families = {
    "base": (lambda **more: bert.BertConfig(**more), "num_hidden_layers", {
        "encoder": bert.BertModel,
        "pretraining": bert.BertForPreTraining,
        "masked-lm": bert.BertForMaskedLM,
        "classification": bert.BertForSequenceClassification,
        "qa": bert.BertForQuestionAnswering,
    }),
    "distilbert-base": (lambda **more: distil.DistilBertConfig(**more), "n_layers", {
        "encoder": distil.DistilBertModel,
        "masked-lm": distil.DistilBertForMaskedLM,
        "classification": distil.DistilBertForSequenceClassification,
        "qa": distil.DistilBertForQuestionAnswering,
    }),
    "albert-base": (lambda **more: albert.AlbertConfig(
        hidden_size=768, num_attention_heads=12, intermediate_size=3072, **more), "num_hidden_layers", {
        "encoder": albert.AlbertModel,
        "pretraining": albert.AlbertForPreTraining,
        "masked-lm": albert.AlbertForMaskedLM,
        "classification": albert.AlbertForSequenceClassification,
        "qa": albert.AlbertForQuestionAnswering,
    }),
}

records = []
for size, (config, layers, tasks) in families.items():
    for task, model in tasks.items():
        more = {"num_labels": 5} if task == "classification" else {}
        small = model(config(**{layers: 2}, **more))
        parameters = dict(small.named_parameters())
        tied = set(small.state_dict()) - set(parameters) - set(dict(small.named_buffers()))
        whole = model(config(**more))
        records.append({
            "size": size,
            "task": task,
            "class": model.__name__,
            "total": sum(p.numel() for p in whole.parameters()),
            "tied": sorted(tied),
            "two_layers": [[name, list(p.shape)] for name, p in parameters.items()],
        })
        print(model.__name__, records[-1]["total"], records[-1]["tied"], file=sys.stderr)

with open("names.json", "w") as file:
    file.write("[\n")
    for i, record in enumerate(records):
        head = {key: value for key, value in record.items() if key != "two_layers"}
        file.write(json.dumps(head)[:-1] + ', "two_layers": [\n')
        file.write(",\n".join("  " + json.dumps(row) for row in record["two_layers"]))
        file.write("\n]}" + ("," if i + 1 < len(records) else "") + "\n")
    file.write("]\n")
