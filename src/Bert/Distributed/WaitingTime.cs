using System.Globalization;

namespace BareBert.Bert.Distributed;

/// <summary>How long processes wait for each other, where the environment says it.</summary>
internal static class WaitingTime
{
    private const double Most = 1e6;

    /// <summary>Reads a number of seconds.</summary>
    /// <param name="variable">The variable's name, for the message.</param>
    /// <param name="said">Its value; null or empty: the usual time.</param>
    /// <param name="usual">Seconds where nothing is said.</param>
    /// <param name="zeroIsForEver">Whether 0 is taken, for ever.</param>
    /// <exception cref="InputException">It is no number of seconds.</exception>
    public static TimeSpan Of(string variable, string? said, double usual, bool zeroIsForEver)
    {
        if (string.IsNullOrEmpty(said))
            return TimeSpan.FromSeconds(usual);
        return double.TryParse(said, CultureInfo.InvariantCulture, out double seconds) && (seconds > 0 || (zeroIsForEver && seconds == 0)) && seconds <= Most
            ? TimeSpan.FromSeconds(seconds)
            : throw new InputException($"{variable} is no number of seconds: {said}; give one as {usual:0}{(zeroIsForEver ? ", or 0 to wait for ever" : "")}");
    }
}
