#!/usr/bin/env python3
"""Writes the safetensors files of this folder with struct and json alone: an independent reading of the format.

Run in this folder: python3 record.py
"""
import json
import struct


def bfloat16(values):
    return b"".join(struct.pack("<f", v)[2:] for v in values)


def tensor(dtype, shape, data):
    return {"dtype": dtype, "shape": shape, "data": data}


def floats(values):
    return struct.pack(f"<{len(values)}f", *values)


def write(path, tensors, metadata=None):
    header, data = {}, b""
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, t in tensors.items():
        header[name] = {"dtype": t["dtype"], "shape": t["shape"], "data_offsets": [len(data), len(data) + len(t["data"])]}
        data += t["data"]
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


# In the reference implementation's order: wider elements first, then by name.
write("mixed.safetensors", {
    "steps": tensor("I64", [3], struct.pack("<3q", -1, 0, 2**40)),
    "double": tensor("F64", [2], struct.pack("<2d", 0.1, -1e-30)),
    "encoder.bias": tensor("F32", [4], floats([1.5, -0.0, 3.4028234663852886e38, 1e-45])),
    "encoder.weight": tensor("F32", [2, 3], floats([0.0, 1.0, -2.0, 3.25, -4.5, 0.1])),
    "scalar": tensor("F32", [], floats([42.0])),
    "short": tensor("I32", [2], struct.pack("<2i", -7, 2**31 - 1)),
    "brain": tensor("BF16", [2, 2], bfloat16([1.0, -2.5, 3.0e38, 0.0])),
    "empty": tensor("F16", [0, 5], b""),
    "half": tensor("F16", [2, 2], struct.pack("<4e", 1.0, -0.5, 65504.0, 6e-8)),
    "größe": tensor("U8", [3], bytes([0, 127, 255])),
}, {"format": "pt"})

# What the writer of this project must give byte for byte.
write("written.safetensors", {
    "position": tensor("I64", [2], struct.pack("<2q", 3, 4)),
    "a.bias": tensor("F32", [2], floats([0.5, -0.5])),
    "a.weight": tensor("F32", [2, 2], floats([1, 2, 3, 4])),
    "text": tensor("U8", [5], b"hello"),
}, {"format": "pt"})

write("model-00001-of-00002.safetensors", {"a": tensor("F32", [2], floats([1, 2]))}, {"format": "pt"})
write("model-00002-of-00002.safetensors", {"b": tensor("F32", [1, 2], floats([3, 4]))}, {"format": "pt"})
with open("model.safetensors.index.json", "w") as index:
    json.dump({"metadata": {"total_size": 16}, "weight_map": {
        "a": "model-00001-of-00002.safetensors",
        "b": "model-00002-of-00002.safetensors",
    }}, index, indent=2)
    index.write("\n")
