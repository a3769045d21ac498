#!/usr/bin/env python3
"""Records what Hugging Face's (Python) BertTokenizer makes of hard_texts.py.

usage: record_wordpiece.py UNCASED_VOCAB CASED_VOCAB
Needs the transformers package, 4.36 or later (recorded with 4.42, Python 3.11, Unicode 14).

Writes beside itself:
  characters-vocab.txt  a small vocabulary of every character that cleaning lets through, so that ids show the cleaning itself
  wordpiece.tsv         escaped text, then the ids with: characters uncased, characters cased, UNCASED_VOCAB, CASED_VOCAB,
                        characters lower-cased with accents kept, characters cased with accents stripped and CJK not split
"""
import os
import sys

from transformers.models.bert.tokenization_bert import BasicTokenizer, BertTokenizer

from hard_texts import TEXTS, escape

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
tokenizers = [
    BertTokenizer(small, **MODES[0]), BertTokenizer(small, **MODES[1]),
    BertTokenizer(sys.argv[1], do_lower_case=True), BertTokenizer(sys.argv[2], do_lower_case=False),
    BertTokenizer(small, **MODES[2]), BertTokenizer(small, **MODES[3]),
]
with open(os.path.join(here, "wordpiece.tsv"), "w", encoding="ascii", newline="\n") as out:
    for text in TEXTS:
        ids = [" ".join(map(str, t.convert_tokens_to_ids(t.tokenize(text)))) for t in tokenizers]
        out.write("\t".join([escape(text)] + ids) + "\n")
