using System.CommandLine;
using BareBert.Bert;

namespace BareBert.Cli;

/// <summary>The options of question answering that training, evaluating and predicting share.</summary>
internal sealed class QaOptions
{
    private readonly Option<int?> _docStride = new("--doc-stride") { Description = "Question answering: tokens of the context that a window repeats of the one before; unless given, the run's own, or 128.", HelpName = "N" };
    private readonly Option<int?> _maxQuestion = new("--max-question") { Description = "Question answering: a question is cut after so many tokens; unless given, the run's own, or 64.", HelpName = "N" };
    private readonly Option<int> _nBest = CommonOptions.Positive("--n-best", "Question answering: how many answers of a question are held against each other.", 20, "answers");
    private readonly Option<int> _maxAnswer = CommonOptions.Positive("--max-answer", "Question answering: the longest answer, in tokens.", 30, "tokens");

    /// <summary>All of them.</summary>
    public IEnumerable<Option> All => [_docStride, _maxQuestion, _nBest, _maxAnswer];

    /// <summary>Adds them to a verb.</summary>
    public void AddTo(Command verb)
    {
        foreach (Option option in All)
            verb.Options.Add(option);
    }

    /// <summary>Takes the values from a command line.</summary>
    public QaSettings Read(ParseResult parsed) => new(
        parsed.GetValue(_docStride), parsed.GetValue(_maxQuestion), new QaDecoder(parsed.GetValue(_nBest), parsed.GetValue(_maxAnswer)));
}

/// <summary>How questions are cut into windows and answers are found, as the user said it.</summary>
internal sealed record QaSettings(int? DocStride, int? MaxQuestion, QaDecoder Decoder)
{
    /// <summary>The lengths to use with a model: as given, else as its run had them, else the usual ones.</summary>
    public QaEncoding EncodingFor(BertModel model, int? maxLength, ModelLocation? location = null) => QaEncoding.For(
        model.Config.MaxPositions,
        maxLength ?? location?.Number("data", "max_length"),
        DocStride ?? location?.Number("data", "doc_stride"),
        MaxQuestion ?? location?.Number("data", "max_question"));
}
