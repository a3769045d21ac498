using System.CommandLine;
using System.Globalization;
using BareBert.Bert;

namespace BareBert.Cli;

/// <summary>The sizes of what adapter, lora and qlora add to a model.</summary>
internal sealed class AdapterOptions
{
    private readonly Option<Choice<AdapterStyle>> _style = Choice<AdapterStyle>.Option("--adapter-style", "adapter: after attention and feed-forward, or after the latter alone.");
    private readonly Option<int> _size = CommonOptions.Positive("--adapter-size", "adapter: width of the bottleneck.", 64, "units");
    private readonly Option<int> _rank = CommonOptions.Positive("--rank", "lora: rank of the products.", 8, "rows");
    private readonly Option<double> _alpha = new("--alpha") { Description = "lora: the products are multiplied by alpha/rank.", DefaultValueFactory = _ => 16, HelpName = "X" };
    private readonly Option<double> _dropout = new("--lora-dropout") { Description = "lora: share of the input dropped on the way into a product.", DefaultValueFactory = _ => 0.1, HelpName = "X" };
    private readonly Option<string> _target = new("--target") { Description = "lora: layers that get one: query, key, value, attention-output, ffn-in, ffn-out, all, or ends of Hugging Face's names.", DefaultValueFactory = _ => "query,value", HelpName = "NAME,…" };

    /// <summary>Adds them to a verb.</summary>
    public void AddTo(Command verb)
    {
        foreach (Option option in (Option[])[_style, _size, _rank, _alpha, _dropout, _target])
            verb.Options.Add(option);
        verb.Validators.Add(result =>
        {
            if (CommonOptions.IsGiven(result, _alpha) && !(result.GetValue(_alpha) > 0))
                result.AddError($"--alpha {result.GetValue(_alpha).ToString(CultureInfo.InvariantCulture)} is out of range: give a positive number");
            if (CommonOptions.IsGiven(result, _dropout) && !(result.GetValue(_dropout) is >= 0 and < 1))
                result.AddError($"--lora-dropout {result.GetValue(_dropout).ToString(CultureInfo.InvariantCulture)} is out of range: give 0 or more, below 1");
        });
    }

    /// <summary>Takes the values from a command line.</summary>
    public AdapterSettings Read(ParseResult parsed) => new(parsed.GetValue(_style), parsed.GetValue(_size), parsed.GetValue(_rank), parsed.GetValue(_alpha),
        parsed.GetValue(_dropout), parsed.GetValue(_target)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}

/// <summary>What to add to a model, as the user said it.</summary>
internal sealed record AdapterSettings(AdapterStyle Style, int Size, int Rank, double Alpha, double Dropout, string[] Targets)
{
    /// <summary>What a method adds; null where it adds nothing.</summary>
    /// <exception cref="InputException">A target is no layer of the model.</exception>
    public Adaptation? For(FineTuningMethod method, ParameterLayout layout) => method switch
    {
        FineTuningMethod.Adapter => new BottleneckAdaptation { Size = Size, Style = Style },
        FineTuningMethod.Lora or FineTuningMethod.Qlora => new LowRankAdaptation
        {
            Rank = Rank,
            Alpha = Alpha,
            Dropout = Dropout,
            Modules = LowRankAdaptation.ModulesFor(layout, Targets),
            Quantizes = method == FineTuningMethod.Qlora,
        },
        _ => null,
    };
}
