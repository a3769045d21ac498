using System.Text;

namespace BareBert.Bert.Data;

/// <summary>The conventions of the WikiText files: headings between equals signs, and text split into tokens.</summary>
/// <remarks>Merity et al. 2016, arXiv:1609.07843.</remarks>
public static class WikiText
{
    // What English glues to the word before it.
    private static readonly HashSet<string> Closing = [",", ".", ";", ":", "!", "?", ")", "]", "}", "'s", "'t", "'m", "'re", "'ve", "'ll", "'d"];
    private static readonly HashSet<string> Opening = ["(", "[", "{"];
    private static readonly HashSet<string> Currency = ["$", "£", "€"];

    /// <summary>
    /// The level of a heading, <c> = Title = </c> being 1 and <c> = = Section = = </c> 2; 0 for a line of text.
    /// A heading also stands between blank lines: some tables leave lines such as <c> = 7 , lost = </c>.
    /// </summary>
    /// <param name="lines">The file.</param>
    /// <param name="index">Which line is asked about.</param>
    public static int HeadingLevel(IReadOnlyList<string> lines, int index) =>
        HeadingLevel(index > 0 ? lines[index - 1] : null, lines[index], index + 1 < lines.Count ? lines[index + 1] : null);

    /// <inheritdoc cref="HeadingLevel(IReadOnlyList{string}, int)"/>
    /// <param name="before">The line before; null: there is none.</param>
    /// <param name="text">The line that is asked about.</param>
    /// <param name="after">The line behind; null: there is none.</param>
    internal static int HeadingLevel(string? before, string text, string? after)
    {
        ReadOnlySpan<char> line = text.AsSpan().Trim();
        int level = 0;
        while (line.StartsWith("= ") && line.EndsWith(" =") && line.Length > 4)
        {
            line = line[2..^2].Trim();
            level++;
        }
        bool balanced = level > 0 && !line.StartsWith("=") && !line.EndsWith("=");
        return balanced && string.IsNullOrWhiteSpace(before) && string.IsNullOrWhiteSpace(after) ? level : 0;
    }

    /// <summary>
    /// Puts a tokenised paragraph back together where that is safe: <c>@-@ @,@ @.@</c> inside words and numbers, closing and
    /// opening punctuation, clitics, paired double quotes, currency before a number, per cent after one, a colon between two.
    /// <c>&lt;unk&gt;</c> becomes <c>[UNK]</c>.
    /// </summary>
    /// <remarks>Left alone, because a rule would guess: single quotes, dashes, slashes, unpaired double quotes.</remarks>
    public static string Untokenise(string paragraph)
    {
        string[] tokens = paragraph.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        bool pairedQuotes = tokens.Count(t => t == "\"") % 2 == 0;
        bool insideQuotes = false;
        bool glueNext = true;
        var text = new StringBuilder(paragraph.Length);
        for (int i = 0; i < tokens.Length; i++)
        {
            string token = tokens[i] == "<unk>" ? "[UNK]" : tokens[i];
            bool glue = glueNext;
            glueNext = false;
            if (token is "@-@" or "@,@" or "@.@")
            {
                (glue, glueNext) = (true, true);
                token = token[1..2];
            }
            else if (token == ":" && EndsInDigit(text) && BeginsWithDigit(tokens, i + 1)) // a time, a score
                (glue, glueNext) = (true, true);
            else if (token == "\"" && pairedQuotes)
            {
                insideQuotes = !insideQuotes;
                if (insideQuotes)
                    glueNext = true;
                else
                    glue = true;
            }
            else if (Closing.Contains(token) || (token == "%" && EndsInDigit(text)))
                glue = true;
            else if (Opening.Contains(token) || (Currency.Contains(token) && BeginsWithDigit(tokens, i + 1)))
                glueNext = true;

            if (!glue)
                text.Append(' ');
            text.Append(token);
        }
        return text.ToString();
    }

    private static bool BeginsWithDigit(string[] tokens, int i) => i < tokens.Length && char.IsAsciiDigit(tokens[i][0]);

    private static bool EndsInDigit(StringBuilder text) => text.Length > 0 && char.IsAsciiDigit(text[^1]);
}
