using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace BareBert.Tests;

/// <summary>A folder in which everything that the documents' commands name lies, in its own format and tiny.</summary>
internal static class Desk
{
    private static readonly string[] Signs = ["red", "blue"];

    /// <summary>Lays it out.</summary>
    /// <param name="folder">Empty.</param>
    /// <param name="run">Its corpus, vocabulary and words.</param>
    public static void LayOut(string folder, TrainedRun run)
    {
        string At(string name) => Path.Combine(folder, name);
        void Write(string name, string text)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
            File.WriteAllText(At(name), text);
        }
        foreach (string corpus in new[] { "wikitext-2", "corpus" })
            CopyFolder(run.Data, At(corpus));
        foreach (string vocabulary in new[] { "vocab.txt", "bert-base-uncased-vocab.txt", "models/MiniLM/vocab.txt" })
            Write(vocabulary, File.ReadAllText(run.Vocabulary));
        File.Copy(Sources.At("tests", "golden", "tokenizer", "small-spiece.model"), At("spiece.model"));
        Write("docs/two-layers.json", File.ReadAllText(Sources.At("docs", "two-layers.json")));
        Write("small.json", Config("bert"));
        Write("small-distilbert.json", """{"model_type": "distilbert", "dim": 16, "n_layers": 1, "n_heads": 2, "hidden_dim": 32, "max_position_embeddings": 512, "vocab_size": 50}""");
        Write("small-albert.json", Config("albert").Replace("{", "{\"embedding_size\": 16, "));

        Write("reviews.csv", "text,label\n" + Rows(16, "{0},{1}\n").Replace(",red", ",negative").Replace(",blue", ",positive"));
        using (var zip = new GZipStream(File.Create(At("reviews.csv.gz")), CompressionMode.Compress))
            zip.Write(File.ReadAllBytes(At("reviews.csv")));
        Write("reviews.txt", File.ReadAllText(Path.Combine(run.Data, "train.txt")));
        Write("questions.jsonl", Rows(4, "{{\"question\": \"the {1} cat?\", \"context\": \"{0}\"}}\n"));
        Write("words.jsonl", Rows(4, "{{\"text\": \"{0}\"}}\n"));
        foreach (string part in new[] { "a.csv", "b.csv", "c.csv" })
            Write(part, Rows(12, "{0};7;{1}\n"));
        Write("tagged.jsonl", Rows(12, "{{\"text\": \"{0}\", \"labels\": [\"{1}\"]}}\n"));
        foreach (string part in new[] { "train", "validation", "test" })
        {
            Write($"imdb1k/{part}.csv", "text,label\n" + Rows(12, "{0},{1}\n"));
            Write($"sts/{part}.csv", "sentence1,sentence2,score\n" + Rows(12, "{0},the cat sees it,{2}\n"));
        }
        foreach (string part in new[] { "train", "dev" })
            Write($"glue_data/CoLA/{part}.tsv", string.Concat(Enumerable.Range(0, 12).Select(i => $"gj04\t{i % 2}\t\tthe {Signs[i % 2]} cat sees tree {i}\n")));
        Write("glue_data/CoLA/test.tsv", "index\tsentence\n" + string.Concat(Enumerable.Range(0, 4).Select(i => $"{i}\tthe cat {i}\n")));
        Write("pairs.csv", "anchor,positive\n" + Rows(12, "{0},the house {1} {2}\n"));
        foreach (string scores in new[] { "sts-dev.csv", "sts-test.csv" })
            Write(scores, "sentence1,sentence2,score\n" + Rows(12, "{0},the cat sees it,{2}\n"));
        Write("answers.txt", "the cat\nthe dog\nthe bird\n");
        foreach (string part in new[] { "train", "valid", "test" })
            Write($"conll2003/{part}.txt", string.Concat(Enumerable.Range(0, 8).Select(i => $"the O\n{Signs[i % 2]} B-{i % 2}\ncat O\n\n")));
        foreach (string trees in new[] { "trees", "sst/trees" })
        {
            foreach (string part in new[] { "train", "dev", "test" })
                Write($"{trees}/{part}.txt", string.Concat(Enumerable.Range(0, 10).Select(i => $"({i % 5} (2 the) ({i % 5} ({i % 5} {Signs[i % 2]}) (2 cat)))\n")));
        }
        string[] phrases = [.. Enumerable.Range(0, 12).Select(i => $"the {Signs[i % 2]} cat {i}")];
        const string Stanford = "stanfordSentimentTreebank/";
        Write(Stanford + "dictionary.txt", string.Concat(phrases.Select((phrase, i) => $"{phrase}|{i}\n")));
        Write(Stanford + "sentiment_labels.txt", "phrase ids|sentiment values\n" + string.Concat(phrases.Select((_, i) => $"{i}|{i % 5 * 0.2 + 0.1}\n")));
        Write(Stanford + "datasetSentences.txt", "sentence_index\tsentence\n" + string.Concat(phrases.Select((phrase, i) => $"{i + 1}\t{phrase}\n")));
        Write(Stanford + "datasetSplit.txt", "sentence_index,splitset_label\n" + string.Concat(phrases.Select((_, i) => $"{i + 1},{i % 3 + 1}\n")));
        foreach (string squad in new[] { "train-v1.1.json", "dev-v1.1.json", "dev.json", "subset.json" })
            Write(squad, Squad(hasUnanswerable: false));
        foreach (string squad in new[] { "train-v2.0.json", "dev-v2.0.json" })
            Write(squad, Squad(hasUnanswerable: true));
        Reviews(At("aclImdb.tar.gz"));
    }

    /// <summary>Copies a folder with all that is in it.</summary>
    public static void CopyFolder(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
    }

    private static string Config(string type) => $$"""
        {"model_type": "{{type}}", "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 512, "vocab_size": 50}
        """;

    // {0}: a text, {1}: its label, {2}: a number, not whole.
    private static string Rows(int count, string form) => string.Concat(Enumerable.Range(0, count).Select(i => string.Format(null, form, $"the {Signs[i % 2]} cat sees tree {i}", Signs[i % 2], $"{i % 5}.{i % 9}")));

    private static string Squad(bool hasUnanswerable)
    {
        string Question(int i, bool isImpossible) => $$"""{"id": "{{i}}{{isImpossible}}", "question": "the cat?", "is_impossible": {{(isImpossible ? "true" : "false")}}, "answers": {{(isImpossible ? "[]" : """[{"text": "red", "answer_start": 4}]""")}}}""";
        string Article(int i) => $$"""{"title": "t{{i}}", "paragraphs": [{"context": "the red cat sees the dog.", "qas": [{{Question(i, false)}}{{(hasUnanswerable ? "," + Question(i, true) : "")}}]}]}""";
        return $$"""{"version": "{{(hasUnanswerable ? "v2.0" : "1.1")}}", "data": [{{string.Join(',', Enumerable.Range(0, 10).Select(Article))}}]}""";
    }

    private static void Reviews(string path)
    {
        using FileStream file = File.Create(path);
        using var zip = new GZipStream(file, CompressionMode.Compress);
        using var tar = new TarWriter(zip);
        foreach ((string folder, int stars, int count) in ((string, int, int)[])[("train/neg", 1, 60), ("train/pos", 9, 60), ("test/neg", 1, 4), ("test/pos", 9, 4), ("train/unsup", 0, 4)])
        {
            for (int i = 0; i < count; i++)
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"aclImdb/{folder}/{i}_{stars}.txt")
                {
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes($"the {Signs[stars / 9]} cat.<br /><br />It sees tree {i}.")),
                });
            }
        }
    }
}
