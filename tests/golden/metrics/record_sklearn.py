#!/usr/bin/env python3
"""Records what scikit-learn says of small classification results, ties and empty classes included.

Writes classification.json and roc.json beside itself.  Needs numpy and scikit-learn (recorded with 1.2.1).
"""
import json
import os
import warnings

import numpy as np
from sklearn.metrics import accuracy_score, auc, confusion_matrix, precision_recall_fscore_support, roc_auc_score, roc_curve

HERE = os.path.dirname(os.path.abspath(__file__))
warnings.simplefilter("ignore")


def write(name, value):
    with open(os.path.join(HERE, name), "w") as f:
        f.write(json.dumps(value, separators=(",", ":")).replace("},{", "},\n{") + "\n")


def classification(classes, y, p):
    result = {"classes": classes, "labels": list(map(int, y)), "predictions": list(map(int, p)), "accuracy": accuracy_score(y, p) if len(y) else 0.0}
    result["confusion"] = confusion_matrix(y, p, labels=range(classes)).ravel().tolist()
    per = precision_recall_fscore_support(y, p, labels=range(classes), zero_division=0)
    result["precision"], result["recall"], result["f1"] = (per[i].tolist() for i in range(3))
    for average in ["macro", "weighted"]:
        result[average] = list(precision_recall_fscore_support(y, p, average=average, zero_division=0)[:3])
    if classes == 2:
        result["binary"] = list(precision_recall_fscore_support(y, p, labels=[0, 1], average="binary", zero_division=0)[:3])
    return result


def roc(y, s, drop):
    fpr, tpr, thresholds = roc_curve(y, s, drop_intermediate=drop)
    return {"labels": list(map(int, y)), "scores": list(map(float, s)), "drop": drop, "fpr": fpr.tolist(), "tpr": tpr.tolist(),
            "thresholds": thresholds[1:].tolist(), "auc": auc(fpr, tpr)}


def one_vs_rest(y, s):
    y, s = np.asarray(y), np.asarray(s)
    return {"labels": y.tolist(), "scores": s.ravel().tolist(), "classes": s.shape[1],
            "macro": roc_auc_score(y, s, multi_class="ovr", average="macro"),
            "weighted": roc_auc_score(y, s, multi_class="ovr", average="weighted")}


rng = np.random.RandomState(7)
cases = [
    classification(2, [0, 1, 1, 0, 1], [0, 1, 0, 0, 1]),
    classification(2, [0, 0, 0], [0, 0, 0]),          # one class only
    classification(2, [1, 1, 1], [0, 0, 0]),          # nothing right, nothing predicted positive
    classification(2, [0, 0, 1], [1, 1, 0]),          # everything wrong
    classification(3, [0, 0, 2, 2], [0, 1, 2, 0]),    # class 1 predicted, never a label
    classification(5, [0, 1, 1, 3], [0, 1, 3, 3]),    # classes 2 and 4 never seen
    classification(5, rng.randint(0, 5, 200), rng.randint(0, 5, 200)),
    classification(4, rng.choice(4, 300, p=[.7, .2, .08, .02]), rng.choice(4, 300, p=[.6, .2, .1, .1])),
]
write("classification.json", cases)

y = rng.randint(0, 2, 60)
curves = []
for drop in [True, False]:
    curves += [
        roc([0, 0, 1, 1], [.1, .4, .35, .8], drop),
        roc([0, 1], [.5, .5], drop),                  # one tie, nothing else
        roc([1, 0, 1, 0, 1, 0], [.9, .9, .5, .5, .5, .1], drop),
        roc([1, 1, 0, 0], [.9, .8, .2, .1], drop),    # perfect
        roc([0, 0, 1, 1], [.9, .8, .2, .1], drop),    # perfectly wrong
        roc(y, np.round(rng.rand(60) + .3 * y, 1), drop),   # many ties
        roc(y, rng.randn(60) + y, drop),
    ]
probs = rng.dirichlet([1, 1, 1, 1], 80)
labels = np.concatenate([np.arange(4), rng.randint(0, 4, 76)])
coarse = np.round(probs * 4) / 4
coarse[:, 3] = 1 - coarse[:, :3].sum(1)
write("roc.json", {"curves": curves, "one_vs_rest": [one_vs_rest(labels, probs), one_vs_rest(labels, coarse)]})
