using System.Runtime.InteropServices;

namespace BareBert.Bert.Tokenization;

/// <summary>What a trained vocabulary is to be.</summary>
/// <param name="Size">Entries wanted, N, special tokens and characters included.</param>
/// <param name="Cleaning">How text is cleaned before it is counted; null is bert-base-uncased's. The tokenizer must use the same.</param>
/// <param name="MinimumCount">A pair of pieces seen less often is never joined.</param>
/// <param name="MaximumCharacters">Only so many different characters, the most frequent, are kept; words with others are unknown.</param>
public sealed record WordPieceTrainerOptions(
    int Size, BasicTokenizerOptions? Cleaning = null, int MinimumCount = 2, int MaximumCharacters = 1000);

/// <summary>How far training is.</summary>
/// <param name="LinesRead">Lines of the corpus counted so far.</param>
/// <param name="Entries">Entries of the vocabulary so far; 0 while counting.</param>
/// <param name="Size">Entries wanted.</param>
public readonly record struct WordPieceTrainerProgress(long LinesRead, int Entries, int Size);

/// <summary>
/// Trains a WordPiece vocabulary: begins with the characters of the corpus and, again and again, makes one entry of the pair of
/// neighbouring pieces that occurs most often within words, until there are N.
/// </summary>
/// <remarks>
/// Pairs are scored by their count (Sennrich et al. 2016, arXiv:1508.07909), as Hugging Face's trainer does, not by the likelihood ratio
/// count(ab) / (count(a)·count(b)) of Schuster and Nakajima 2012: the ratio is highest for pieces that are rare and only ever occur together,
/// so a small vocabulary fills with fragments of names before it has "the". Ties go to the pair of older pieces: the same corpus
/// gives the same vocabulary. Entries stand in BERT's order: [PAD] [UNK] [CLS] [SEP] [MASK], characters, pieces as they were made.
/// </remarks>
public sealed class WordPieceTrainer
{
    private const int LinesBetweenReports = 1000, MergesBetweenReports = 100, LongestWord = 100;

    private readonly WordPieceTrainerOptions _options;
    private readonly Action<WordPieceTrainerProgress>? _progress;
    private long _lines;

    /// <param name="options">What to make.</param>
    /// <param name="progress">Called every so often, on the calling thread.</param>
    public WordPieceTrainer(WordPieceTrainerOptions options, Action<WordPieceTrainerProgress>? progress = null)
    {
        _options = options;
        _progress = progress;
    }

    /// <summary>The vocabulary of a corpus; smaller than asked for when the corpus has no more pairs to join.</summary>
    /// <exception cref="InputException">The corpus holds no word, or N is too small for the special tokens and the characters.</exception>
    public Vocabulary Train(IEnumerable<string> lines)
    {
        _lines = 0;
        var words = CountWords(lines);
        if (words.Count == 0)
            throw new InputException($"no words to train a vocabulary on: {_lines} lines of corpus; give a text");
        var symbols = new SymbolTable(words, _options.MaximumCharacters);
        int least = Vocabulary.SpecialTokenNames.Count + symbols.Count;
        if (_options.Size < least)
        {
            throw new InputException(
                $"vocabulary size too small: {_options.Size} entries for {Vocabulary.SpecialTokenNames.Count} special tokens and {symbols.Count} characters; give at least {least}");
        }
        Merge(words, symbols);
        return new Vocabulary(Vocabulary.SpecialTokenNames.Concat(symbols.Texts), "trained vocabulary");
    }

    private Dictionary<string, long> CountWords(IEnumerable<string> lines)
    {
        var basic = new BasicTokenizer(_options.Cleaning ?? new BasicTokenizerOptions());
        var clean = new MappedText();
        var counts = new Dictionary<string, long>();
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> word = stackalloc char[2 * LongestWord];
        foreach (string line in lines)
        {
            basic.Clean(line, 0, clean);
            foreach (Range range in Words(clean))
            {
                if (Spell(clean.CodePoints[range], word) is > 0 and int length)
                    CollectionsMarshal.GetValueRefOrAddDefault(lookup, word[..length], out _)++;
            }
            if (++_lines % LinesBetweenReports == 0)
                _progress?.Invoke(new(_lines, 0, _options.Size));
        }
        return counts;
    }

    private static IEnumerable<Range> Words(MappedText clean)
    {
        for (int start = 0, end; start < clean.Count; start = end)
        {
            bool isBlank = UnicodeClasses.IsWhiteSpace(clean.CodePoints[start]);
            end = isBlank ? start + 1 : BasicTokenizer.WordEnd(clean.CodePoints, start);
            if (!isBlank)
                yield return start..end;
        }
    }

    // The tokenizer takes longer words for unknown: they teach nothing.
    private static int Spell(ReadOnlySpan<int> points, Span<char> word)
    {
        if (points.Length > LongestWord)
            return 0;
        int length = 0;
        foreach (int point in points)
            length += new System.Text.Rune(point).EncodeToUtf16(word[length..]);
        return length;
    }

    private void Merge(Dictionary<string, long> words, SymbolTable symbols)
    {
        var pairs = new PairCounts(words, symbols);
        int wanted = _options.Size - Vocabulary.SpecialTokenNames.Count, reported = symbols.Count;
        while (symbols.Count < wanted && pairs.TakeMostFrequent(_options.MinimumCount, out int left, out int right))
        {
            pairs.Join(left, right, symbols.Join(left, right));
            if (symbols.Count - reported >= MergesBetweenReports)
            {
                reported = symbols.Count;
                _progress?.Invoke(new(_lines, symbols.Count + Vocabulary.SpecialTokenNames.Count, _options.Size));
            }
        }
    }

