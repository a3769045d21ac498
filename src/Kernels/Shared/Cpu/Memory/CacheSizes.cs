using System.Globalization;

namespace BareBert.Kernels;

/// <summary>Bytes of the data caches that one core sees: level 1 and 2 its own, level 3 usually shared.</summary>
/// <param name="Level1">Level 1 data cache.</param>
/// <param name="Level2">Level 2 cache.</param>
/// <param name="Level3">Level 3 cache; 0 where there is none.</param>
public sealed record CacheSizes(long Level1, long Level2, long Level3)
{
    /// <summary>What the blocking assumes of a processor that does not say: 32 KB, 512 KB, 8 MB.</summary>
    public static CacheSizes Default { get; } = new(32 << 10, 512 << 10, 8 << 20);

    /// <summary>The caches of the processor this runs on, from Linux's sysfs; <see cref="Default"/> elsewhere.</summary>
    public static CacheSizes OfThisMachine { get; } = Read("/sys/devices/system/cpu/cpu0/cache");

    /// <summary>Reads a folder that holds <c>index0</c>, <c>index1</c>, … as sysfs lays them out.</summary>
    /// <remarks>What is missing or unreadable keeps its default: a wrong guess costs speed, never a wrong value.</remarks>
    public static CacheSizes Read(string folder)
    {
        CacheSizes sizes = Default;
        for (int i = 0; Directory.Exists(Path.Combine(folder, $"index{i}")); i++)
        {
            string index = Path.Combine(folder, $"index{i}");
            if (ReadText(index, "type") == "Instruction" || ParseSize(ReadText(index, "size")) is not { } bytes)
                continue;
            sizes = ReadText(index, "level") switch
            {
                "1" => sizes with { Level1 = bytes },
                "2" => sizes with { Level2 = bytes },
                "3" => sizes with { Level3 = bytes },
                _ => sizes,
            };
        }
        return sizes;
    }

    private static string ReadText(string folder, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    // "32K", "1024K", "32M" or plain bytes.
    private static long? ParseSize(string text)
    {
        long unit = text.LastOrDefault() switch { 'K' => 1 << 10, 'M' => 1 << 20, 'G' => 1 << 30, _ => 1 };
        bool ok = long.TryParse(text.TrimEnd('K', 'M', 'G'), NumberStyles.None, CultureInfo.InvariantCulture, out long value);
        return ok && value is > 0 and < 1 << 20 || ok && unit == 1 && value > 0 ? value * unit : null;
    }
}
