using System.Text.Json.Nodes;
using Xunit;
using static BareBert.Tests.TokenizerFolders;

namespace BareBert.Tests;

/// <summary>Tokens beside the vocabulary: found in all places, single ids, kept.</summary>
public class AddedTokenTests
{
    public static TheoryData<string, string, int> Places => new()
    {
        { "added_tokens.json", """{"[SUBJ]": 18}""", 18 },
        { "tokenizer_config.json", """{"added_tokens_decoder": {"18": {"content": "[SUBJ]", "special": true, "normalized": false}}}""", 18 },
        { "tokenizer_config.json", """{"additional_special_tokens": ["[SUBJ]"]}""", 18 },
        { "tokenizer_config.json", """{"extra_special_tokens": {"subject": "[SUBJ]"}}""", 18 },
        { "special_tokens_map.json", """{"additional_special_tokens": ["[SUBJ]"]}""", 18 },
        { "special_tokens_map.json", """{"additional_special_tokens": [{"content": "[SUBJ]", "lstrip": false}], "unk_token": "[UNK]"}""", 18 },
    };

    [Theory, MemberData(nameof(Places))]
    public void IsOneIdWhereverItIsDeclared(string file, string text, int id)
    {
        using Scratch folder = With(("vocab.txt", VocabularyText), (file, text));
        SubwordTokenizer tokenizer = TokenizerFactory.Load(folder.Root);
        Assert.Equal([5, id, 6], tokenizer.Tokenize("the[SUBJ] cat").Ids.ToArray());
        Assert.Equal(19, tokenizer.VocabularySize);
        Assert.Equal("[SUBJ]", tokenizer.TokenOf(id));
        var (loaded, files) = SaveAndLoad(tokenizer);
        Assert.Equal([5, id, 6], loaded.Tokenize("the[SUBJ] cat").Ids.ToArray());
        Assert.Equal(tokenizer.AddedTokens.OrderBy(token => token.Id), loaded.AddedTokens.OrderBy(token => token.Id));
        Assert.Equal(["tokenizer.json", "tokenizer_config.json", "vocab.txt"], files);
    }

    [Fact]
    public void IsReadFromATokenizerJson()
    {
        JsonObject document = Document();
        document["added_tokens"]!.AsArray().Add(new JsonObject { ["id"] = 20, ["content"] = "[SUBJ]", ["special"] = false, ["normalized"] = false });
        using Scratch folder = With(("tokenizer.json", document.ToJsonString()));
        SubwordTokenizer tokenizer = TokenizerFactory.Load(folder.Root);
        Assert.Equal([5, 20, 6], tokenizer.Tokenize("the [SUBJ] cat").Ids.ToArray());
        Assert.Equal((21, ""), (tokenizer.VocabularySize, tokenizer.TokenOf(19)));
        Assert.Equal([5, 20, 6], SaveAndLoad(tokenizer).Loaded.Tokenize("the [SUBJ] cat").Ids.ToArray());
    }

    [Fact]
    public void OfTheVocabularyKeepsItsId()
    {
        string vocabulary = VocabularyText + "[outline]\n";
        Assert.Equal(["the", "[outline]", "cat"], Tokenize("the [outline] cat", ("vocab.txt", vocabulary),
            ("tokenizer_config.json", """{"additional_special_tokens": ["[outline]"]}"""), ("special_tokens_map.json", """{"additional_special_tokens": ["[outline]"]}""")));
    }

    [Theory]
    [InlineData("THE Foo cat", "the,Foo,cat")]
    [InlineData("the foo cat", "the,Foo,cat")]
    [InlineData("thefóocat", "the,Foo,cat")]
    public void OneOfCleanTextIsFoundInIt(string text, string expected) =>
        Assert.Equal(expected.Split(','), Tokenize(text, ("vocab.txt", VocabularyText), ("added_tokens.json", """{"Foo": 18}""")));

