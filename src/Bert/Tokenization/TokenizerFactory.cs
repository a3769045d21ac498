namespace BareBert.Bert;

/// <summary>Finds out which tokenizer a checkpoint folder holds.</summary>
public static class TokenizerFactory
{
    /// <summary>
    /// Loads the tokenizer of a checkpoint folder: WordPiece from <c>vocab.txt</c>, cleaning as <c>tokenizer_config.json</c> says.
    /// </summary>
    /// <exception cref="InputException">The folder is missing, holds no vocabulary, or holds a faulty one.</exception>
    public static ITokenizer Load(string checkpointDirectory)
    {
        if (!Directory.Exists(checkpointDirectory))
            throw new InputException($"no such checkpoint folder: {checkpointDirectory}; check the path");
        var config = TokenizerConfig.Load(checkpointDirectory);
        string vocabulary = Path.Combine(checkpointDirectory, Vocabulary.FileName);
        if (!File.Exists(vocabulary))
            throw new InputException($"no tokenizer in the checkpoint: {checkpointDirectory}; it needs {Vocabulary.FileName}");
        return new WordPieceTokenizer(Vocabulary.Load(vocabulary), config.Basic);
    }
}
