using System.Text;

namespace BareBert.Bert.Checkpoints;

/// <summary>Puts text from a file that is not trusted into a one-line message.</summary>
internal static class Printable
{
    private const int Longest = 80;

    /// <summary>The text in quotes, control characters replaced, cut to 80 characters.</summary>
    public static string Quote(string text)
    {
        var line = new StringBuilder("'");
        foreach (char c in text.Length <= Longest ? text : text[..Longest] + "…")
            line.Append(char.IsControl(c) || c is '\u2028' or '\u2029' ? '\ufffd' : c);
        return line.Append('\'').ToString();
    }
}
