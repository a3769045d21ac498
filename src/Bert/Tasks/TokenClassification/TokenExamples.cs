using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>
/// Sentences of labelled words as token ids: a word's label stands at the first of its tokens, the others have none. A sentence over
/// the length goes on in another sequence.
/// </summary>
internal sealed class TokenExamples
{
    private readonly List<TokenSequence> _sequences = [];
    private readonly List<int[]> _labels = [];
    private readonly List<(int Sequence, int Token)[]> _places = [];

    /// <summary>Tokenises sentences.</summary>
    /// <param name="sentences">Their words; labels that are not among <paramref name="labelNames"/> are left out.</param>
    /// <param name="labelNames">The classes.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="maxLength">The most tokens of a sequence.</param>
    public TokenExamples(IReadOnlyList<LabelledSentence> sentences, IReadOnlyList<string> labelNames, SubwordTokenizer tokenizer, int maxLength)
    {
        Sentences = sentences;
        Dictionary<string, int> classes = labelNames.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        var encoder = new SequenceEncoder(tokenizer, new SequenceOptions(maxLength, Stride: 0));
        foreach (LabelledSentence sentence in sentences)
            Add(sentence, encoder.EncodeWindows(string.Join(' ', sentence.Words)), classes);
    }

    /// <summary>What they were made of.</summary>
    public IReadOnlyList<LabelledSentence> Sentences { get; }

    /// <summary>The tokens.</summary>
    public IReadOnlyList<TokenSequence> Sequences => _sequences;

    /// <summary>Tokens of all sequences.</summary>
    public long Tokens => _sequences.Sum(s => (long)s.Length);

    /// <summary>[T] of each sequence: a class, or <see cref="Labels.Ignore"/>.</summary>
    public IReadOnlyList<int[]> LabelsOf => _labels;

    /// <summary>For each word of a sentence the sequence and the token that stand for it; (−1, −1) for a word without a token.</summary>
    public IReadOnlyList<(int Sequence, int Token)> PlacesOf(int sentence) => _places[sentence];

    private void Add(LabelledSentence sentence, IReadOnlyList<TokenSequence> windows, Dictionary<string, int> classes)
    {
        var places = new (int, int)[sentence.Words.Count];
        Array.Fill(places, (-1, -1));
        int first = _sequences.Count;
        foreach (TokenSequence window in windows)
        {
            _sequences.Add(window);
            int[] labels = new int[window.Length];
            Array.Fill(labels, Labels.Ignore);
            _labels.Add(labels);
        }
        int start = 0, sequence = 0, token = 0;
        for (int word = 0; word < places.Length; word++)
        {
            int end = start + sentence.Words[word].Length;
            // The first token that reaches into the word; those before it are special, or of earlier words.
            while (sequence < windows.Count && (windows[sequence].Texts[token] < 0 || windows[sequence].Ends[token] <= start))
                Next();
            if (sequence < windows.Count && windows[sequence].Starts[token] < end)
            {
                places[word] = (first + sequence, token);
                _labels[first + sequence][token] = classes.GetValueOrDefault(sentence.Labels[word], Labels.Ignore);
            }
            start = end + 1;
        }
        _places.Add(places);

        void Next()
        {
            if (++token == windows[sequence].Length)
                (sequence, token) = (sequence + 1, 0);
        }
    }
}
