using System.Text.RegularExpressions;

namespace BareBert.Bert.Exchange.Hub;

/// <summary>A repository of the Hugging Face hub at a revision, as users write it: <c>hf:owner/name@revision</c>, <c>hf:datasets/owner/name:configuration@revision</c>.</summary>
/// <param name="Repository">"owner/name", or "name" for the oldest ones.</param>
/// <param name="Revision">A branch, a tag or a commit.</param>
public sealed partial record HubReference(string Repository, string Revision = HubReference.Main)
{
    /// <summary>The branch that is meant where none is named.</summary>
    public const string Main = "main";

    /// <summary>The kind of repository that is meant where none is named.</summary>
    public const string Models = "models";

    /// <summary>Repositories of data.</summary>
    public const string Datasets = "datasets";

    /// <summary><see cref="Models"/> or <see cref="Datasets"/>.</summary>
    public string Kind { get; init; } = Models;

    /// <summary>Which of a data set's tables; null: its only ones.</summary>
    public string? Configuration { get; init; }

    /// <summary>What such a name begins with where a path could stand too.</summary>
    public const string Scheme = "hf:";

    /// <summary>Whether a text is one rather than a path.</summary>
    public static bool IsOne(string text) => text.StartsWith(Scheme, StringComparison.Ordinal);

    /// <summary>Parses a name, with <see cref="Scheme"/> or without.</summary>
    /// <exception cref="InputException">It is no name of a repository.</exception>
    public static HubReference Parse(string text)
    {
        string name = IsOne(text) ? text[Scheme.Length..] : text;
        string kind = name.StartsWith(Datasets + "/", StringComparison.Ordinal) ? Datasets : Models;
        if (kind == Datasets)
            name = name[(Datasets.Length + 1)..];
        string[] parts = name.Split('@', 2);
        string[] named = kind == Datasets ? parts[0].Split(':', 2) : [parts[0]];
        parts[0] = named[0];
        string revision = parts.Length > 1 ? parts[1] : Main;
        if (!HubFolders.IsName(parts[0]) || !RevisionName().IsMatch(revision) || revision.Contains("..", StringComparison.Ordinal))
            throw new InputException($"no name of a hub's repository: {Printable.Quote(text)}; write owner/name, or owner/name@revision");
        return new HubReference(parts[0], revision) { Kind = kind, Configuration = named.Length > 1 ? named[1] : null };
    }

    /// <inheritdoc/>
    public override string ToString() => $"{(Kind == Models ? "" : Kind + "/")}{Repository}{(Configuration is null ? "" : ":" + Configuration)}{(Revision == Main ? "" : "@" + Revision)}";

    [GeneratedRegex("^[A-Za-z0-9._-][A-Za-z0-9._/-]{0,127}$")]
    private static partial Regex RevisionName();
}
