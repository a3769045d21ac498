using System.Text.Json.Nodes;

namespace BareBert.Tests;

/// <summary>Tokenizer files of a few lines.</summary>
internal static class TokenizerFolders
{
    public static readonly string[] Tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", ".", "##s", "Hello", "Paris", "hello", "[", "]", "sub", "##j", "cat."];

    /// <summary>A vocabulary's file.</summary>
    public static string VocabularyText => string.Concat(Tokens.Select(token => token + "\n"));

    /// <summary>A <c>tokenizer.json</c> of BERT's kind over <see cref="Tokens"/>.</summary>
    public static JsonObject Document(bool lowerCase = true)
    {
        var vocabulary = new JsonObject();
        for (int id = 0; id < Tokens.Length; id++)
            vocabulary[Tokens[id]] = id;
        return JsonNode.Parse($$"""
            {
              "version": "1.0", "truncation": null, "padding": null,
              "added_tokens": [
                { "id": 0, "content": "[PAD]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true },
                { "id": 4, "content": "[MASK]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true }
              ],
              "normalizer": { "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": {{(lowerCase ? "true" : "false")}} },
              "pre_tokenizer": { "type": "BertPreTokenizer" },
              "post_processor": {
                "type": "TemplateProcessing",
                "single": [{ "SpecialToken": { "id": "[CLS]", "type_id": 0 } }, { "Sequence": { "id": "A", "type_id": 0 } }, { "SpecialToken": { "id": "[SEP]", "type_id": 0 } }],
                "pair": [
                  { "SpecialToken": { "id": "[CLS]", "type_id": 0 } }, { "Sequence": { "id": "A", "type_id": 0 } }, { "SpecialToken": { "id": "[SEP]", "type_id": 0 } },
                  { "Sequence": { "id": "B", "type_id": 1 } }, { "SpecialToken": { "id": "[SEP]", "type_id": 1 } }
                ],
                "special_tokens": { "[CLS]": { "id": "[CLS]", "ids": [2], "tokens": ["[CLS]"] }, "[SEP]": { "id": "[SEP]", "ids": [3], "tokens": ["[SEP]"] } }
              },
              "decoder": { "type": "WordPiece", "prefix": "##", "cleanup": true },
              "model": { "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {{vocabulary.ToJsonString()}} }
            }
            """)!.AsObject();
    }

    /// <summary>A folder with files of these texts.</summary>
    public static Scratch With(params (string Name, string Text)[] files)
    {
        var folder = new Scratch();
        foreach (var (name, text) in files)
            folder.File(name, text);
        return folder;
    }

    /// <summary>The tokens that a folder's tokenizer gives for a text.</summary>
    public static string[] Tokenize(string text, params (string Name, string Text)[] files)
    {
        using Scratch folder = With(files);
        return TokenizerFactory.Load(folder.Root).TokenizeToStrings(text);
    }

    /// <summary>What a tokenizer gives after it was saved and loaded again; its folder's files are named as well.</summary>
    public static (SubwordTokenizer Loaded, string[] Files) SaveAndLoad(SubwordTokenizer tokenizer)
    {
        using var folder = new Scratch();
        tokenizer.Save(folder.Root);
        return (TokenizerFactory.Load(folder.Root), [.. Directory.GetFiles(folder.Root).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)]);
    }
}
