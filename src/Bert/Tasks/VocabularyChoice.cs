using System.Globalization;

namespace BareBert.Bert.Tasks;

/// <summary>Where a vocabulary comes from: a file, or how many entries of a WordPiece vocabulary to train.</summary>
internal static class VocabularyChoice
{
    private const int DefaultSize = 8000;

    /// <summary>What is chosen where nothing is given.</summary>
    public static string Usual { get; } = DefaultSize.ToString(CultureInfo.InvariantCulture);

    /// <summary>The tokenizer of the file, or one that is trained.</summary>
    /// <param name="given">A vocab.txt, a spiece.model, a number; null: 8000.</param>
    /// <param name="sentences">What a vocabulary is trained on, read only if it is.</param>
    /// <param name="source">What to call them.</param>
    /// <param name="notice">Takes what is worth knowing.</param>
    /// <param name="progress">Is told how far the training of one is; null: nobody is.</param>
    /// <param name="keep">Gives the vocabulary of a size that is known, or trains it; null: it is trained.</param>
    /// <exception cref="InputException">The file is missing or faulty, or the number too small.</exception>
    public static SubwordTokenizer Open(string? given, Func<IEnumerable<string>> sentences, string source, Action<string> notice, Action<WordPieceTrainerProgress>? progress = null, Func<int, Func<Vocabulary>, Vocabulary>? keep = null)
    {
        int size = DefaultSize;
        if (given is not null && !int.TryParse(given, out size))
            return TokenizerFactory.OpenVocabulary(given);
        if (size < 1)
            throw new InputException($"`{nameof(PretrainerOptions.Vocabulary)}` {size} is no number of entries: give some thousands, as {DefaultSize}");
        return new WordPieceTokenizer(keep is null ? Train() : keep(size, Train));

        Vocabulary Train()
        {
            notice($"training a WordPiece vocabulary of {size:N0} entries on {source}");
            return new WordPieceTrainer(new WordPieceTrainerOptions(size), progress).Train(sentences());
        }
    }
}
