namespace BareBert.Bert.Models;

/// <summary>
/// Finds tensors of a checkpoint under the names of other times and trainers: with or without the encoder's prefix,
/// under DataParallel's <c>module.</c>, with LayerNorm's <c>gamma</c> and <c>beta</c> of 2018.
/// </summary>
internal sealed class WeightNames
{
    private readonly Dictionary<string, string> _actual = [];

    /// <exception cref="InputException">Two tensors of the file claim the same place.</exception>
    public WeightNames(ITensorSource source)
    {
        foreach (string name in source.Tensors.Keys)
        {
            if (!_actual.TryAdd(Canonical(name), name))
                throw new InputException($"two tensors for one place: {source.Path}: {Printable.Quote(_actual[Canonical(name)])} and "
                    + $"{Printable.Quote(name)}; remove one");
        }
    }

    /// <summary>The file's name for a Hugging Face name; null when it has no such tensor.</summary>
    public string? Find(string hfName) => _actual.GetValueOrDefault(Canonical(hfName));

    /// <summary>Whether a tensor is a constant that older versions saved along.</summary>
    public static bool IsConstant(string name) =>
        Canonical(name) is "embeddings.position_ids" or "embeddings.token_type_ids";

    private static string Canonical(string name)
    {
        while (name.StartsWith("module.", StringComparison.Ordinal))
            name = name["module.".Length..];
        foreach (ModelFamily family in Enum.GetValues<ModelFamily>())
        {
            string prefix = HuggingFaceNames.Of(family).Prefix;
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                name = name[prefix.Length..];
                break;
            }
        }
        return ReplaceEnd(ReplaceEnd(name, ".gamma", ".weight"), ".beta", ".bias");
    }

    private static string ReplaceEnd(string name, string old, string now) =>
        name.EndsWith(old, StringComparison.Ordinal) ? name[..^old.Length] + now : name;
}
