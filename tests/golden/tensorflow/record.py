"""Writes a tiny checkpoint in TensorFlow's format, version 2, with the variables of google-research/bert, and an ALBERT's.

    python3 record.py        (Python alone; writes the files beside this script)

TensorFlow itself is not needed: the format is written out from its description (tensorflow/core/util/tensor_bundle/tensor_bundle.h and
naming.h, tensorflow/core/lib/io/format.h, leveldb's doc/table_format.md), the check sum from its definition (RFC 3720, B.4), with small
blocks and restarts, so that keys share prefixes and several blocks are read; the ALBERT's blocks are packed by Snappy, as TensorFlow of
BERT's time packed them. Numbers are multiples of 1/64 that tell where they
stand: element i of the n-th variable is n + (i mod 61)/64.
"""
import json
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
V, P, C, I, E = 11, 6, 8, 12, 4
BLOCK, RESTARTS = 400, 4


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283


def masked(data):
    crc = crc32c(data)
    return ((((crc >> 15) | (crc << 17)) & 0xFFFFFFFF) + 0xA282EAD8) & 0xFFFFFFFF


def varint(number):
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, value):
    """A field of a protocol buffer: a varint, or bytes."""
    if isinstance(value, int):
        return b"" if value == 0 else varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def entry(dtype, shape, shard, offset, data):
    dims = b"".join(field(2, field(1, size)) for size in shape)
    return (field(1, dtype) + field(2, dims) + field(3, shard) + field(4, offset) + field(5, len(data))
            + varint(6 << 3 | 5) + struct.pack("<I", masked(data)))


def block(pairs):
    out, restarts, last = bytearray(), [], b""
    for count, (key, value) in enumerate(pairs):
        if count % RESTARTS == 0:
            restarts.append(len(out))
            last = b""
        shared = len(os.path.commonprefix([last, key]))
        out += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    return bytes(out) + b"".join(struct.pack("<I", r) for r in restarts or [0]) + struct.pack("<I", max(1, len(restarts)))


def snappy(data):
    """Snappy's format without looking for repetitions: literals of up to 60 bytes (github.com/google/snappy, format_description.txt)."""
    pieces = [data[i:i + 60] for i in range(0, len(data), 60)]
    return varint(len(data)) + b"".join(bytes([(len(piece) - 1) << 2]) + piece for piece in pieces)


def table(pairs, packs):
    out, handles, group, size = bytearray(), [], [], 0

    def write(content):
        content, kind = (snappy(content), b"\1") if packs else (content, b"\0")
        handle = varint(len(out)) + varint(len(content))
        out.extend(content + kind + struct.pack("<I", masked(content + kind)))
        return handle

    for at, (key, value) in enumerate(pairs):
        group.append((key, value))
        size += len(key) + len(value)
        if size >= BLOCK or at == len(pairs) - 1:
            handles.append((key, write(block(group))))
            group, size = [], 0
    footer = write(block([])) + write(block(handles))
    return bytes(out) + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def save(folder, variables, config, config_name, shards=1, packs=False):
    os.makedirs(os.path.join(HERE, folder), exist_ok=True)
    prefix = os.path.join(HERE, folder, "bert_model.ckpt")
    files = [bytearray() for _ in range(shards)]
    pairs = [(b"", field(1, shards) + field(3, field(1, 1)))]
    for number, name in enumerate(sorted(variables)):
        shape = variables[name]
        count = 1
        for size in shape:
            count *= size
        if name == "global_step":
            dtype, data = 9, struct.pack("<q", 1000)
        else:
            dtype, data = 1, struct.pack(f"<{count}f", *(number + (i % 61) / 64 for i in range(count)))
        shard = number % shards
        pairs.append((name.encode(), entry(dtype, shape, shard, len(files[shard]), data)))
        files[shard] += data
    for shard, data in enumerate(files):
        with open(f"{prefix}.data-{shard:05}-of-{shards:05}", "wb") as file:
            file.write(data)
    with open(prefix + ".index", "wb") as file:
        file.write(table(sorted(pairs), packs))
    with open(os.path.join(HERE, folder, config_name), "w") as file:
        json.dump(config, file, indent=2)


def linear(names, stem, rows, cols):
    names[stem + "/kernel"], names[stem + "/bias"] = (cols, rows), (rows,)


def norm(names, stem, width):
    names[stem + "/gamma"] = names[stem + "/beta"] = (width,)


def embeddings(names, width):
    names["bert/embeddings/word_embeddings"] = (V, width)
    names["bert/embeddings/position_embeddings"] = (P, width)
    names["bert/embeddings/token_type_embeddings"] = (2, width)
    norm(names, "bert/embeddings/LayerNorm", width)


def heads(names, width):
    linear(names, "bert/pooler/dense", C, C)
    linear(names, "cls/predictions/transform/dense", width, C)
    norm(names, "cls/predictions/transform/LayerNorm", width)
    names["cls/predictions/output_bias"] = (V,)
    names["cls/seq_relationship/output_weights"], names["cls/seq_relationship/output_bias"] = (2, C), (2,)


def bert():
    names = {}
    embeddings(names, C)
    for k in range(2):
        layer = f"bert/encoder/layer_{k}/"
        for part in ("query", "key", "value"):
            linear(names, layer + "attention/self/" + part, C, C)
        linear(names, layer + "attention/output/dense", C, C)
        norm(names, layer + "attention/output/LayerNorm", C)
        linear(names, layer + "intermediate/dense", I, C)
        linear(names, layer + "output/dense", C, I)
        norm(names, layer + "output/LayerNorm", C)
    heads(names, C)
    for name in list(names):
        names[name + "/adam_m"] = names[name + "/adam_v"] = names[name]
    names["global_step"] = ()
    return names


def albert():
    names = {}
    embeddings(names, E)
    linear(names, "bert/encoder/embedding_hidden_mapping_in", C, E)
    layer = "bert/encoder/transformer/group_0/inner_group_0/"
    for part in ("query", "key", "value"):
        linear(names, layer + "attention_1/self/" + part, C, C)
    linear(names, layer + "attention_1/output/dense", C, C)
    norm(names, layer + "LayerNorm", C)
    linear(names, layer + "ffn_1/intermediate/dense", I, C)
    linear(names, layer + "ffn_1/intermediate/output/dense", C, I)
    norm(names, layer + "LayerNorm_1", C)
    heads(names, E)
    return names


SIZES = {"attention_probs_dropout_prob": 0.1, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": C, "initializer_range": 0.02,
         "intermediate_size": I, "max_position_embeddings": P, "num_attention_heads": 2, "num_hidden_layers": 2, "type_vocab_size": 2, "vocab_size": V}

if __name__ == "__main__":
    save("bert", bert(), SIZES, "bert_config.json", shards=2)
    save("albert", albert(), {**SIZES, "embedding_size": E, "num_hidden_groups": 1, "inner_group_num": 1}, "albert_config.json", packs=True)
