using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace BareBert.Bert.Models;

/// <summary>Takes a parameter's values as they were read.</summary>
/// <param name="parameter">Which.</param>
/// <param name="values">[Count], valid until the call returns.</param>
public delegate void ParameterSink(ParameterSpec parameter, ReadOnlySpan<float> values);

/// <summary>What loading found beside the tensors it loaded.</summary>
/// <param name="New">Parameters of the model that the file lacks, under their Hugging Face names; they keep their initial values.</param>
/// <param name="Unused">Tensors of the file that the model has no place for.</param>
public sealed partial record LoadReport(IReadOnlyList<string> New, IReadOnlyList<string> Unused)
{
    /// <summary>Those of the unused tensors whose type nothing here computes with.</summary>
    public IReadOnlyList<StoredTensor> Foreign { get; init; } = [];

    /// <summary>Those of the unused tensors that belong to layers behind a model's last: its configuration names fewer than the file has.</summary>
    internal IReadOnlyList<string> Behind(int layers) => [.. Unused.Where(name => Layer().Match(name) is { Success: true } layer && int.Parse(layer.Groups[1].ValueSpan, CultureInfo.InvariantCulture) >= layers)];

    // BERT's and DistilBERT's; the layers of ALBERT's groups are no more than they are.
    [GeneratedRegex(@"(?:encoder|transformer)\.layer\.([0-9]{1,9})\.")]
    private static partial Regex Layer();

    /// <summary>For verbs that need a trained head.</summary>
    /// <exception cref="InputException">The file lacked tensors.</exception>
    public void RequireAll(string path)
    {
        if (New.Count > 0)
            throw new InputException($"not trained for this: {path} lacks {New.Count} tensors, as {New[0]}; train the head first");
    }
}

/// <summary>Fills a model's parameters from a checkpoint's tensors.</summary>
internal static class WeightLoader
{
    /// <summary>Reads every parameter of the layout that the source holds.</summary>
    /// <param name="source">The checkpoint; names of other times and trainers are understood.</param>
    /// <param name="layout">The model.</param>
    /// <param name="sink">Called once for each parameter that is whole in the file; not for those reported as new.</param>
    /// <param name="replaceHeads">Whether a pooler or head of another shape is new rather than refused.</param>
    /// <param name="growsVocabulary">Whether the model may have more words than the file: each begins as the mean of those that it has.</param>
    /// <param name="newHead">Whether the head, the pooler apart, is new whatever the file has.</param>
    /// <param name="inPlace">Parameters that are used where they lie in the file: they are checked, not read.</param>
    /// <exception cref="InputException">
    /// Embeddings or layers are missing or of another shape (another architecture, another vocabulary), a head is of another shape,
    /// a tensor that should be tied differs from what it is tied to, or one holds what is no number.
    /// </exception>
    public static LoadReport Load(ITensorSource source, ParameterLayout layout, ParameterSink sink, bool replaceHeads = false, bool growsVocabulary = false, bool newHead = false,
        IReadOnlyDictionary<string, nint>? inPlace = null)
    {
        var names = new WeightNames(source);
        var missing = new List<string>();
        var used = new HashSet<string>();
        RequireEncoder(source, layout, names);
        float[] buffer = [];
        foreach (ParameterSpec parameter in layout.Parameters)
        {
            if ((newHead && !parameter.IsEncoder && !parameter.IsPooler) || !IsWhole(source, parameter, names, replaceHeads, growsVocabulary))
            {
                missing.AddRange(parameter.Pieces.Select(p => p.HfName));
                continue;
            }
            if (inPlace?.ContainsKey(parameter.Name) == true)
            {
                used.Add(CheckInPlace(source, parameter.Pieces[0], names));
                continue;
            }
            if (buffer.Length < parameter.Count)
                buffer = new float[parameter.Count];
            Span<float> values = buffer.AsSpan(0, parameter.Count);
            foreach (TensorPiece piece in parameter.Pieces)
                used.UnionWith(Read(source, piece, names, values.Slice(piece.Offset, piece.Count)));
            sink(parameter, values);
        }
        return new LoadReport(missing, [.. source.Tensors.Keys.Where(name => !used.Contains(name) && !names.IsConstant(name))])
        {
            Foreign = [.. source.Tensors.Values.Where(tensor => tensor.Type.IsForeign() && !used.Contains(tensor.Name))],
        };
    }

    /// <summary>Where parameters lie that can be used as they are in the file: whole ones, of float32, that are tied to nothing else there.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="layout">The model.</param>
    /// <returns>Addresses by name.</returns>
    public static IReadOnlyDictionary<string, nint> InPlace(ITensorSource source, ParameterLayout layout)
    {
        var places = new Dictionary<string, nint>();
        if (source is not IMappedTensors mapped)
            return places;
        var names = new WeightNames(source);
        foreach (ParameterSpec parameter in layout.Parameters)
        {
            if (parameter.Pieces is not [TensorPiece piece] || Find(piece, names) is not string name || piece.TiedNames.Select(names.Find).Any(tied => tied is not null && tied != name)
                || !source.Tensors[name].Shape.SequenceEqual(piece.Shape.Select(d => (long)d)))
                continue;
            nint address = mapped.AddressOf(name);
            if (address != 0)
                places.Add(parameter.Name, address);
        }
        return places;
    }

