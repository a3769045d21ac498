"""Texts that tokenizers get wrong, one idea each. Imported by the recording scripts beside this file."""

TEXTS = [
    "",
    " ",
    "\t\n\r ",
    "Hello, world!",
    "The quick brown fox jumped over the lazy dog's back.",
    "unaffable UNAFFABLE Unaffable",
    "don't can't won't it's o'clock 'quoted' \"double\"",
    "e-mail: some.one@example.com, https://example.com/a?b=c&d=%20#x",
    "1,234.56 9,9 in 2,000 $5.00 50% #1 3/4 1st 2nd 10^6 5*3=15 <b>bold</b> ~tilde |pipe| `tick` {brace}",
    "\u00a3100 \u20ac200 \u00a5300 \u00a2 \u20b9 \u20bf",
    # accents, composed and not
    "caf\u00e9 na\u00efve r\u00e9sum\u00e9 \u00c5ngstr\u00f6m \u00d8resund \u0141\u00f3d\u017a stra\u00dfe STRASSE \u1e9e",
    "cafe\u0301 nai\u0308ve re\u0301sume\u0301 A\u030angstro\u0308m",
    "a\u0301\u0323\u0308b a\u0323\u0301 \u1ea5 \u01d6 \u1e69 s\u0307\u0323",
    "\u0301 \u0301a \u0308\u0301 x \u0301",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033da\u0321\u034a\u0360l\u0328\u0365g\u0315o\u0321",
    "vi\u1ec7t nam Vi\u0065\u0323\u0302t \u0110\u1ed3ng",
    # case
    "\u0130stanbul I\u015f\u0131k \u0131\u0130iI D\u0130YARBAKIR",
    "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2 \u039f\u0394\u039f\u03a3 \u039f\u03a3 \u03a3 \u03a3\u03a3. \u03a3\u2019\u03a3",
    "\u0391\u0302\u0345 \u1fb3 \u1f88 \u1ffc \u0390 \u1fe3",
    "\u041c\u043e\u0441\u043a\u0432\u0430 \u0401\u043b\u043a\u0430 \u0439\u043e\u0433 \u0406\u0457",
    "\u01c5 \u01c4 \u01c6 \u01f2 \u10a0\u2d00 \u1c90 \u13a0\uab70",
    "\U00010400\U00010428 \U0001e900",
    "\u212a \u212b \u2126 \u00b5 \u03bc \u1e9b\u0323",
    # compatibility characters, ligatures, widths
    "\ufb01nd \ufb02ow o\ufb03ce \ufb00 \u0133 \u0152uvre \u00e6on \u1d2c",
    "\uff28\uff45\uff4c\uff4c\uff4f\u3000\uff11\uff12\uff13\uff0c\uff01 \uff76\uff9e",
    "x\u00b2 H\u2082O \u00bd \u2155 \u2460 \u2160\u216f \u3392 \u33a5 \u2122 \u2120 \u00ae \u00a9",
    "\u210b \u211d \u2115 \U0001d400\U0001d41a \U0001d6ba\U0001d6bb\U0001d6ba \U0001d7d8\U0001d7ff",
    "\u2026 \u2025 \u2024 \u203c \u2049 \u00a8 \u00b4 \u00b8 \u02dc",
    # CJK, kana, Hangul
    "\u4f60\u597d\u4e16\u754c \u6771\u4eacTokyo\u90fd \u3042\u3044\u3046\u30a8\u30aa \u304c\u304e \u304b\u3099",
    "\uc548\ub155\ud558\uc138\uc694 \uac01 \u1100\u1161\u11a8 \uac00\u11a8 \u3131\u314f",
    "\U00020000\U0002a6df\U0002f800 \ufa0e \uf900 \u3400 \u3007 \U00030000",
    "\u4e2d\u0301\u6587\u3002\uff0c\u300c\u5f15\u300d\u30fc\u301c",
    # other scripts
    "\u0627\u0644\u0639\u064e\u0631\u064e\u0628\u0650\u064a\u0651\u0629 \u05e2\u05b4\u05d1\u05b0\u05e8\u05b4\u05d9\u05ea \ufefb",
    "\u0939\u093f\u0928\u094d\u0926\u0940 \u0915\u093c \u0958 \u0ba4\u0bae\u0bbf\u0bb4\u0bcd \u0e44\u0e17\u0e22 \u0f43 \u0f73 \u1026",
    "\u1e0b\u0323 \u0344 \u0958\u0902 \u2adc \ufb1d \U0001d15e",
    # whitespace and control characters
    "a\tb\nc\rd\r\ne\x0bf\x0cg\x1ch\x1di\x1ej\x1fk\x85l\u00a0m\u1680n\u2003o\u2028p\u2029q\u202fr\u205fs\u3000t",
    "nul\x00inside soft\u00adhyphen zero\u200bwidth\u200cnon\u200djoin\ufeffbom\u2060wj \u200e\u200fmarks\u202a",
    "\x00 \x01\x02\x7f\x80\x9f \ufffd replaced\ufffdhere \ue000private \U000f0000 \U0010ffff \ufdd0 \ufffe",
    "unassigned \u0378 \U000e0001\U000e0100x \U0001fbff",
    # lone surrogates
    "lone \ud83d high \ude00 low \ude00\ud83d swapped a\ud800b",
    # emoji and symbols
    "\U0001f600 \U0001f44d\U0001f3fd \U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f \U0001f1eb\U0001f1f7 1\ufe0f\u20e3 \u263a",
    "\u2190\u2192\u2200\u2203\u2208\u2211\u221a\u221e\u2260\u2264\u2265 \u2591\u2588 \u266a \u2713 \u00b0C \u00b1 \u00d7 \u00f7",
    "\u2013 \u2014 \u2018single\u2019 \u201cdouble\u201d \u00abguillemets\u00bb \u2039x\u203a \u00bfque? \u00a1si! \u00b7 \u2022 \u2020 \u2021 \u00a7 \u00b6",
    "\u037e \u0387 \u1fef \u1ffd \u2000\u2001 \u2329\u232a \u309b",
    # special tokens in text
    "The capital of France is [MASK].",
    "[CLS] one [SEP] two [SEP] [PAD][PAD] [UNK]",
    "pre[MASK]post [mask] [Mask] [MASK [MASK]] [[MASK]] \u00e9[MASK]\u00e9 [MASK]\u0301",
    "[MA\u200bSK] [SE\x00P] x[MA\u200bSK] [MASK\u0301]",
    "<unk> <pad> [CLS]<s></s> \u2581under \u2581\u2581 score\u2581d",
    "##ing ## # ###a a##b un##able [unused0] [unused99]",
    # word lengths around the limit of 100
    "a" * 99, "a" * 100, "a" * 101, "x" * 1000 + " y",
    "\u00e9" * 100, "e\u0301" * 100, "\u00e9" * 101, "\U0001d400" * 100, "\U0001d400" * 101,
    "1" * 100 + "," + "2" * 101,
    # what pretraining and question answering see
    " = Valkyria Chronicles III = ",
    "Senj\u014d no Valkyria 3 : <unk> Chronicles ( Japanese : \u6226\u5834\u306e\u30f4\u30a1\u30eb\u30ad\u30e5\u30ea\u30a23 , lit . Valkyria of the Battlefield 3 )",
    "the rate was 1 @,@ 000 @.@ 5 per ten @-@ year period",
    "It was <br /><br />GREAT!!!! 10/10 :-) ;) <3",
    "``quoted'' ''empty`` ` ' '' `` '''",
    "in 1990, 1991, and 2,000,000, then 5,a 5, ,5 x5, 5,,6 \u0665, \u00b2,",
    "antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis qwrtzxcv",
    "   leading and   inner    and trailing   ",
    "\u00c9COLE \u00c9cole e\u0301COLE \u00dcBER u\u0308ber",
]


def escape(text):
    """Printable ASCII but the backslash as itself; all else as backslash-u and UTF-16 units, so that lone surrogates survive."""
    units = text.encode("utf-16-le", "surrogatepass")
    out = []
    for i in range(0, len(units), 2):
        unit = units[i] | units[i + 1] << 8
        out.append(chr(unit) if 32 <= unit <= 126 and unit != 92 else f"\\u{unit:04x}")
    return "".join(out)
