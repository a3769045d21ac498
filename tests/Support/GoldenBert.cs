using System.Text.Json;
using BareBert.Autograd;

namespace BareBert.Tests;

/// <summary>The small BERT that golden/model/record.py computed with PyTorch.</summary>
internal static class GoldenBert
{
    /// <summary>Its folder: a checkpoint as transformers would write it, beside what was computed.</summary>
    public static string Folder { get; } = Golden.Find("model");

    /// <summary>Its batches, losses and training history.</summary>
    public static JsonElement Expected { get; } = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "expected.json"))).RootElement;

    /// <summary>The recorded batches, packed.</summary>
    public static GoldenBatch[] Batches() => [.. Expected.GetProperty("batches").EnumerateArray().Select(GoldenBatch.Pack)];

    /// <summary>A recorded tensor.</summary>
    public static float[] Read(SafetensorsFile file, string name)
    {
        var values = new float[file.Find(name).Count];
        file.ReadFloats(name, values);
        return values;
    }
}

/// <summary>Sequences laid end to end.</summary>
internal sealed record GoldenBatch(
    int[] Ids, int[] Positions, int[] Types, int[] Offsets, int[] MaskedRows, int[] Labels, int[] NextLabels)
{
    public static GoldenBatch Pack(JsonElement sequences)
    {
        List<int> ids = [], positions = [], types = [], offsets = [0], masked = [], labels = [], next = [];
        foreach (JsonElement sequence in sequences.EnumerateArray())
        {
            int start = ids.Count;
            ids.AddRange(Ints(sequence, "ids"));
            positions.AddRange(Enumerable.Range(0, ids.Count - start));
            types.AddRange(Ints(sequence, "types"));
            offsets.Add(ids.Count);
            masked.AddRange(Ints(sequence, "masked").Select(position => start + position));
            labels.AddRange(Ints(sequence, "labels"));
            next.Add(sequence.GetProperty("next_label").GetInt32());
        }
        return new GoldenBatch([.. ids], [.. positions], [.. types], [.. offsets], [.. masked], [.. labels], [.. next]);
    }

    /// <summary>What the pretraining heads read: tokens, and which of those are first and which are masked.</summary>
    public (int[] Tokens, int[] Firsts, int[] Masked) Read()
    {
        int[] tokens = [.. Offsets.SkipLast(1).Union(MaskedRows).Order()];
        return (tokens, [.. Offsets.SkipLast(1).Select(row => Array.IndexOf(tokens, row))], [.. MaskedRows.Select(row => Array.IndexOf(tokens, row))]);
    }

    public PackedInputs Upload(Tape tape) => PackedInputs.Upload(tape, Ids, Positions, Types, Offsets);

    private static IEnumerable<int> Ints(JsonElement sequence, string name) =>
        sequence.GetProperty(name).EnumerateArray().Select(item => item.GetInt32());
}
