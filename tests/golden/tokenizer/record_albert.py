#!/usr/bin/env python3
"""Records what Hugging Face's (Python) AlbertTokenizer makes of hard_texts.py, and what a small model of our own gives.

usage: record_albert.py SPIECE_MODEL
Needs transformers 4.36 to 4.x and sentencepiece (recorded with 4.42 and 0.1.97, Python 3.11, Unicode 14).

Writes beside itself:
  small-spiece.model  500 pieces trained on the hard texts, with ALBERT's options but only the rules that these texts need, so that
                      the reader can be tested without ALBERT's file
  albert.tsv          escaped text, then the ids with: SPIECE_MODEL, the small model, the small model cased with accents and spaces kept
Lone surrogates cannot be given to sentencepiece: texts that hold one are left out.
"""
import io
import os
import sys
import tempfile
import unicodedata

import sentencepiece
from transformers.models.albert.tokenization_albert import AlbertTokenizer

from hard_texts import TEXTS, escape

here = os.path.dirname(os.path.abspath(__file__))
small = os.path.join(here, "small-spiece.model")
texts = [t for t in TEXTS if not any(0xD800 <= ord(c) <= 0xDFFF for c in t)]



def rules():
    """NFKC and ALBERT's treatment of spaces and controls, for the characters of the texts; each rule "source code points TAB target"."""
    found = {"e\u0301": "\u00e9", "a\u0301": "\u00e1", "\ufffd": " "}
    for c in sorted(set("".join(texts))):
        category, normal = unicodedata.category(c), unicodedata.normalize("NFKC", c)
        if c in "\t\n\r" or category in ("Zs", "Zl", "Zp"):
            found[c] = " "
        elif category in ("Cc", "Cf"):
            found[c] = ""
        elif normal != c:
            found[c] = normal
    found.pop(" ", None)
    found.pop("\0", None)
    code = lambda text: " ".join(f"{ord(c):X}" for c in text)
    return "".join(f"{code(source)}\t{code(target)}\n" for source, target in sorted(found.items()))


# The model keeps the name of the file with its rules: let it be one without a folder.
given = os.path.abspath(sys.argv[1])
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
with open("rules.tsv", "w") as tsv:
    tsv.write(rules())

lines = [t.lower() for t in texts if len(t) < 500 and "\n" not in t] * 3
model = io.BytesIO()
sentencepiece.SentencePieceTrainer.train(
    sentence_iterator=iter(lines), model_writer=model, vocab_size=500, character_coverage=0.98, model_type="unigram",
    pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, control_symbols=["[CLS]", "[SEP]", "[MASK]"],
    user_defined_symbols=["(", ")", '"', "-", ".", "\u2013", "\u00a3", "\u20ac"], normalization_rule_tsv="rules.tsv", num_threads=1,
    minloglevel=2)
with open(small, "wb") as out:
    out.write(model.getvalue())

tokenizers = [
    AlbertTokenizer(given), AlbertTokenizer(small),
    AlbertTokenizer(small, do_lower_case=False, remove_space=False, keep_accents=True),
]
with open(os.path.join(here, "albert.tsv"), "w", encoding="ascii", newline="\n") as out:
    for text in texts:
        ids = [" ".join(map(str, t.convert_tokens_to_ids(t.tokenize(text)))) for t in tokenizers]
        out.write("\t".join([escape(text)] + ids) + "\n")
