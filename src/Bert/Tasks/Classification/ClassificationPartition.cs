using System.Security.Cryptography;
using System.Text;

namespace BareBert.Bert.Tasks;

/// <summary>How a data set is divided for a run.</summary>
/// <param name="Validation">What of the training rows is set aside where the data have no validation split.</param>
/// <param name="Fraction">The share of the training rows that is used.</param>
/// <param name="Seed">Says which rows are drawn.</param>
internal sealed record PartitionOptions(Holdout Validation, double Fraction = 1, ulong Seed = 1);

/// <summary>The rows that a run learns from, is judged by while it learns, and is judged by at its end.</summary>
/// <param name="Train">Learned from.</param>
/// <param name="Validation">Judged by.</param>
/// <param name="Test">Judged by once; null where the data have none.</param>
/// <param name="Notices">What was noticed, one line each.</param>
internal sealed record ClassificationPartition(
    ClassificationDataset Train, ClassificationDataset Validation, ClassificationDataset? Test, IReadOnlyList<string> Notices)
{
    /// <summary>Divides what was read.</summary>
    /// <param name="splits">The data.</param>
    /// <param name="name">Where they are from, for messages.</param>
    /// <param name="options">How.</param>
    /// <exception cref="InputException">Nothing can be learned from the rows.</exception>
    public static ClassificationPartition Of(ClassificationSplits splits, string name, PartitionOptions options)
    {
        List<string> notices = [.. splits.Train.Notices, .. splits.Validation?.Notices ?? [], .. splits.Test?.Notices ?? [], .. splits.Notices];
        ClassificationDataset train = splits.Train.RequireTrainable(name);
        if (options.Fraction != 1)
            train = train.Fraction(options.Fraction, options.Seed);
        ClassificationDataset? validation = splits.Validation;
        if (validation is null)
        {
            (train, validation) = train.Split(options.Validation, options.Seed);
            notices.Add($"no validation split: {validation.Examples.Count:N0} of the training rows, drawn {(train.ProblemType == ProblemType.Regression ? "by chance" : "by class")}, are set aside");
        }
        train.RequireTrainable(name);
        if (train.ProblemType != ProblemType.Regression)
            notices.Add($"training {(train.ProblemType == ProblemType.MultiLabel ? "labels" : "classes")}: {train.Balance.Describe(train.LabelNames)}");
        foreach ((string part, ClassificationDataset? data) in new[] { ("validation", validation), ("test", splits.Test) })
            NoticeUnseen(notices, train, part, data);
        return new ClassificationPartition(train, validation, splits.Test, notices);
    }

    /// <summary>At most about so many rows to evaluate on, drawn by class; null: all.</summary>
    public ClassificationPartition WithEvaluations(int? most, ulong seed)
    {
        ClassificationDataset Some(ClassificationDataset data) =>
            most is int count && count < data.Examples.Count ? data.Fraction((double)count / data.Examples.Count, seed) : data;
        return this with { Validation = Some(Validation), Test = Test is null ? null : Some(Test) };
    }

    /// <summary>A hash of all rows: a resumed run must find the same ones.</summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ClassificationDataset? part in new[] { Train, Validation, Test })
        {
            foreach (ClassificationExample example in part?.Examples ?? [])
                hash.AppendData(Encoding.UTF8.GetBytes($"{(example.Targets is { } targets ? string.Join(' ', targets.Select(t => t.ToString(System.Globalization.CultureInfo.InvariantCulture))) : example.Label)}\0{example.Text}\0{example.Text2}\n"));
            hash.AppendData("\0\n"u8);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void NoticeUnseen(List<string> notices, ClassificationDataset train, string part, ClassificationDataset? data)
    {
        if (data is null || train.ProblemType == ProblemType.Regression)
            return;
        int[] unseen = [.. train.Balance.Missing.Except(data.Balance.Missing)];
        if (unseen.Length > 0)
        {
            notices.Add($"the {part} split has classes without a training example, which cannot be learned: "
                + string.Join(", ", unseen.Select(c => train.LabelNames[c])));
        }
    }
}
