namespace BareBert.Bert.Models;

/// <summary>
/// Finds tensors of a checkpoint under the names of other times and trainers: with or without the encoder's prefix, wrapped in whatever
/// a trainer kept the model in (DataParallel's <c>module.</c>, Lightning's <c>model.</c>, the compiler's <c>_orig_mod.</c>), with LayerNorm's
/// <c>gamma</c> and <c>beta</c> of 2018.
/// </summary>
internal sealed class WeightNames
{
    private const string WordEmbeddings = "embeddings.word_embeddings.weight";

    private static readonly string[] Wrappers = ["module.", "model.", "_orig_mod."];

    private readonly Dictionary<string, string> _actual = [];
    private readonly string _ownWrapper;

    /// <exception cref="InputException">Two tensors of the file claim the same place.</exception>
    public WeightNames(ITensorSource source)
    {
        _ownWrapper = OwnWrapper(source.Tensors.Keys);
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
    public bool IsConstant(string name) => Canonical(name) is "embeddings.position_ids" or "embeddings.token_type_ids";

    // Whatever stands before the only word embeddings of a file, and before its encoder's prefix, is the attribute that a trainer kept the model in.
    private static string OwnWrapper(IEnumerable<string> names)
    {
        string[] embeddings = [.. names.Where(name => name.EndsWith(WordEmbeddings, StringComparison.Ordinal))];
        if (embeddings.Length != 1)
            return "";
        string before = embeddings[0][..^WordEmbeddings.Length];
        string? prefix = Prefixes.FirstOrDefault(prefix => before == prefix || before.EndsWith("." + prefix, StringComparison.Ordinal));
        return before[..^(prefix?.Length ?? 0)];
    }

    private static IEnumerable<string> Prefixes => Enum.GetValues<ModelFamily>().Select(family => HuggingFaceNames.Of(family).Prefix);

    private string Canonical(string name)
    {
        if (name.StartsWith(_ownWrapper, StringComparison.Ordinal))
            name = name[_ownWrapper.Length..];
        while (Wrappers.FirstOrDefault(wrapper => name.StartsWith(wrapper, StringComparison.Ordinal)) is string wrapper)
            name = name[wrapper.Length..];
        if (Prefixes.FirstOrDefault(prefix => name.StartsWith(prefix, StringComparison.Ordinal)) is string prefix)
            name = name[prefix.Length..];
        return ReplaceEnd(ReplaceEnd(name, ".gamma", ".weight"), ".beta", ".bias");
    }

    private static string ReplaceEnd(string name, string old, string now) =>
        name.EndsWith(old, StringComparison.Ordinal) ? name[..^old.Length] + now : name;
}
