namespace BareBert.Bert.Data;

/// <summary>Some of many, at even distances: whatever order they are in, each part of it is there.</summary>
internal static class EvenSample
{
    /// <summary>At most so many items, in their order; null: all.</summary>
    public static IReadOnlyList<T> Of<T>(IReadOnlyList<T> items, int? most)
    {
        if (most is not int count || count >= items.Count)
            return items;
        return [.. Enumerable.Range(0, count).Select(i => items[(int)((long)i * items.Count / count)])];
    }
}
