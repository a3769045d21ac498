namespace BareBert.Bert.Data;

/// <summary>Cuts a text into documents and these into sentences.</summary>
/// <remarks>
/// Two layouts. <em>WikiText</em>, known by a <c> = Title = </c> between blank lines: a title starts a document, blank lines mean
/// nothing, headings of all levels are left out (they are not sentences of running text), the tokenised text is put back together.
/// <em>Plain</em>: a line is a paragraph, blank lines separate documents, the text is taken as it is.
/// </remarks>
internal static class DocumentReader
{
    /// <summary>The documents of a text, none without a sentence.</summary>
    public static List<Document> Read(string text)
    {
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        var headings = new int[lines.Length];
        for (int i = 0; i < lines.Length; i++)
            headings[i] = WikiText.HeadingLevel(lines, i);
        return headings.Contains(1) ? ReadWikiText(lines, headings) : ReadPlain(lines);
    }

    private static List<Document> ReadWikiText(string[] lines, int[] headings)
    {
        var documents = new DocumentBuilder();
        for (int i = 0; i < lines.Length; i++)
        {
            if (headings[i] == 1)
                documents.EndDocument();
            else if (headings[i] == 0)
                documents.AddParagraph(WikiText.Untokenise(lines[i]));
        }
        return documents.ToList();
    }

    private static List<Document> ReadPlain(string[] lines)
    {
        var documents = new DocumentBuilder();
        foreach (string line in lines)
        {
            if (string.IsNullOrWhiteSpace(line))
                documents.EndDocument();
            else
                documents.AddParagraph(line);
        }
        return documents.ToList();
    }

    private sealed class DocumentBuilder
    {
        private readonly List<Document> _documents = [];
        private List<string> _sentences = [];

        public void AddParagraph(string paragraph) => _sentences.AddRange(SentenceSplitter.Split(paragraph));

        public void EndDocument()
        {
            if (_sentences.Count == 0)
                return;
            _documents.Add(new Document(_sentences));
            _sentences = [];
        }

        public List<Document> ToList()
        {
            EndDocument();
            return _documents;
        }
    }
}
