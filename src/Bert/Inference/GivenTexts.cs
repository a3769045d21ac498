using System.Runtime.CompilerServices;

namespace BareBert.Bert.Inference;

/// <summary>Checks the texts that a caller hands over.</summary>
internal static class GivenTexts
{
    /// <summary>Throws where a text is missing: it would be taken for an empty one.</summary>
    /// <param name="items">What was handed over.</param>
    /// <param name="text">The text of an item.</param>
    /// <param name="name">What the caller calls the items.</param>
    /// <exception cref="ArgumentNullException">There are no items.</exception>
    /// <exception cref="ArgumentException">One of them has no text.</exception>
    public static void Require<T>(IReadOnlyList<T> items, Func<T, string?> text, [CallerArgumentExpression(nameof(items))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(items, name);
        for (int i = 0; i < items.Count; i++)
        {
            if (text(items[i]) is null)
                throw new ArgumentException($"text {i} is null", name);
        }
    }
}
