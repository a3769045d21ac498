namespace BareBert.Bench;

/// <summary>Files that suites measure on, where the environment names them: BenchmarkDotNet passes no arguments on.</summary>
internal static class BenchData
{
    /// <summary>Names of environment variables.</summary>
    public const string VocabularyVariable = "BAREBERT_VOCAB", TextVariable = "BAREBERT_TEXT";

    /// <summary>A vocab.txt: BAREBERT_VOCAB.</summary>
    public static string? Vocabulary => Environment.GetEnvironmentVariable(VocabularyVariable);

    /// <summary>A text file to tokenise: BAREBERT_TEXT.</summary>
    public static string? Text => Environment.GetEnvironmentVariable(TextVariable);

    /// <summary>Texts with classes, as fine-tuning reads them: BAREBERT_TEXTS.</summary>
    public static string? Texts => Environment.GetEnvironmentVariable("BAREBERT_TEXTS");
}
