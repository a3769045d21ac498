using System.Globalization;
using System.Text;

namespace BareBert.Bert.Data;

/// <summary>Which reviews of the Large Movie Review Dataset to read.</summary>
[Flags]
internal enum ImdbParts
{
    /// <summary>25,000 labelled reviews.</summary>
    Train = 1,

    /// <summary>25,000 labelled reviews.</summary>
    Test = 2,

    /// <summary>50,000 reviews without a label, for pretraining.</summary>
    Unlabelled = 4,
}

/// <summary>The Large Movie Review Dataset, as its own folder <c>aclImdb</c> or as the <c>.tar.gz</c> it comes in.</summary>
/// <param name="Train">Labelled reviews; null where they were not asked for.</param>
/// <param name="Test">Labelled reviews; null where they were not asked for.</param>
/// <param name="Unlabelled">Texts without label; null where they were not asked for.</param>
/// <remarks>
/// Maas et al. 2011. Texts are as published, <c>&lt;br /&gt;</c> included. Negative reviews come first, each class by the number
/// in the file's name, so folder and archive give the same rows.
/// </remarks>
internal sealed record ImdbDataset(ClassificationDataset? Train, ClassificationDataset? Test, IReadOnlyList<string>? Unlabelled)
{
    /// <summary>0 negative, 1 positive.</summary>
    public static IReadOnlyList<string> LabelNames { get; } = ["negative", "positive"];

    // (the part, its two folders below aclImdb, the label)
    private static readonly (ImdbParts Part, string Split, string Class, int Label)[] Folders =
    [
        (ImdbParts.Train, "train", "neg", 0), (ImdbParts.Train, "train", "pos", 1),
        (ImdbParts.Test, "test", "neg", 0), (ImdbParts.Test, "test", "pos", 1),
        (ImdbParts.Unlabelled, "train", "unsup", 0),
    ];

    /// <summary>Reads the parts asked for.</summary>
    /// <param name="path">The folder that holds <c>train</c> and <c>test</c>, its parent, or the archive.</param>
    /// <param name="parts">What to read.</param>
    /// <param name="limits">For an archive: when to take it for a bomb.</param>
    /// <exception cref="InputException">Nothing of the kind is there, or the archive is damaged or hostile.</exception>
    public static ImdbDataset Read(string path, ImdbParts parts = ImdbParts.Train | ImdbParts.Test, ArchiveLimits? limits = null)
    {
        var folders = Folders.Where(f => parts.HasFlag(f.Part)).ToArray();
        List<Review> reviews = [.. Directory.Exists(path) ? FromFolder(path, folders) : FromArchive(path, folders, limits ?? ArchiveLimits.Default)];
        reviews.Sort((a, b) => a.Place.CompareTo(b.Place));
        Review[] Of(ImdbParts part) => [.. reviews.Where(r => r.Part == part)];
        ClassificationDataset? Labelled(ImdbParts part) => parts.HasFlag(part) ? Dataset(path, part, Of(part)) : null;
        return new ImdbDataset(
            Labelled(ImdbParts.Train), Labelled(ImdbParts.Test),
            parts.HasFlag(ImdbParts.Unlabelled) ? RequireAny(path, ImdbParts.Unlabelled, [.. Of(ImdbParts.Unlabelled).Select(r => r.Text)]) : null);
    }

    private static ClassificationDataset Dataset(string path, ImdbParts part, Review[] reviews)
    {
        List<string> notices = [];
        int empty = reviews.Count(r => string.IsNullOrWhiteSpace(r.Text));
        if (empty > 0)
            notices.Add($"{empty:N0} texts are empty (kept): {path}, {part}");
        return new ClassificationDataset([.. RequireAny(path, part, reviews).Select(r => new ClassificationExample(r.Text, null, r.Label))], LabelNames, notices);
    }

    private static T[] RequireAny<T>(string path, ImdbParts part, T[] rows) => rows.Length > 0 ? rows : throw new InputException(
        $"there are no {part.ToString().ToLowerInvariant()} reviews: {path}; give the folder aclImdb (with train/pos, train/neg, …) or its .tar.gz");

    private static IEnumerable<Review> FromFolder(string path, (ImdbParts Part, string Split, string Class, int Label)[] folders)
    {
        string root = Directory.Exists(Path.Combine(path, "aclImdb")) ? Path.Combine(path, "aclImdb") : path;
        foreach (var (part, split, name, label) in folders)
        {
            string folder = Path.Combine(root, split, name);
            if (!Directory.Exists(folder))
                continue;
            foreach (string file in InputFiles.List(folder, "*.txt"))
                yield return new Review(part, label, Path.GetFileName(file), TextFile.Read(file).Text);
        }
    }

    private static IEnumerable<Review> FromArchive(string path, (ImdbParts Part, string Split, string Class, int Label)[] folders, ArchiveLimits limits)
    {
        (ImdbParts, string, string, int Label)? FolderOf(string name)
        {
            // aclImdb/train/pos/0_9.txt, perhaps below ./
            string[] at = name.Split('/');
            if (at.Length < 3 || !at[^1].EndsWith(".txt", StringComparison.Ordinal))
                return null;
            var found = folders.Where(f => f.Split == at[^3] && f.Class == at[^2]).ToArray();
            return found.Length == 1 ? found[0] : null;
        }
        foreach (var (name, bytes) in SafeTarGz.Read(path, n => FolderOf(n) is not null, limits))
        {
            var (part, _, _, label) = FolderOf(name)!.Value;
            yield return new Review(part, label, name[(name.LastIndexOf('/') + 1)..], Encoding.UTF8.GetString(bytes));
        }
    }

    private readonly record struct Review(ImdbParts Part, int Label, string File, string Text)
    {
        /// <summary>What reviews are sorted by. A file is called number_rating.txt; others come last, by name.</summary>
        public (int, long, StringKey) Place => (Label, Number, new StringKey(File));

        private long Number =>
            long.TryParse(File.AsSpan(0, Math.Max(0, File.IndexOf('_'))), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : long.MaxValue;
    }

    /// <summary>Text that compares by its characters alone, on every machine the same.</summary>
    private readonly record struct StringKey(string Text) : IComparable<StringKey>
    {
        public int CompareTo(StringKey other) => string.CompareOrdinal(Text, other.Text);
    }
}
