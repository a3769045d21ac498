using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace BareBert.Bert.Data;

/// <summary>Pairs to learn from, and what is set aside to measure by.</summary>
internal sealed record EmbeddingData(PairTable Train, EmbeddingTest? Validation = null, EmbeddingTest? Test = null)
{
    private const uint Stream = 0x5041_4952; // draws of this file share no numbers with any other use of the seed

    /// <summary>Reads a table of pairs, or a folder of tables called train, validation and test where there are such; what has a file of its own is read from that.</summary>
    /// <exception cref="InputException">Nothing is there, or it cannot be read, or the pairs to learn from have scores.</exception>
    public static EmbeddingData Read(DataFiles files, PairColumns? columns = null)
    {
        PairColumns? first = columns is null ? null : columns with { Table = columns.Table.ForFirst(files.Train, files.Validation, files.Test) };
        EmbeddingData data = Directory.Exists(files.Train) ? ReadFolder(files.Train, first) : new EmbeddingData(RequireUnscored(PairTable.Read(files.Train, first)));
        return data with
        {
            Validation = files.Validation is { } validation ? ReadTests(validation, columns?.ForPart(validation))[0] with { Split = "valid" } : data.Validation,
            Test = files.Test is { } test ? ReadTests(test, columns?.ForPart(test))[^1] with { Split = "test" } : data.Test,
        };
    }

    /// <summary>Reads what a model is measured by: a table of pairs, a folder of such, or a folder to search in (<see cref="RetrievalReader"/>).</summary>
    /// <exception cref="InputException">Nothing is there, or it cannot be read.</exception>
    public static IReadOnlyList<EmbeddingTest> ReadTests(string path, PairColumns? columns = null)
    {
        if (!Directory.Exists(path))
            return [new EmbeddingTest("data", PairTable.Read(path, columns))];
        if (RetrievalReader.IsIn(path))
            return [.. RetrievalReader.Read(path).Select(part => new EmbeddingTest(part.Split, Pairs: null, part.Data))];
        EmbeddingTest[] tests = [.. new[] { OfFolder(path, Split.Valid, columns), OfFolder(path, Split.Test, columns) }.OfType<EmbeddingTest>()];
        return tests.Length > 0 ? tests : throw new InputException($"nothing to evaluate on: {path} has neither valid nor test pairs, nor corpus.jsonl and queries.jsonl; name a file");
    }

    /// <summary>With at most so many pairs or queries to evaluate on; null: all.</summary>
    public EmbeddingData WithEvaluations(int? most) => this with { Validation = Validation?.Sample(most), Test = Test?.Sample(most) };

    /// <summary>Sets some of the pairs aside, drawn by the seed.</summary>
    /// <exception cref="InputException">There are fewer than two.</exception>
    public EmbeddingData WithValidation(Holdout holdout, ulong seed)
    {
        if (Train.Pairs.Count < 2)
            throw new InputException($"data of {Train.Pairs.Count} pairs cannot be split; give more, or a file to validate on");
        int[] order = [.. Enumerable.Range(0, Train.Pairs.Count)];
        new PhiloxStream(seed, Stream).Shuffle(order.AsSpan());
        (int[] kept, int[] aside) = holdout.Of(order);
        PairTable Part(int[] rows) => Train with { Pairs = [.. rows.Select(i => Train.Pairs[i])] };
        return this with { Train = Part(kept), Validation = new EmbeddingTest("valid", Part(aside) with { Notices = [] }) };
    }

    /// <summary>A hash of everything: a resumed run must find the same.</summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text + "\0"));
        foreach (PairTable? part in new[] { Train, Validation?.Pairs, Test?.Pairs })
        {
            foreach ((int i, SentencePair pair) in part?.Pairs.Index() ?? [])
                Add(string.Create(CultureInfo.InvariantCulture, $"{pair.Anchor}\t{pair.Positive}\t{pair.Negative}\t{part!.Scores?[i]:R}"));
            Add("");
        }
        foreach (RetrievalData search in new[] { Validation?.Search, Test?.Search }.OfType<RetrievalData>())
        {
            foreach (string text in search.Queries.Concat(search.Documents).Concat(search.Wanted.SelectMany(w => w.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}:{pair.Value:R}")))))
                Add(text);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static PairTable RequireUnscored(PairTable table) => table.Scores is null ? table
        : throw new InputException($"pairs with scores are to evaluate on: {table.Path}; training learns from pairs that belong together: give those alone, without the scores' column (`Validation` takes scores)");

    private static EmbeddingData ReadFolder(string path, PairColumns? columns) => DataFiles.Find(path, Split.Train, Table.Extensions) is { Length: > 0 } train
        ? new EmbeddingData(RequireUnscored(PairTable.Read(train, columns)), OfFolder(path, Split.Valid, columns), OfFolder(path, Split.Test, columns))
        : throw new InputException($"no pairs to learn from: {path} has no train.csv, .tsv, .jsonl or .parquet; name the file, or the folder with it");

    private static EmbeddingTest? OfFolder(string folder, Split part, PairColumns? columns) =>
        DataFiles.Find(folder, part, Table.Extensions) is { Length: > 0 } found ? new EmbeddingTest(part.ToString().ToLowerInvariant(), PairTable.Read(found, columns)) : null;
}
