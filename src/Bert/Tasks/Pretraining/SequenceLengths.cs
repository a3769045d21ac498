using System.Globalization;

namespace BareBert.Bert.Tasks;

/// <summary>The most tokens of an example: one length, or several that a run goes through, short ones first.</summary>
/// <remarks>
/// Press, Smith and Lewis 2021, "Shortformer", arXiv:2012.15832: what is learned on short sequences comes sooner and is of use on long ones. BERT itself
/// was trained so, nine tenths of its steps at a quarter of the length.
/// </remarks>
public sealed class SequenceLengths : IEquatable<SequenceLengths>
{
    private SequenceLengths(IReadOnlyList<int> all) => All = all;

    /// <summary>Ascending; one at least.</summary>
    public IReadOnlyList<int> All { get; }

    /// <summary>That of the last stage, which is also that of evaluations.</summary>
    public int Longest => All[^1];

    /// <summary>One length.</summary>
    public static implicit operator SequenceLengths(int length) => Of([length]);

    /// <summary>Several lengths.</summary>
    /// <param name="lengths">Ascending.</param>
    /// <exception cref="InputException">They do not ascend, or there is none.</exception>
    internal static SequenceLengths Of(params int[] lengths) => Of(lengths, $"`{nameof(PretrainerOptions.SequenceLength)}` {string.Join(':', lengths)}");

    /// <summary>Reads "128", or "32:64:128".</summary>
    /// <param name="option">What it is the value of, for the message.</param>
    /// <param name="text">The lengths.</param>
    /// <exception cref="InputException">They are no numbers, or do not ascend.</exception>
    public static SequenceLengths Parse(string option, string text)
    {
        string given = $"{option} {Printable.Quote(text)}";
        return Of([.. text.Split(':').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int length) ? length
            : throw new InputException($"{given} is no length, nor several: write 128, or 32:64:128 to begin with short examples"))], given);
    }

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => string.Join(':', All);

    /// <inheritdoc/>
    public bool Equals(SequenceLengths? other) => other is not null && All.SequenceEqual(other.All);

    /// <inheritdoc/>
    public override bool Equals(object? other) => Equals(other as SequenceLengths);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    private static SequenceLengths Of(int[] lengths, string given)
    {
        if (lengths.Length == 0)
            throw new InputException($"{given} holds no length: give one, as 128");
        for (int i = 1; i < lengths.Length; i++)
        {
            if (lengths[i] <= lengths[i - 1])
                throw new InputException($"{given} does not ascend: {lengths[i]} is not above {lengths[i - 1]}; write short lengths first, as 32:64:128");
        }
        return new SequenceLengths(lengths);
    }
}
