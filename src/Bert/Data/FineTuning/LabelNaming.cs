using System.Globalization;

namespace BareBert.Bert.Data;

/// <summary>Turns the labels of a file into class indices.</summary>
internal static class LabelNaming
{
    /// <summary>
    /// The classes of a file that is trained on: whole numbers in rising order, else names in alphabetical order. Numbers that run
    /// from 0 without a gap are their own indices.
    /// </summary>
    public static string[] Infer(IEnumerable<string> labels)
    {
        string[] distinct = [.. labels.Distinct(StringComparer.Ordinal)];
        return distinct.All(l => TryWhole(l, out _))
            ? [.. distinct.OrderBy(l => { TryWhole(l, out long value); return value; }).ThenBy(l => l, StringComparer.Ordinal)]
            : [.. distinct.Order(StringComparer.Ordinal)];
    }

    /// <summary>
    /// The class index of each label of a file read with a model's names. A file may use the names, in other letters too, or where none of its labels is
    /// a name, the indices.
    /// </summary>
    /// <exception cref="InputException">A label is neither.</exception>
    public static Dictionary<string, int> Match(IReadOnlyCollection<string> labels, IReadOnlyList<string> names, string path, List<string> notices)
    {
        var byName = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int c = 0; c < names.Count; c++)
        {
            if (!byName.TryAdd(names[c], c))
                throw new InputException($"two classes have one name: {Printable.Quote(names[c])}; give each label its own name");
        }
        string[] distinct = [.. labels.Distinct(StringComparer.Ordinal)];
        if (distinct.Length > 0 && !distinct.Any(byName.ContainsKey) && distinct.All(l => TryWhole(l, out long i) && i >= 0 && i < names.Count))
        {
            notices.Add($"labels are taken as indices of the classes {string.Join(", ", names)}: {path}");
            return distinct.ToDictionary(l => l, l => { TryWhole(l, out long i); return (int)i; });
        }
        foreach (string label in distinct.Where(l => !byName.ContainsKey(l)))
        {
            int like = IndexOf(names, label);
            if (like >= 0)
                byName[label] = like;
        }
        string? unseen = distinct.FirstOrDefault(l => !byName.ContainsKey(l));
        return unseen is null
            ? byName
            : throw new InputException($"the label {Printable.Quote(unseen)} is not one of {Printable.Quote(string.Join(", ", names))}: {path}; use the labels that the model was trained with");
    }

    /// <summary>Where a label is among names, letter case aside where it is none exactly, as models spell the same class in capital letters too; −1: nowhere.</summary>
    public static int IndexOf(IReadOnlyList<string> names, string label)
    {
        int exact = names.ToList().IndexOf(label);
        return exact >= 0 ? exact : names.ToList().FindIndex(name => name.Equals(label, StringComparison.OrdinalIgnoreCase));
    }

    private static bool TryWhole(string label, out long value) =>
        long.TryParse(label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
}
