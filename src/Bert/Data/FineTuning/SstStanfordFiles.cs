using System.Globalization;
using System.Text;

namespace BareBert.Bert.Data;

/// <summary>The line formats of the Stanford Sentiment Treebank's own files.</summary>
internal static class SstStanfordFiles
{
    /// <summary><c>sentiment_labels.txt</c>: phrase id | value from 0 to 1.</summary>
    public static Dictionary<long, double> ReadValues(string path) => ReadPairs(path, '|', idFirst: true, (value, where) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double v) && v is >= 0 and <= 1
            ? v
            : throw new InputException($"a sentiment value is not a number from 0 to 1: {where}; write lines like 12|0.65"));

    /// <summary>The file of the phrases in a folder: the treebank's own, or the lexicon of the same ids that some have instead.</summary>
    /// <param name="valuesPath"><c>sentiment_labels.txt</c>.</param>
    public static string PhrasesBeside(string valuesPath)
    {
        string folder = Path.GetDirectoryName(valuesPath) ?? "";
        string[] known = [Path.Combine(folder, "dictionary.txt"), Path.Combine(folder, "sentlex_exp12.txt")];
        return known.FirstOrDefault(File.Exists) ?? known[0];
    }

    /// <summary>
    /// Phrases by id: <c>dictionary.txt</c> (phrase|id), or a file of id and phrase with a comma, a bar or a tab between (a phrase may
    /// be quoted, with quotes doubled inside; between commas, its own are written <c>&amp;#44</c>).
    /// </summary>
    public static Dictionary<long, string> ReadPhrases(string path)
    {
        if (!File.Exists(path))
            throw new InputException($"the phrases are missing: {path}; put that file of the Stanford Sentiment Treebank beside its others, or give its trees (train.txt, dev.txt, test.txt), which hold the phrases");
        string first = TextFile.Read(path).Text.Split('\n').Skip(1).FirstOrDefault(l => l.Trim().Length > 0) ?? "";
        bool idFirst = first.IndexOfAny(['|', ',', '\t']) is int end and > 0 && long.TryParse(first.AsSpan(0, end).Trim(), out _)
            && !(first.LastIndexOf('|') is int bar and >= 0 && bar != end && long.TryParse(first.AsSpan(bar + 1).Trim(), out _));
        return idFirst
            ? ReadPairs(path, first[first.IndexOfAny(['|', ',', '\t'])], idFirst: true, (phrase, _) => Unquote(phrase).Replace("&#44", ","))
            : ReadPairs(path, '|', idFirst: false, (phrase, _) => phrase);
    }

    /// <summary><c>datasetSentences.txt</c>: sentence index, tab, sentence.</summary>
    public static Dictionary<long, string> ReadSentences(string path) => ReadPairs(path, '\t', idFirst: true, (sentence, _) => sentence);

    /// <summary><c>datasetSplit.txt</c>: sentence index, comma, 1 (train), 2 (test) or 3 (dev).</summary>
    public static Dictionary<long, int> ReadSplit(string path) => ReadPairs(path, ',', idFirst: true, (split, where) => split.Trim() switch
    {
        "1" => 1,
        "2" => 2,
        "3" => 3,
        _ => throw new InputException($"a split is not 1, 2 or 3: {where}; write lines like 12,1"),
    });

    /// <summary>
    /// A sentence as the dictionary spells it: brackets unescaped, and where UTF-8 was once read as Latin-1 ("clichÃ©s"), read anew.
    /// </summary>
    public static string Mend(string sentence)
    {
        string plain = sentence.Replace("-LRB-", "(").Replace("-RRB-", ")");
        if (plain.All(char.IsAscii) || plain.Any(c => c > 0xFF))
            return plain;
        try
        {
            // Strict: decoding must fail, not replace, where a sentence was not damaged.
            return TextInput.StrictUtf8.GetString(Encoding.Latin1.GetBytes(plain));
        }
        catch (DecoderFallbackException)
        {
            return plain;
        }
    }

    /// <summary>Lines of an id and a value. The first line may be a header; any other line must fit.</summary>
    private static Dictionary<long, T> ReadPairs<T>(string path, char separator, bool idFirst, Func<string, string, T> parse)
    {
        var values = new Dictionary<long, T>();
        int number = 0;
        foreach (string raw in TextFile.Read(path).Text.Split('\n'))
        {
            number++;
            string line = raw.TrimEnd('\r'), where = $"{path}, line {number}";
            int at = idFirst ? line.IndexOf(separator) : line.LastIndexOf(separator);
            if (line.Trim().Length == 0)
                continue;
            (string id, string value) = at < 0 ? (line, "") : idFirst ? (line[..at], line[(at + 1)..]) : (line[(at + 1)..], line[..at]);
            if (!long.TryParse(id.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long key))
            {
                if (number == 1)
                    continue;
                throw new InputException($"a line has no id: {where}; expected {(idFirst ? $"id{separator}value" : $"value{separator}id")}");
            }
            if (!values.TryAdd(key, parse(value, where)))
                throw new InputException($"the id {key} stands twice: {where}; remove one");
        }
        return values.Count > 0 ? values : throw new InputException($"the file is empty: {path}; give the treebank's own file");
    }

    private static string Unquote(string phrase)
    {
        string trimmed = phrase.Trim();
        return trimmed.Length >= 2 && trimmed[0] == '"' && trimmed[^1] == '"' ? trimmed[1..^1].Replace("\"\"", "\"") : trimmed;
    }
}
