#!/usr/bin/env python3
"""Records small files of torch.save, both layouts, with what they hold; and pickles that must be refused.

Run in this folder with PyTorch (recorded with 1.13): python3 record.py
"""
import collections
import json
import os
import pickle

import torch

torch.manual_seed(1)
base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 7
tensors = collections.OrderedDict(
    whole=torch.randn(3, 5),
    half=torch.randn(4).half(),
    brain=torch.randn(2, 3).bfloat16(),
    double=torch.randn(3).double(),
    long=torch.tensor([1, -2, 2**40]),
    scalar=torch.tensor(2.5),
    empty=torch.empty(0, 3),
    base=base,
    transposed=base.t(),
    rows=base[1:3],
    columns=base[:, 1:5:2],
    permuted=torch.randn(2, 3, 4).permute(2, 0, 1),
    expanded=torch.tensor([1.0, 2.0]).expand(3, 2),
    tied=base,
    parameter=torch.nn.Parameter(torch.randn(2, 2)),
)
model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2))
for name, value in model.state_dict().items():
    tensors["module." + name] = value
tensors._metadata = model.state_dict()._metadata

torch.save(tensors, "zip.bin")
torch.save(tensors, "legacy.bin", _use_new_zipfile_serialization=False)
torch.save({"epoch": 3, "state_dict": tensors}, "nested.bin")
with open("expected.json", "w") as file:
    json.dump({name: {
        "dtype": str(t.dtype).removeprefix("torch."),
        "shape": list(t.shape),
        "values": t.detach().double().reshape(-1).tolist(),
    } for name, t in tensors.items()}, file, indent=1)
    file.write("\n")


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


for name, evil in {
    "system": Evil(os.system, "touch pwned"),
    "eval": Evil(eval, "open('pwned', 'w')"),
    "getattr": Evil(getattr, "text", "upper"),
}.items():
    torch.save({"weight": torch.ones(1), "evil": evil}, f"hostile-{name}.bin")
torch.save(torch.nn.Linear(1, 1), "hostile-module.bin")
torch.save({"evil": Evil(os.system, "touch pwned")}, "hostile-legacy.bin", _use_new_zipfile_serialization=False)
with open("hostile-protocol4.bin", "wb") as file:
    pickle.dump({"evil": Evil(os.system, "touch pwned")}, file, protocol=4)
