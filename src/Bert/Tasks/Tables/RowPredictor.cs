namespace BareBert.Bert.Tasks;

/// <summary>A model that says something of each row of a table.</summary>
public abstract class RowPredictor
{
    private protected RowPredictor()
    {
    }

    /// <summary>Classes, labels or numbers of texts or pairs of texts.</summary>
    public static RowPredictor Of(TextClassifier classifier) => new ClassifiedRows(classifier);

    /// <summary>Classes of words: of a column of texts whose words blanks part, or of lists of words.</summary>
    public static RowPredictor Of(TokenClassifier classifier) => new LabelledRows(classifier);

    /// <summary>Answers: of a column of questions and one of contexts.</summary>
    public static RowPredictor Of(QuestionAnswerer answerer) => new AnsweredRows(answerer);

    /// <summary>Finds the columns that it reads.</summary>
    /// <param name="table">Its first rows have been looked at.</param>
    /// <param name="options">Names them, or leaves them to be guessed.</param>
    /// <exception cref="InputException">One is missing.</exception>
    internal abstract void Choose(Table table, TableOptions options);

    /// <summary>Whether a row has what it reads.</summary>
    internal abstract bool CanRead(TableRow row);

    /// <summary>The names of what it says, as they stand for any row.</summary>
    internal abstract IReadOnlyList<string> Names { get; }

    /// <summary>What it says of rows, each time in the order of <see cref="Names"/>.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal abstract IReadOnlyList<PredictedField[]> Predict(IReadOnlyList<TableRow> rows, CancellationToken cancel);
}
