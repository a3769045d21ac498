using System.Security.Cryptography;
using System.Text;

namespace BareBert.Bert.Data;

/// <summary>Sentences of a data set, and the parts that it sets aside; a part that it does not have is null.</summary>
internal sealed record ConllSplits(IReadOnlyList<LabelledSentence> Train, IReadOnlyList<LabelledSentence>? Validation = null, IReadOnlyList<LabelledSentence>? Test = null)
{
    private const uint Stream = 0x436F_4E4C; // draws of this file share no numbers with any other use of the seed

    /// <summary>A hash of all sentences: a resumed run must find the same ones.</summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (IReadOnlyList<LabelledSentence>? part in new[] { Train, Validation, Test })
        {
            foreach (LabelledSentence sentence in part ?? [])
                hash.AppendData(Encoding.UTF8.GetBytes($"{string.Join('\t', sentence.Words)}\n{string.Join('\t', sentence.Labels)}\n\n"));
            hash.AppendData("\0\n"u8);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>At most so many sentences to evaluate on, from all over each part; null: all.</summary>
    public ConllSplits WithEvaluations(int? most) => this with
    {
        Validation = Validation is null ? null : EvenSample.Of(Validation, most),
        Test = Test is null ? null : EvenSample.Of(Test, most),
    };

    /// <summary>Sets some of the sentences aside, drawn by the seed.</summary>
    /// <exception cref="InputException">There are fewer than two sentences.</exception>
    public ConllSplits WithValidation(Holdout holdout, ulong seed)
    {
        if (Train.Count < 2)
            throw new InputException($"data of {Train.Count} sentences cannot be split; give more, or a file to validate on");
        int[] order = [.. Enumerable.Range(0, Train.Count)];
        new PhiloxStream(seed, Stream).Shuffle(order.AsSpan());
        (int[] kept, int[] aside) = holdout.Of(order);
        return this with { Train = [.. kept.Select(i => Train[i])], Validation = [.. aside.Select(i => Train[i])] };
    }
}
