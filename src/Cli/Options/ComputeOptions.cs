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

    public const string Int8Help = "Multiply in 8 bits, on the processor: faster, in a quarter of the memory, a little less exact.";

    private readonly RecordOptions<InferenceOptions> _record = new(new InferenceOptions());

    /// <param name="canBeInt8">Whether the verb only uses what a model says.</param>
    public ComputeOptions(bool canBeInt8 = true)
    {
        _record.Add(o => o.Device, DeviceHelp, DeviceNames);
        _record.Add(o => o.Threads, ThreadsHelp, "N");
        _record.AddChoice(o => o.Precision, PrecisionHelp);
        if (canBeInt8)
            _record.Add(o => o.Int8, Int8Help);
    }

    /// <summary>Adds them to a verb.</summary>
    public void AddTo(Command verb) => _record.AddTo(verb);

    /// <summary>Takes the values from a command line.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="maxLength">The most tokens of a text; null: the model's own.</param>
    public InferenceOptions Read(ParseResult parsed, int? maxLength = null) => _record.Read(parsed) with { MaxLength = maxLength, Notice = Notes.Print, Watch = Countdown.Start() };
}
