using System.CommandLine;
using System.Globalization;
using BareBert.Bert;

namespace BareBert.Cli;

/// <summary>The options that classification has beside every training's.</summary>
internal sealed class ClassificationOptions
{
    private readonly ColumnOptions _columns = new();
    private readonly Option<bool> _sentences = new("--sst-sentences") { Description = "Of SST's trees, train on whole sentences rather than on every phrase." };
    private readonly Option<double> _validationSplit = new("--validation-split") { Description = "Share of the training rows, drawn by class (for qa: of the questions, by article), to validate on where there is no such split.", DefaultValueFactory = _ => 0.2, HelpName = "X" };
    private readonly Option<double> _fraction = new("--fraction") { Description = "Train on this share of the rows, drawn by class.", DefaultValueFactory = _ => 1, HelpName = "X" };
    private readonly Option<Choice<ClassWeighting>> _classWeights = Choice<ClassWeighting>.Option("--class-weights", "balanced: rare classes weigh more in the loss.");
    private readonly Option<double> _smoothing = new("--label-smoothing") { Description = "Share of the target spread over all classes.", HelpName = "X" };
    private readonly Option<Choice<HeadKind>> _head = Choice<HeadKind>.Option("--head", "linear as Hugging Face's, or mlp: a layer of 512 with ReLU before it.");
    private readonly Option<Choice<BestBy>> _bestBy = Choice<BestBy>.Option("--best-by", "What decides on the best model: the loss unless given, for qa F1.");
    private readonly Option<bool> _baseline = new("--baseline") { Description = "Also train a bag-of-words logistic regression on the same texts, and print its scores beside the model's." };
    private readonly Option<string[]> _examples = new("--examples") { Description = "Texts to predict before and after training.", AllowMultipleArgumentsPerToken = true, HelpName = "TEXT…" };

    /// <summary>Adds them to a verb.</summary>
    public void AddTo(Command verb)
    {
        _columns.AddTo(verb);
        foreach (Option option in (Option[])[_sentences, _validationSplit, _fraction, _classWeights, _smoothing, _head, _bestBy, _baseline, _examples])
            verb.Options.Add(option);
        verb.Validators.Add(result =>
        {
            Check(_validationSplit, x => x is > 0 and < 1, "give a number between 0 and 1, as 0.2");
            Check(_fraction, x => x is > 0 and <= 1, "give a number above 0, up to 1 for all rows");
            Check(_smoothing, x => x is >= 0 and < 1, "give 0 or more, below 1");

            void Check(Option<double> option, Func<double, bool> holds, string mend)
            {
                if (CommonOptions.IsGiven(result, option) && result.GetValue(option) is double value && !holds(value))
                    result.AddError($"{option.Name} {value.ToString(CultureInfo.InvariantCulture)} is out of range: {mend}");
            }
        });
    }

    /// <summary>Those that mean nothing to another task.</summary>
    public IEnumerable<Option> Own => [.. _columns.All, _sentences, _fraction, _classWeights, _smoothing, _head, _baseline, _examples];

    /// <summary>What decides on the best model; null where the user leaves it open.</summary>
    public BestBy? ReadBestBy(ParseResult parsed) => CommonOptions.IsGiven(parsed.CommandResult, _bestBy) ? parsed.GetValue(_bestBy) : null;

    /// <summary>Takes the values from a command line.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="seed">The run's, which draws the splits.</param>
    public ClassificationSettings Read(ParseResult parsed, ulong seed) => new()
    {
        Columns = _columns.Read(parsed),
        SstSentences = parsed.GetValue(_sentences),
        Partition = new PartitionOptions(parsed.GetValue(_validationSplit), parsed.GetValue(_fraction), seed),
        ClassWeights = parsed.GetValue(_classWeights),
        LabelSmoothing = parsed.GetValue(_smoothing),
        Head = parsed.GetValue(_head),
        BestBy = parsed.GetValue(_bestBy),
        Baseline = parsed.GetValue(_baseline),
        Examples = parsed.GetValue(_examples) ?? [],
    };
}

/// <summary>Which columns of a table are meant.</summary>
internal sealed class ColumnOptions
{
    private readonly Option<string?> _text = new("--text-column") { Description = "A table's column of the text; guessed by its name, and said, unless given.", HelpName = "NAME" };
    private readonly Option<string?> _text2 = new("--text2-column") { Description = "The column of the second text of a pair.", HelpName = "NAME" };
    private readonly Option<string?> _label = new("--label-column") { Description = "The column of the label.", HelpName = "NAME" };

    /// <summary>All of them.</summary>
    public IEnumerable<Option> All => [_text, _text2, _label];

    /// <summary>Adds them to a verb.</summary>
    public void AddTo(Command verb)
    {
        foreach (Option option in All)
            verb.Options.Add(option);
    }

    /// <summary>Takes the values from a command line.</summary>
    public TableOptions Read(ParseResult parsed) => new()
    {
        TextColumn = parsed.GetValue(_text),
        Text2Column = parsed.GetValue(_text2),
        LabelColumn = parsed.GetValue(_label),
    };
}
