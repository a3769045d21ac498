namespace BareBert.Bert.Tokenization;

/// <summary>Finds out which tokenizer a checkpoint folder holds.</summary>
public static class TokenizerFactory
{
    /// <summary>Whether a folder holds a tokenizer.</summary>
    public static bool IsIn(string directory) =>
        File.Exists(Path.Combine(directory, Vocabulary.FileName)) || File.Exists(Path.Combine(directory, SentencePieceModel.FileName));

    /// <summary>The tokenizer of one file: sentencepiece's where its name ends in <c>.model</c>, else WordPiece's <c>vocab.txt</c>.</summary>
    /// <exception cref="InputException">The file is missing or faulty.</exception>
    public static ITokenizer OpenVocabulary(string file) => Path.GetExtension(file) == Path.GetExtension(SentencePieceModel.FileName)
        ? new UnigramTokenizer(SentencePieceModel.Load(file))
        : new WordPieceTokenizer(Vocabulary.Load(file));

    /// <summary>
    /// Loads the tokenizer of a checkpoint folder: what <c>tokenizer_config.json</c> says, else sentencepiece where there is a
    /// <c>spiece.model</c>, else WordPiece from <c>vocab.txt</c>.
    /// </summary>
    /// <exception cref="InputException">The folder is missing, holds neither file, or holds a faulty one.</exception>
    public static ITokenizer Load(string checkpointDirectory)
    {
        if (!Directory.Exists(checkpointDirectory))
            throw new InputException($"no such checkpoint folder: {checkpointDirectory}; check the path");
        var config = TokenizerConfig.Load(checkpointDirectory);
        string vocabulary = Path.Combine(checkpointDirectory, Vocabulary.FileName);
        string model = Path.Combine(checkpointDirectory, SentencePieceModel.FileName);
        bool unigram = config.TokenizerClass is null ? File.Exists(model) : config.IsAlbert;
        if (unigram)
            return new UnigramTokenizer(SentencePieceModel.Load(model), UnigramOptions.From(config));
        if (!File.Exists(vocabulary))
            throw new InputException($"no tokenizer in the checkpoint: {checkpointDirectory}; it needs {Vocabulary.FileName} (BERT) or {SentencePieceModel.FileName} (ALBERT)");
        return new WordPieceTokenizer(Vocabulary.Load(vocabulary), config.Basic);
    }
}
