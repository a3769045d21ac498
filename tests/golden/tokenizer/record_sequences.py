#!/usr/bin/env python3
"""Records how Hugging Face's (Python) BertTokenizer builds sequences and truncates them, with characters-vocab.txt.

usage: record_sequences.py        (after record_wordpiece.py; needs the transformers package)
Writes sequences.tsv beside itself: text, pair (empty: none), strategy, maximum length, ids, token types, special tokens mask.
Left out: pairs that are both cut to an odd number of tokens, of which this class gives the odd one to the first text, the Rust
tokenizers to the longer one, and of two as long to the second: theirs are in SequenceEncoderTests.
"""
import os

from transformers.models.bert.tokenization_bert import BertTokenizer

here = os.path.dirname(os.path.abspath(__file__))
tokenizer = BertTokenizer(os.path.join(here, "characters-vocab.txt"))
TEXTS = [("hello the mask", ""), ("the", "hello unaffable"), ("a b c d e f g", "h i j k l m n"), ("a b c d e f g", "h i"), ("a b", "h i j k l m n")]
with open(os.path.join(here, "sequences.tsv"), "w", encoding="ascii", newline="\n") as out:
    for text, pair in TEXTS:
        total = len(tokenizer(text, pair or None)["input_ids"])
        for strategy in ("longest_first", "only_first", "only_second"):
            for length in range(4, total + 2):
                cut = dict(longest_first=text, only_first=text, only_second=pair)[strategy]
                room = len(tokenizer.tokenize(cut)) - (total - length)
                if strategy != "longest_first" and room < 1:
                    continue
                lengths, both = [len(tokenizer.tokenize(t)) for t in (text, pair)], length - 3
                if strategy == "longest_first" and pair and both % 2 and sum(lengths) > both and min(lengths) > both // 2 and lengths[0] <= lengths[1]:
                    continue
                made = tokenizer(text, pair or None, truncation=strategy, max_length=length, return_special_tokens_mask=True)
                columns = [made["input_ids"], made["token_type_ids"], made["special_tokens_mask"]]
                out.write("\t".join([text, pair, strategy, str(length)] + [" ".join(map(str, c)) for c in columns]) + "\n")
