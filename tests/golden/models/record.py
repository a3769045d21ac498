#!/usr/bin/env python3
"""Records what Hugging Face's own classes have and compute: names, shapes and totals of parameters, small models.

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

# Small models as save_pretrained wrote them then: config.json and pytorch_model.bin, with the constants and the tied
# tensors that later versions leave out; the sum of every parameter, to compare with what is loaded; and what they
# compute for one sequence without dropout: hidden states, logits of every position, logits of the pair.
import torch  # noqa: E402

sizes = {"vocab_size": 11, "max_position_embeddings": 6}
small = {**sizes, "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 12}
for folder, model in {
    "tiny-bert": lambda: bert.BertForPreTraining(bert.BertConfig(**small)),
    "tiny-albert": lambda: albert.AlbertForPreTraining(albert.AlbertConfig(**small, embedding_size=4)),
    "tiny-distilbert": lambda: distil.DistilBertForMaskedLM(distil.DistilBertConfig(**sizes, dim=8, n_layers=2, n_heads=2, hidden_dim=12)),
}.items():
    torch.manual_seed(3)
    model = model()
    for name, parameter in model.named_parameters():
        parameter.data.normal_(mean=1.0 if "norm.weight" in name.lower() else 0.0, std=0.5)
    pathlib.Path(folder).mkdir(exist_ok=True)
    model.config.architectures = [type(model).__name__]
    model.config.to_json_file(f"{folder}/config.json")
    torch.save(model.state_dict(), f"{folder}/pytorch_model.bin")
    model.eval()
    ids, types = torch.tensor([[2, 5, 9, 3, 7, 10]]), torch.tensor([[0, 0, 0, 1, 1, 1]])
    inputs = {"input_ids": ids} if folder == "tiny-distilbert" else {"input_ids": ids, "token_type_ids": types}
    with torch.no_grad():
        output = model(**inputs, output_hidden_states=True, return_dict=True)
    forward = {
        "input_ids": ids[0].tolist(),
        "token_type_ids": types[0].tolist() if "token_type_ids" in inputs else None,
        "last_hidden": output.hidden_states[-1][0].tolist(),
        "mlm_logits": (output.logits if folder == "tiny-distilbert" else output.prediction_logits)[0].tolist(),
    }
    if folder != "tiny-distilbert":
        pair = output.seq_relationship_logits if folder == "tiny-bert" else output.sop_logits
        forward["pair_logits"] = pair[0].tolist()
    with open(f"{folder}/forward.json", "w") as file:
        json.dump(forward, file)
        file.write("\n")
    with open(f"{folder}/sums.json", "w") as file:
        json.dump({name: p.double().sum().item() for name, p in model.named_parameters()}, file, indent=1)
        file.write("\n")
