#!/usr/bin/env python3
"""Writes characters-vocab.txt beside itself: a small vocabulary of every character that cleaning lets through in hard_texts.py, so that
ids show the cleaning itself. What the Rust library makes of the texts (wordpiece.tsv, parts.json) is recorded by the tests in peers/Tokenizers.

Needs the transformers package, 4.36 to 4.57 (recorded with 4.42, Python 3.11, Unicode 14), for its Python BasicTokenizer.
"""
import os

from transformers.models.bert.tokenization_bert import BasicTokenizer

from hard_texts import TEXTS

here = os.path.dirname(os.path.abspath(__file__))
small = os.path.join(here, "characters-vocab.txt")

MODES = [
    dict(do_lower_case=True),
    dict(do_lower_case=False),
    dict(do_lower_case=True, strip_accents=False),
    dict(do_lower_case=False, strip_accents=True, tokenize_chinese_chars=False),
]


def write_characters():
    firsts, others = set(), set()
    for text in TEXTS:
        for mode in MODES:
            source = "".join(c.lower() for c in text) if mode["do_lower_case"] else text
            for word in BasicTokenizer(**mode).tokenize(source):
                if len(word) <= 100:
                    firsts.add(word[0])
                    others.update(word[1:])
    whole = ["hello", "un", "##aff", "##able", "the", "##ing", "mask", "fi", "##nd"]
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + sorted(firsts) + ["##" + c for c in sorted(others)]
    with open(small, "w", encoding="utf-8", newline="\n") as out:
        out.writelines(t + "\n" for t in tokens + [w for w in whole if w not in tokens])


write_characters()
