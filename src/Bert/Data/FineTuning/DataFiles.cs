namespace BareBert.Bert.Data;

/// <summary>Where the parts of a data set are.</summary>
/// <param name="Train">A file to learn from, or a folder or archive that may hold the other parts too.</param>
/// <param name="Validation">A file to validate on, in the place of what <paramref name="Train"/> has; null: that.</param>
/// <param name="Test">A file to test on, likewise.</param>
public sealed record DataFiles(string Train, string? Validation = null, string? Test = null)
{
    private static readonly string[][] Names = [["train", "training"], ["validation", "valid", "val", "dev", "testa"], ["test", "testb"]];

    /// <summary>The files of a folder that are a part by their names: one called so, or the pieces of a table as the datasets library writes them, train-00000-of-00002.parquet.</summary>
    /// <param name="folder">Which.</param>
    /// <param name="part">Of training, validation and test.</param>
    /// <param name="extensions">Of the files, without .gz; the first that is there.</param>
    /// <returns>In order; none where the part is not there.</returns>
    /// <exception cref="InputException">The folder cannot be read.</exception>
    internal static string[] Find(string folder, Split part, IReadOnlyList<string> extensions) => Find(folder, Names[(int)part], extensions);

    /// <summary>The files of a folder that have one of some names, the first that is there.</summary>
    /// <exception cref="InputException">The folder cannot be read.</exception>
    internal static string[] Find(string folder, IReadOnlyList<string> names, IReadOnlyList<string> extensions)
    {
        string[] files = InputFiles.List(folder, "*");
        Array.Sort(files, StringComparer.Ordinal);
        foreach (string name in names)
        {
            foreach (string extension in extensions)
            {
                if (files.FirstOrDefault(file => IsCalled(file, name, extension)) is { } one)
                    return [one];
                string[] pieces = [.. files.Where(file => Path.GetFileName(file) is var called && called.StartsWith(name + "-", StringComparison.Ordinal)
                    && called.Contains("-of-", StringComparison.Ordinal) && Table.ExtensionOf(file) == extension)];
                if (pieces.Length > 0)
                    return pieces;
            }
        }
        return [];
    }

    /// <summary>Where <see cref="Train"/> is a folder, the files in it for the parts that have none of their own.</summary>
    /// <param name="extensions">Of the files.</param>
    /// <exception cref="InputException">The folder has no training part, or one in pieces.</exception>
    internal DataFiles InFolder(IReadOnlyList<string> extensions)
    {
        if (!Directory.Exists(Train))
            return this;
        string? Part(Split part) => Find(Train, part, extensions) switch
        {
            [] => null,
            [var one] => one,
            _ => throw new InputException($"a part in several pieces: {Train}; name one file"),
        };
        return new DataFiles(Part(Split.Train) ?? throw new InputException($"no part to learn from: {Train} has no train{string.Join(", train", extensions)}; name a file"),
            Validation ?? Part(Split.Valid), Test ?? Part(Split.Test));
    }

    private static bool IsCalled(string file, string name, string extension) =>
        Path.GetFileName(file) is var called && (called == name + extension || called == name + extension + ".gz");
}
