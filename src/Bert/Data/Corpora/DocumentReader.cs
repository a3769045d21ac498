namespace BareBert.Bert.Data;

/// <summary>Cuts a text into documents and these into sentences.</summary>
/// <remarks>
/// Two layouts. <em>WikiText</em>, known by a <c> = Title = </c> between blank lines: a title starts a document, blank lines mean
/// nothing, headings of all levels are left out (they are not sentences of running text), the tokenised text is put back together.
/// <em>Plain</em>: a line is a paragraph, blank lines separate documents, the text is taken as it is.
/// </remarks>
public static class DocumentReader
{
    // A text whose first title lies behind so many characters is none of Wikipedia's.
    private const long LookAhead = 1 << 26;

    /// <summary>The documents of a text, none without a sentence.</summary>
    public static List<Document> Read(string text)
    {
        var documents = new List<Document>();
        List<string> sentences = [];
        foreach ((bool begins, string paragraph) in Paragraphs(() => new StringReader(text)))
        {
            if (begins)
                documents.Add(new Document(sentences = []));
            sentences.AddRange(SentenceSplitter.Split(paragraph));
        }
        return documents;
    }

    /// <summary>The paragraphs of a text of any size, and whether each begins a document.</summary>
    /// <param name="open">Opens the text; it is looked at twice.</param>
    internal static IEnumerable<(bool BeginsDocument, string Text)> Paragraphs(Func<TextReader> open)
    {
        bool isWikiText = IsWikiText(open);
        using TextReader reader = open();
        bool begins = true;
        foreach ((string? before, string line, string? after) in LineReader.WithNeighbours(LineReader.Lines(reader)))
        {
            int level = isWikiText ? WikiText.HeadingLevel(before, line, after) : 0;
            bool isBlank = string.IsNullOrWhiteSpace(line);
            if (level == 1 || (isBlank && !isWikiText))
                begins = true;
            if (level > 0 || isBlank)
                continue;
            yield return (begins, isWikiText ? WikiText.Untokenise(line) : line);
            begins = false;
        }
    }

    private static bool IsWikiText(Func<TextReader> open)
    {
        using TextReader reader = open();
        long seen = 0;
        foreach ((string? before, string line, string? after) in LineReader.WithNeighbours(LineReader.Lines(reader)))
        {
            if (WikiText.HeadingLevel(before, line, after) == 1)
                return true;
            if ((seen += line.Length) > LookAhead)
                return false;
        }
        return false;
    }
}
