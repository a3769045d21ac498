using System.CommandLine;
using BareBert.Cli.Display;

namespace BareBert.Cli;

/// <summary>The options that say where a verb runs a model.</summary>
internal sealed class ComputeOptions
{
    public const string DeviceHelp = "Where to compute: auto (a GPU if there is one, else the CPU), cpu, cuda, cuda:N, emulated (the GPU's code, interpreted: slow) or reference.";

    public const string DeviceNames = "auto|cpu|cuda:N|emulated|reference";

    public const string ThreadsHelp = "Threads of the CPU kernels; 0: one per core. Results do not depend on it.";

    public const string PrecisionHelp = "What a GPU rounds the operands of matrix multiplies to; sums, weights and all else are fp32.";

    private readonly RecordOptions<InferenceOptions> _record = new(new InferenceOptions());

    public ComputeOptions()
    {
        _record.Add(o => o.Device, DeviceHelp, DeviceNames);
        _record.Add(o => o.Threads, ThreadsHelp, "N");
        _record.AddChoice(o => o.Precision, PrecisionHelp);
    }

    /// <summary>Adds them to a verb.</summary>
    public void AddTo(Command verb) => _record.AddTo(verb);

    /// <summary>Takes the values from a command line.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="maxLength">The most tokens of a text; null: the model's own.</param>
    public InferenceOptions Read(ParseResult parsed, int? maxLength = null) => _record.Read(parsed) with { MaxLength = maxLength, Notice = Notes.Print, Watch = Countdown.Start() };
}
