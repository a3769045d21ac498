using System.Globalization;

namespace BareBert.Bert.Training;

/// <summary>Amounts of memory as people write them.</summary>
public static class ByteSizes
{
    private static readonly (string Unit, long Bytes)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("K", 1L << 10), ("M", 1L << 20), ("G", 1L << 30), ("T", 1L << 40), ("B", 1),
    ];

    /// <summary>Reads "4GiB" (2³⁰ each), "4G" (the same), "4GB" (10⁹ each), "500MB", "0" or a plain number of bytes.</summary>
    /// <exception cref="InputException">It is none of these.</exception>
    public static long Parse(string option, string text)
    {
        (string unit, long bytes) = Units.FirstOrDefault(u => text.EndsWith(u.Unit, StringComparison.OrdinalIgnoreCase), ("", 1));
        string number = text[..^unit.Length].TrimEnd();
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count) || !(count * bytes < 1L << 60))
            throw new InputException($"{option} {text.ReplaceLineEndings(" ")} is no amount of memory: write it as 4GiB, 500MB or 0");
        return (long)(count * bytes);
    }

    /// <summary>As in "4.0 GiB", "350 MiB", "12 bytes".</summary>
    public static string Format(long bytes)
    {
        foreach ((string unit, int shift) in new[] { ("GiB", 30), ("MiB", 20), ("KiB", 10) })
        {
            double count = Math.ScaleB(bytes, -shift);
            if (count >= 1)
                return string.Create(CultureInfo.InvariantCulture, $"{count.ToString(count < 10 ? "F1" : "F0", CultureInfo.InvariantCulture)} {unit}");
        }
        return $"{bytes} bytes";
    }
}
