using System.Globalization;
using System.Text.Json.Nodes;

namespace BareBert.Watch;

/// <summary>How busy the machine is; what a system does not tell is left out.</summary>
public sealed class SystemUse
{
    private (double Busy, double All) _before = Times();

    /// <summary>Since the last time: share of the processors' time, and of the memory.</summary>
    public JsonObject Read()
    {
        var json = new JsonObject { ["processors"] = Environment.ProcessorCount };
        (double busy, double all) = Times();
        if (all > _before.All)
            json["cpu"] = Math.Clamp((busy - _before.Busy) / (all - _before.All), 0, 1);
        _before = (busy, all);
        if (Memory() is (double used, double total))
            (json["memory_used"], json["memory_total"]) = (used, total);
        return json;
    }

    // https://man7.org/linux/man-pages/man5/proc_stat.5.html: user nice system idle iowait …
    private static (double Busy, double All) Times()
    {
        try
        {
            double[] times = [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9].Select(t => double.Parse(t, CultureInfo.InvariantCulture))];
            return (times.Sum() - times[3] - times[4], times.Sum());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or InvalidOperationException or ArgumentException)
        {
            return (0, 0);
        }
    }

    private static (double Used, double Total)? Memory()
    {
        try
        {
            Dictionary<string, double> lines = File.ReadLines("/proc/meminfo").Select(line => line.Split(':', ' ').Where(part => part.Length > 0).ToArray())
                .Where(parts => parts.Length >= 2).ToDictionary(parts => parts[0], parts => 1024 * double.Parse(parts[1], CultureInfo.InvariantCulture));
            return (lines["MemTotal"] - lines["MemAvailable"], lines["MemTotal"]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or KeyNotFoundException or ArgumentException)
        {
            return null;
        }
    }
}