    [Fact]
    public void FlagsSayWhereItEnds()
    {
        (string, string)[] files =
        [
            ("vocab.txt", VocabularyText),
            ("tokenizer_config.json", """
                {"added_tokens_decoder": {
                    "18": {"content": "x", "normalized": false, "single_word": true},
                    "19": {"content": "<l>", "normalized": false, "lstrip": true},
                    "20": {"content": "<r>", "normalized": false, "rstrip": true}}}
                """),
        ];
        Assert.Equal(["x", "[UNK]", ".", "x"], Tokenize("x xx .x", files));
        using Scratch folder = With(files);
        PieceList pieces = TokenizerFactory.Load(folder.Root).Tokenize("the  <l>  <r>  cat");
        Assert.Equal([(0, 3), (3, 8), (10, 15), (15, 18)], Enumerable.Range(0, 4).Select(i => (pieces.Starts[i], pieces.Ends[i])));
    }

    [Fact]
    public void CanBeAddedBehindTheVocabulary()
    {
        var tokenizer = new WordPieceTokenizer(new Vocabulary(Tokens)).WithTokens(["[E1]", "cat", "[E2]", "[E1]"]);
        Assert.Equal(["[E1]", "cat", "[E2]"], tokenizer.AddedTokens.Skip(5).Select(token => token.Content));
        Assert.Equal([5, 18, 6, 19], tokenizer.Tokenize("the[E1]cat[E2]").Ids.ToArray());
        Assert.Equal(20, SaveAndLoad(tokenizer).Loaded.VocabularySize);
        Assert.Equal(tokenizer.AddedTokens, tokenizer.WithTokens(["[E2]"]).AddedTokens);
        Refusals.Of(() => tokenizer.WithTokens([""]), "empty token");
    }

    [Fact]
    public void CanBeAddedToSentencepiece()
    {
        var tokenizer = new UnigramTokenizer(SentencePieceModel.Load(HardTexts.PathOf("small-spiece.model"))).WithTokens(["<e1>"]);
        int id = tokenizer.VocabularySize - 1;
        Assert.Equal("<e1>", tokenizer.TokenOf(id));
        Assert.Contains(id, tokenizer.Tokenize("the <E1>cat").Ids.ToArray());
        Assert.Contains(id, SaveAndLoad(tokenizer).Loaded.Tokenize("the <e1>cat").Ids.ToArray());
    }

    [Theory]
    [InlineData("added_tokens.json", """{"[X]": 5}""", "two tokens with the id 5")]
    [InlineData("added_tokens.json", """{"[X]": -1}""", "is not a whole number from 0")]
    [InlineData("added_tokens.json", """{"[X]": 2000000000}""", "an id beyond reason")]
    [InlineData("added_tokens.json", "[1]", "not a JSON object")]
    [InlineData("special_tokens_map.json", """{"additional_special_tokens": 1}""", "additional_special_tokens is not a list")]
    public void FaultyFilesAreRefusedByName(string file, string text, string message) =>
        Refusals.Of(() => Tokenize("a", ("vocab.txt", VocabularyText), (file, text)), message);

    [Fact]
    public void SpecialTokensMayHaveOtherNames()
    {
        string vocabulary = VocabularyText.Replace("[CLS]", "<s>").Replace("[SEP]", "</s>").Replace("[UNK]", "<unk>").Replace("[PAD]", "<pad>").Replace("[MASK]", "<mask>");
        using Scratch folder = With(("vocab.txt", vocabulary), ("special_tokens_map.json",
            """{"cls_token": "<s>", "sep_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>", "mask_token": {"content": "<mask>", "lstrip": true}}"""));
        SubwordTokenizer tokenizer = TokenizerFactory.Load(folder.Root);
        Assert.Equal(new SpecialTokens(0, 1, 2, 3, 4), tokenizer.Special);
        Assert.Equal([2, 5, 4, 1, 3], new SequenceEncoder(tokenizer).Encode("the <mask> zzz").Ids.ToArray());
        Assert.Equal(new SpecialTokens(0, 1, 2, 3, 4), SaveAndLoad(tokenizer).Loaded.Special);
    }
}
