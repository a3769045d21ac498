using System.Globalization;

namespace BareBert.Bert.Training;

/// <summary>Lengths of time as people write them.</summary>
public static class Durations
{
    /// <summary>Reads "90s", "30m", "2h", "1h30m" or a plain number of seconds.</summary>
    /// <exception cref="InputException">It is none of these.</exception>
    public static TimeSpan Parse(string option, string text)
    {
        double seconds = 0, number = 0;
        int start = 0;
        bool valid = text.Length > 0;
        for (int i = 0; i < text.Length && valid; i++)
        {
            if (char.IsAsciiDigit(text[i]) || text[i] == '.')
                continue;
            valid = UnitOf(text[i]) > 0 && TryNumber(text[start..i], out number);
            seconds += number * UnitOf(text[i]);
            start = i + 1;
        }
        if (valid && start < text.Length)
        {
            valid = start == 0 && TryNumber(text, out number);
            seconds = number;
        }
        if (!valid || seconds <= 0 || seconds > TimeSpan.FromDays(365).TotalSeconds)
            throw new InputException($"{option} {text} is no length of time: write it as 90s, 30m or 1h30m");
        return TimeSpan.FromSeconds(seconds);
    }

    /// <summary>As <see cref="Parse"/> reads it: "5400s".</summary>
    public static string Write(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###}s");

    /// <summary>As in "1 h 02 min", "3 min 20 s", "12 s".</summary>
    public static string Format(double seconds)
    {
        if (!double.IsFinite(seconds))
            return "?";
        var time = TimeSpan.FromSeconds(Math.Round(seconds));
        return time.TotalHours >= 1 ? $"{(int)time.TotalHours} h {time.Minutes:00} min"
            : time.TotalMinutes >= 1 ? $"{time.Minutes} min {time.Seconds:00} s"
            : $"{time.Seconds} s";
    }

    private static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);

    private static double UnitOf(char unit) => unit switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
}
