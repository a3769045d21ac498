#!/usr/bin/env python3
"""Records Porter stems and BLEU scores of NLTK (recorded with 3.8) into stems.txt and bleu.json beside itself.

usage: record_nltk.py WORDS   (a file of one word a line; every 40th word of lower-case letters is taken)
"""
import json
import os
import random
import sys
import warnings

from nltk.stem.porter import PorterStemmer
from nltk.translate.bleu_score import SmoothingFunction, corpus_bleu, sentence_bleu

HERE = os.path.dirname(os.path.abspath(__file__))
warnings.simplefilter("ignore")

stemmer = PorterStemmer(mode=PorterStemmer.MARTIN_EXTENSIONS)
words = sorted({w for w in open(sys.argv[1]).read().split() if w.isascii() and w.isalpha() and w.islower() and len(w) > 2})
picked = words[::40] + ["caresses", "ponies", "ties", "caress", "cats", "feed", "agreed", "plastered", "motoring", "sing", "conflated", "troubled",
                        "sized", "hopping", "tanned", "falling", "hissing", "fizzed", "failing", "filing", "happy", "sky", "relational",
                        "conditional", "rational", "valenci", "digitizer", "conformabli", "radicalli", "differentli", "vileli", "analogousli",
                        "vietnamization", "predication", "operator", "feudalism", "decisiveness", "hopefulness", "callousness", "formaliti",
                        "sensitiviti", "sensibiliti", "triplicate", "formative", "formalize", "electriciti", "electrical", "hopeful", "goodness",
                        "revival", "allowance", "inference", "airliner", "gyroscopic", "adjustable", "defensible", "irritant", "replacement",
                        "adjustment", "dependent", "adoption", "homologou", "communism", "activate", "angulariti", "homologous", "effective",
                        "bowdlerize", "probate", "rate", "cease", "controll", "roll", "geologi", "yyyyed", "syzygy", "ion", "eed", "ing", "sses"]
with open(os.path.join(HERE, "stems.txt"), "w") as f:
    f.writelines(f"{w} {stemmer.stem(w)}\n" for w in picked)

random.seed(5)
smooth = SmoothingFunction()
alphabet = ["the", "cat", "sat", "on", "mat", "a", "dog"]


def sentence(lo, hi):
    return [random.choice(alphabet) for _ in range(random.randint(lo, hi))]


cases = []
for _ in range(40):
    refs = [sentence(4, 12) for _ in range(random.randint(1, 3))]
    hyp = sentence(4, 12) if random.random() < .5 else [w for w in refs[0] if random.random() < .85] + sentence(0, 2)
    if len(hyp) < 4:
        hyp += ["the"] * 4
    cases.append({"references": refs, "candidate": hyp,
                  "none": sentence_bleu(refs, hyp), "floor": sentence_bleu(refs, hyp, smoothing_function=smooth.method1),
                  "addOne": sentence_bleu(refs, hyp, smoothing_function=smooth.method2),
                  "exponential": sentence_bleu(refs, hyp, smoothing_function=smooth.method3)})
corpus = corpus_bleu([c["references"] for c in cases], [c["candidate"] for c in cases])
with open(os.path.join(HERE, "bleu.json"), "w") as f:
    f.write(json.dumps({"corpus": corpus, "sentences": cases}, separators=(",", ":")).replace("},{", "},\n{") + "\n")
