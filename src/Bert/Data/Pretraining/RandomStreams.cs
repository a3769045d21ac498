namespace BareBert.Bert.Data;

/// <summary>The streams of random numbers that make examples: no two share a draw (see <see cref="PhiloxStream"/>).</summary>
internal static class RandomStreams
{
    public const uint Pairs = 0xDA7A_0001, Order = 0xDA7A_0002, Masks = 0xDA7A_0003;
}
