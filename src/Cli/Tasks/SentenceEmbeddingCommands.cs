using System.CommandLine;
using BareBert.Cli.Display;

namespace BareBert.Cli.Tasks;

/// <summary>Vectors of texts.</summary>
internal sealed class SentenceEmbeddingCommands : TaskCommands
{
    private readonly RecordOptions<SentenceEmbeddingOptions> _training = new(new SentenceEmbeddingOptions()), _columns = new(new SentenceEmbeddingOptions());
    private readonly EmbeddingArguments _how = new();

    public SentenceEmbeddingCommands()
    {
        AddColumns(_training);
        AddColumns(_columns);
        _training.AddChoice(o => o.Pooling, "Embedding: mean over the tokens or cls, the first one; unless given, the model's own way, or the mean.");
        _training.AddChoice(o => o.TruncationSide, TruncationSideHelp);
        _training.Add(o => o.Scale, "Embedding: the cosines are multiplied by this before the softmax.", "X");
        _training.Add(o => o.QueryPrompt, "Embedding: put before the first text of a pair.", "TEXT");
        _training.Add(o => o.DocumentPrompt, "Embedding: put before the other texts.", "TEXT");
    }

    public override FineTuningDefinition Task => BertTasks.SentenceEmbedding;

    public override (string, string) Use => ("makes vectors of texts", Texts);

    public override EvaluationKind Kind { get; } = new("a model for vectors of texts", "--max-length");

    public override IRecordOptions Training => _training;

    public override void Predict(ParseResult parsed, PredictInput input, CancellationToken cancel) =>
        throw new InputException($"{input.Path} makes vectors of texts, which predict does not print: `barebert embed` does, and `barebert similarity` compares them");

    public override void PredictRows(ParseResult parsed, PredictInput input, Action<RowPredictor> run) => Predict(parsed, input, default);

    // An encoder alone says what a text is by its vectors, or not at all.
    public override bool Measures(TaskDefinition? known) => known == Task || known == BertTasks.Encoder;

    public override void AddEvaluating(Command verb, EvaluationUses uses)
    {
        _columns.AddTo(verb);
        foreach (Option option in _how.OfSearch)
            verb.Options.Add(option);
        uses.Add([.. _columns.All, .. _how.OfSearch], Kind);
    }

    public override void Evaluate(ParseResult parsed, EvaluateInput input, CancellationToken cancel)
    {
        if (input.Data is not [string data])
            throw new InputException("vectors of texts are evaluated on one file of pairs, or one folder: give it with --data");
        using TextEmbedder embedder = TextEmbedder.Open(input.Model, input.Options, _how.ChangeOf(parsed));
        EvaluationOutput.Print(embedder.Evaluate(data, _columns.Read(parsed), Notes.Print, cancel), input.Path, data, input.IsJson);
    }

    private static void AddColumns(RecordOptions<SentenceEmbeddingOptions> record)
    {
        record.Add(o => o.TextColumn, "A table's column of the text; guessed by its name, and said, unless given.", "NAME");
        record.Add(o => o.Text2Column, "The column of the second text of a pair.", "NAME");
        record.Add(o => o.LabelColumn, "The column of the label; of pairs of texts, of their score.", "NAME");
        record.Add(o => o.NoHeader, "The first row of a CSV or TSV file is data: its columns are 1, 2, ….");
        record.AddText(o => o.Separator, (name, text) => Separators.Parse(name, text), "What parts the cells of a CSV or TSV file; guessed, and said, unless given.", "CHAR|NAME");
        record.AddChoice(o => o.Quote, "Whether cells of a CSV or TSV file may stand in quotes: whatever fits its columns; yes; or no, quotes are text.");
        record.Add(o => o.NegativeColumn, "Embedding: the column of a text that only seems to belong to the first.", "NAME");
    }
}
