using System.CommandLine;
using BareBert.Kernels;

namespace BareBert.Cli;

/// <summary>The options that say where a verb computes.</summary>
internal sealed class ComputeOptions
{
    private readonly Option<string> _device = CommonOptions.Device();
    private readonly Option<int> _threads = CommonOptions.Threads();
    private readonly Option<Choice<Precision>> _precision = CommonOptions.Precision();

    /// <summary>Adds them to a verb.</summary>
    public void AddTo(Command verb)
    {
        foreach (Option option in (Option[])[_device, _threads, _precision])
            verb.Options.Add(option);
    }

    /// <summary>Opens the device that a command line asks for.</summary>
    /// <exception cref="InputException">There is no such device.</exception>
    public IKernels Open(ParseResult parsed) => Devices.Open(parsed.GetValue(_device)!, parsed.GetValue(_threads), parsed.GetValue(_precision));
}
