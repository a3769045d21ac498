#!/usr/bin/env python3
"""Writes normalization.txt from the Unicode Character Database.

usage: normalization.py UCD_FOLDER > normalization.txt
UCD_FOLDER holds UnicodeData.txt and DerivedNormalizationProps.txt (Debian: package unicode-data, /usr/share/unicode).
"""
import re
import sys

folder = sys.argv[1]

excluded, version = set(), ""
with open(f"{folder}/DerivedNormalizationProps.txt", encoding="utf-8") as props:
    for line in props:
        version = version or re.search(r"-([0-9.]+)\.txt", line).group(1)
        fields = line.split("#")[0].split(";")
        if len(fields) >= 2 and fields[1].strip() == "Full_Composition_Exclusion":
            first, _, last = fields[0].strip().partition("..")
            excluded.update(range(int(first, 16), int(last or first, 16) + 1))

print(f"# Unicode {version}: code point;canonical combining class (empty: 0);decomposition")
print("# ~ marks a compatibility decomposition, ! a canonical one that composition never restores.")
print("# Derived from UnicodeData.txt and DerivedNormalizationProps.txt by normalization.py, under the Unicode License V3:")
print("# Copyright 1991-2022 Unicode, Inc. All rights reserved. Terms of use: unicode.org/copyright.html")
with open(f"{folder}/UnicodeData.txt", encoding="utf-8") as data:
    for line in data:
        fields = line.rstrip("\n").split(";")
        code, combining, decomposition = fields[0], fields[3], fields[5]
        if combining == "0" and not decomposition:
            continue
        if decomposition.startswith("<"):
            decomposition = "~" + decomposition.split("> ", 1)[1]
        elif decomposition and int(code, 16) in excluded:
            decomposition = "!" + decomposition
        print(f"{code};{combining if combining != '0' else ''};{decomposition}")