    /// <summary>The pieces made so far; a number stands for each.</summary>
    private sealed class SymbolTable
    {
        private readonly List<string> _texts = [];
        private readonly Dictionary<string, int> _numbers = [];

        /// <summary>Begins with the characters: those that words begin with, then, for those seen in words of several, the same as continuations.</summary>
        public SymbolTable(Dictionary<string, long> words, int maximumCharacters)
        {
            var counts = new Dictionary<string, (long Count, bool InWords)>();
            foreach (var (word, count) in words)
            {
                bool several = word.Length > Characters(word).First().Length;
                foreach (string character in Characters(word))
                {
                    ref var seen = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, character, out _);
                    seen = (seen.Count + count, seen.InWords || several);
                }
            }
            var kept = counts.OrderByDescending(c => c.Value.Count).ThenBy(c => c.Key, StringComparer.Ordinal)
                .Take(maximumCharacters).OrderBy(c => c.Key, StringComparer.Ordinal).ToArray();
            foreach (var (character, _) in kept)
                Add(character);
            foreach (var (character, _) in kept.Where(c => c.Value.InWords))
                Add(Vocabulary.ContinuationPrefix + character);
        }

        public int Count => _texts.Count;

        public IEnumerable<string> Texts => _texts;

        /// <summary>A word as the numbers of its characters; null when one of them was not kept.</summary>
        public List<int>? Spell(string word)
        {
            var numbers = new List<int>(word.Length);
            foreach (string character in Characters(word))
            {
                string text = numbers.Count == 0 ? character : Vocabulary.ContinuationPrefix + character;
                if (!_numbers.TryGetValue(text, out int number))
                    return null;
                numbers.Add(number);
            }
            return numbers;
        }

        /// <summary>The number of two pieces as one: a new entry, unless another pair has spelled the same.</summary>
        public int Join(int left, int right)
        {
            string text = _texts[left] + _texts[right][Vocabulary.ContinuationPrefix.Length..];
            return _numbers.TryGetValue(text, out int number) ? number : Add(text);
        }

        private int Add(string text)
        {
            _numbers.Add(text, _texts.Count);
            _texts.Add(text);
            return _texts.Count - 1;
        }

        private static IEnumerable<string> Characters(string word) => word.EnumerateRunes().Select(rune => rune.ToString());
    }

    /// <summary>How often each pair of pieces stands side by side, and in which words.</summary>
    private sealed class PairCounts
    {
        private readonly List<(List<int> Pieces, long Count)> _words = [];
        private readonly Dictionary<(int Left, int Right), (long Count, List<int> Words)> _pairs = [];
        private readonly PriorityQueue<(int Left, int Right), (long, int, int)> _queue = new();

        public PairCounts(Dictionary<string, long> words, SymbolTable symbols)
        {
            // The order of words decides nothing, but a fixed one keeps runs easy to compare.
            foreach (var (word, count) in words.OrderBy(w => w.Key, StringComparer.Ordinal))
            {
                if (symbols.Spell(word) is not { Count: > 1 } pieces)
                    continue;
                _words.Add((pieces, count));
                Count(_words.Count - 1, count);
            }
            foreach (var pair in _pairs.Keys)
                Enqueue(pair);
        }

        /// <summary>The most frequent pair, the oldest pieces first among equals; false when none is frequent enough.</summary>
        public bool TakeMostFrequent(long minimum, out int left, out int right)
        {
            minimum = Math.Max(minimum, 1);
            while (_queue.TryDequeue(out var pair, out var priority))
            {
                long count = _pairs[pair].Count;
                if (count < minimum)
                    continue;
                if (count == -priority.Item1)
                {
                    (left, right) = pair;
                    return true;
                }
                // Counts fall silently: the entry was stale, and goes back with its present count.
                Enqueue(pair);
            }
            (left, right) = (-1, -1);
            return false;
        }

        /// <summary>Replaces a pair by one piece in every word.</summary>
        public void Join(int left, int right, int joined)
        {
            var (_, words) = _pairs[(left, right)];
            var grown = new HashSet<(int, int)>();
            foreach (int index in words.Distinct().ToArray())
            {
                var (pieces, count) = _words[index];
                Count(index, -count);
                JoinIn(pieces, left, right, joined);
                Count(index, count);
                for (int i = 1; i < pieces.Count; i++)
                {
                    if (pieces[i - 1] == joined || pieces[i] == joined)
                        grown.Add((pieces[i - 1], pieces[i]));
                }
            }
            words.Clear();
            foreach (var pair in grown)
                Enqueue(pair);
        }

        private static void JoinIn(List<int> pieces, int left, int right, int joined)
        {
            int kept = 0;
            for (int i = 0; i < pieces.Count; i++)
            {
                bool found = pieces[i] == left && i + 1 < pieces.Count && pieces[i + 1] == right;
                pieces[kept++] = found ? joined : pieces[i];
                if (found)
                    i++;
            }
            pieces.RemoveRange(kept, pieces.Count - kept);
        }

        private void Count(int word, long count)
        {
            var pieces = _words[word].Pieces;
            for (int i = 1; i < pieces.Count; i++)
            {
                ref var pair = ref CollectionsMarshal.GetValueRefOrAddDefault(_pairs, (pieces[i - 1], pieces[i]), out _);
                pair.Words ??= [];
                pair.Count += count;
                if (count > 0)
                    pair.Words.Add(word);
            }
        }

        private void Enqueue((int Left, int Right) pair) => _queue.Enqueue(pair, (-_pairs[pair].Count, pair.Left, pair.Right));
    }
}
