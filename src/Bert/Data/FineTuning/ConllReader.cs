namespace BareBert.Bert.Data;

/// <summary>A sentence whose words have labels.</summary>
/// <param name="Words">In order.</param>
/// <param name="Labels">As many, as the file has them.</param>
public sealed record LabelledSentence(IReadOnlyList<string> Words, IReadOnlyList<string> Labels);

/// <summary>Reads files in the format of the CoNLL shared tasks: a word a line, its label in the last column, an empty line between sentences.</summary>
/// <remarks>
/// Tjong Kim Sang and De Meulder 2003, arXiv:cs/0306050. Columns are parted by blanks or tabs; -DOCSTART- lines are skipped. Of CoNLL-U, as Universal Dependencies
/// have it (https://universaldependencies.org/format.html), the words and their parts of speech are read.
/// </remarks>
internal static class ConllReader
{
    private const int UniversalColumns = 10;

    private static readonly string[] Extensions = [".conll", ".conllu", ".bio", ".iob", ".iob2", ".txt", ".tsv", .. LabelledTable.Extensions];

    /// <summary>Reads a file, or a folder with files called train, and valid (or validation, val, dev, testa) and test (or testb) where there are such.</summary>
    /// <param name="files">Which; parts with files of their own stand in the place of the folder's.</param>
    /// <exception cref="InputException">Nothing is there, or a line is none of the format's: the message names it.</exception>
    public static ConllSplits ReadSplits(DataFiles files)
    {
        string path = files.Train;
        bool isFolder = Directory.Exists(path);
        IReadOnlyList<LabelledSentence>? Part(Split part, string? own) =>
            own is not null ? Read(own) : isFolder && DataFiles.Find(path, part, Extensions) is [var found, ..] ? Read(found) : null;
        return new ConllSplits(Part(Split.Train, isFolder ? null : path)
            ?? throw new InputException($"no labelled sentences: {path} has no train.conll; name the file, or the folder with train, valid and test"),
            Part(Split.Valid, files.Validation), Part(Split.Test, files.Test));
    }

    // Each word has a label.
    private static IReadOnlyList<LabelledSentence> RequireEven(IReadOnlyList<LabelledSentence> sentences, string path) =>
        sentences.FirstOrDefault(s => s.Words.Count != s.Labels.Count) is { } uneven
            ? throw new InputException($"{uneven.Words.Count} words have {uneven.Labels.Count} labels: {path}: {Printable.Quote(string.Join(' ', uneven.Words))}; give a label for each word") : sentences;

    /// <summary>Reads a file: in that format, or a table with lists of words and labels, .jsonl, .json or .parquet.</summary>
    /// <exception cref="InputException">It cannot be read, has no sentence, or a line has a word without a label.</exception>
    public static IReadOnlyList<LabelledSentence> Read(string path)
    {
        if (LabelledTable.Is(path))
            return RequireEven(LabelledTable.Read(path), path);
        var sentences = new List<LabelledSentence>();
        List<string> words = [], labels = [];
        int number = 0;
        string text = TextFile.Read(path).Text;
        bool isUniversal = Table.ExtensionOf(path) == ".conllu" || (text.StartsWith('#') && text.Split('\n').FirstOrDefault(line => !line.StartsWith('#') && !string.IsNullOrWhiteSpace(line))
            is [>= '0' and <= '9', ..] first && first.Split('\t').Length == UniversalColumns);
        foreach (string line in text.Split('\n'))
        {
            number++;
            if (isUniversal && !string.IsNullOrWhiteSpace(line))
            {
                if (UniversalWord(line.TrimEnd('\r'), path, number) is var (word, label))
                {
                    words.Add(word);
                    labels.Add(label);
                }
                continue;
            }
            string[] columns = line.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length == 0)
                End();
            else if (columns[0] != "-DOCSTART-")
            {
                if (columns.Length < 2)
                    throw new InputException($"a word without a label: {path}: line {number}: {Printable.Quote(line)}; give a word and its label on every line");
                words.Add(columns[0]);
                labels.Add(columns[^1]);
            }
        }
        End();
        return sentences.Count > 0 ? sentences : throw new InputException($"no sentence: {path} is empty; give a word and its label on every line");

        void End()
        {
            if (words.Count > 0)
                sentences.Add(new LabelledSentence(words, labels));
            (words, labels) = ([], []);
        }
    }

    // ID, FORM, LEMMA, UPOS and six more, with tabs between. Comments, words that were taken apart (1-2) and words that are not there (1.1) have no part of speech.
    private static (string Word, string Label)? UniversalWord(string line, string path, int number)
    {
        if (line.StartsWith('#'))
            return null;
        string[] cells = line.Split('\t');
        if (cells.Length != UniversalColumns)
            throw new InputException($"not CoNLL-U: {path}: line {number} has {cells.Length} columns with tabs between, not {UniversalColumns}: {Printable.Quote(line)}; mend the line");
        return cells[0].AsSpan().ContainsAny('-', '.') ? null : (cells[1], cells[3]);
    }
}