    private static string CheckInPlace(ITensorSource source, TensorPiece piece, WeightNames names)
    {
        string name = Find(piece, names)!;
        ((IMappedTensors)source).RequireFinite(name);
        return name;
    }

    private static void RequireEncoder(ITensorSource source, ParameterLayout layout, WeightNames names)
    {
        TensorPiece[] all = [.. layout.Parameters.Where(p => p.IsEncoder).SelectMany(p => p.Pieces)];
        TensorPiece[] lacking = [.. all.Where(p => Find(p, names) is null)];
        if (lacking.Length > 0)
            throw new InputException($"a checkpoint of another architecture: {source.Path} lacks {lacking.Length} of the {all.Length} "
                + $"tensors of a {layout.Config.Layers}-layer {layout.Config.Family} encoder, as {lacking[0].HfName}; use its own config.json");
    }

    private static string? Find(TensorPiece piece, WeightNames names) =>
        names.Find(piece.HfName) ?? piece.TiedNames.Select(names.Find).FirstOrDefault(name => name is not null);

    private static bool IsWhole(ITensorSource source, ParameterSpec parameter, WeightNames names, bool replaceHeads, bool growsVocabulary)
    {
        foreach (TensorPiece piece in parameter.Pieces)
        {
            if (Find(piece, names) is not string name)
                return false;
            StoredTensor tensor = source.Tensors[name];
            if (tensor.Shape.SequenceEqual(piece.Shape.Select(d => (long)d)) || (growsVocabulary && HasFewerWords(tensor, parameter, piece)))
                continue;
            if (replaceHeads && !parameter.IsEncoder)
                return false;
            // Rows are entries, positions or classes; what differs in width is another network.
            string kind = piece.Shape is [_, int width] && !(tensor.Shape is [_, long stored] && stored == width) ? "" : parameter.Name;
            throw new InputException($"{WhatDiffers(kind)}: {source.Path}: {Printable.Quote(name)} is {tensor.ShapeText}, "
                + $"the model's is [{string.Join(", ", piece.Shape)}]; {HowToMend(kind)}");
        }
        return true;
    }

    private static bool HasFewerWords(StoredTensor tensor, ParameterSpec parameter, TensorPiece piece) =>
        parameter.Name is "embeddings.word" or "mlm.bias" && tensor.Shape.Length == piece.Shape.Length
        && tensor.Shape[0] > 0 && tensor.Shape[0] < piece.Shape[0] && tensor.Shape[1..].SequenceEqual(piece.Shape[1..].Select(d => (long)d));

    private static string WhatDiffers(string parameter) => parameter switch
    {
        "embeddings.word" or "mlm.bias" => "a vocabulary of another size",
        "embeddings.position" => "another number of positions",
        "classifier.output.weight" or "classifier.output.bias" => "another number of classes",
        _ => "a checkpoint of another architecture",
    };

    private static string HowToMend(string parameter) => parameter switch
    {
        "embeddings.word" or "mlm.bias" => "use the vocabulary it was trained with",
        "classifier.output.weight" or "classifier.output.bias" => "give the same classes, or start with a new head",
        _ => "use its own config.json",
    };

    /// <returns>The names in the file that are thereby accounted for.</returns>
    private static List<string> Read(ITensorSource source, TensorPiece piece, WeightNames names, Span<float> values)
    {
        string primary = Find(piece, names)!;
        Span<float> stored = values[..(int)Math.Min(source.Tensors[primary].Count, values.Length)];
        source.ReadFinite(primary, stored);
        FillWithMean(values, stored.Length, width: piece.Shape is [_, int columns] ? columns : 1);
        values = stored;
        var used = new List<string> { primary };
        foreach (string tied in piece.TiedNames.Select(names.Find).OfType<string>().Where(name => name != primary))
        {
            RequireSame(source, tied, primary, values);
            used.Add(tied);
        }
        return used;
    }

    // Hewitt 2021, "Initializing new word embeddings for pretrained language models": the mean keeps the old words' probabilities.
    private static void FillWithMean(Span<float> values, int known, int width)
    {
        if (known == values.Length)
            return;
        var mean = new double[width];
        for (int i = 0; i < known; i++)
            mean[i % width] += values[i];
        for (int i = known; i < values.Length; i++)
            values[i] = (float)(mean[i % width] / (known / width));
    }

    /// <summary>A checkpoint may have a decoder of its own; to take the embeddings for it would be silently wrong.</summary>
    private static void RequireSame(ITensorSource source, string tied, string primary, ReadOnlySpan<float> values)
    {
        var other = new float[values.Length];
        if (source.Tensors[tied].Count == other.Length)
            source.ReadFloats(tied, other);
        // Bit for bit, so that NaN equals itself.
        if (source.Tensors[tied].Count != other.Length || !MemoryMarshal.AsBytes(values).SequenceEqual(MemoryMarshal.AsBytes<float>(other)))
            throw new InputException($"a decoder that is not tied: {source.Path}: {Printable.Quote(tied)} differs from "
                + $"{Printable.Quote(primary)}; only models with a tied decoder are supported");
    }
}
