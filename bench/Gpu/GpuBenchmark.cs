using System.Runtime.InteropServices;
using BareBert.Kernels;
using BareBert.Simt;

namespace BareBert.Bench;

/// <summary><c>bench -- gpu</c>: everything that is to be measured on a GPU, as a page of tables.</summary>
internal sealed class GpuBenchmark : IDisposable
{
    private readonly GpuOptions _options;
    private readonly MarkdownReport _report;
    private readonly ISimtDevice _device;
    private readonly GpuKernels _kernels;
    private readonly DeviceClock _clock;

    private GpuBenchmark(GpuOptions options)
    {
        _options = options;
        _kernels = (GpuKernels)Devices.Open(options.Device);
        _device = _kernels.Device;
        _clock = new DeviceClock(_kernels, options.IsSmall);
        _report = new MarkdownReport(options.Out);
    }

    /// <summary>Runs the sections that are asked for.</summary>
    /// <returns>0, or 1 where the device computed something wrongly.</returns>
    /// <exception cref="InputException">There is no GPU, or an option is wrong.</exception>
    public static int Run(string[] args)
    {
        GpuOptions options = GpuOptions.Parse(args).Resolve();
        using var benchmark = new GpuBenchmark(options);
        return benchmark.Run() ? 0 : 1;
    }

    public void Dispose() => _kernels.Dispose();

    private bool Run()
    {
        bool isRight = true;
        (string Name, Action Run)[] sections =
        [
            ("conformance", () => isRight = ConformanceSection.Write(_report, _options)),
            ("multiply", () => LadderSection.Write(_report, _options, _kernels, _clock)),
            ("operations", () => OperationsSection.Write(_report, _options, _kernels, _clock)),
            ("step", () => StepSection.Write(_report, _options)),
            ("pretraining", () => PretrainingSection.Write(_report, _options)),
        ];
        string? unknown = _options.Only.FirstOrDefault(name => sections.All(section => section.Name != name));
        if (unknown is not null)
            throw new InputException($"unknown section: --only {unknown}; it is one of {string.Join(", ", sections.Select(section => section.Name))}");
        _report.Title($"BareBert on {_device.Name}");
        _report.Line(Describe());
        foreach ((string name, Action run) in sections)
        {
            if (_options.Only.Count == 0 || _options.Only.Contains(name))
                run();
        }
        _report.Line($"Written to {_options.Out}.");
        return isRight;
    }

    private string Describe()
    {
        string machine = $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} processors";
        return _device is CudaDevice { Info: var gpu }
            ? $"Compute capability {gpu.Capability}, {gpu.Multiprocessors} multiprocessors, {gpu.Memory / 1e9:F1} GB, driver for CUDA {gpu.DriverVersion}; {machine}."
            : $"Interpreted on the CPU: the times say nothing of any GPU, only that the program works. {machine}.";
    }
}
