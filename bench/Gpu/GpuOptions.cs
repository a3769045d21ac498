using BareBert.Kernels;

namespace BareBert.Bench;

/// <summary>What <c>bench -- gpu</c> is asked to do.</summary>
internal sealed record GpuOptions
{
    public const string Usage = "gpu [--device cuda|cuda:N|emulated] [--small] [--only SECTION,…] [--out FILE.md] [--torch SCRIPT.py] [--python PROGRAM] "
        + "[--cublas LIBRARY] [--data DIR] [--vocab FILE] [--model NAME] [--epochs N] [--run DIR]";

    /// <summary>As --device takes it.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>Sizes that an interpreter can do in seconds: to try the program itself.</summary>
    public bool IsSmall { get; init; }

    /// <summary>Sections to run; empty: all.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    public string Out { get; init; } = "gpu-results.md";

    /// <summary>A script that times the same training step, with the options of the one that bench/peers.sh runs.</summary>
    public string? Torch { get; init; }

    public string Python { get; init; } = "python3";

    public string? CuBlas { get; init; }

    /// <summary>A corpus to pretrain on.</summary>
    public string? Data { get; init; }

    public string? Vocabulary { get; init; }

    public string Model { get; init; } = "base";

    public int Epochs { get; init; } = 5;

    /// <summary>The pretraining run's folder; it must be new.</summary>
    public string Run { get; init; } = "gpu-pretrain";

    /// <summary>Reads the words after <c>gpu</c>.</summary>
    /// <exception cref="InputException">A word is none of the options, or a value is missing.</exception>
    public static GpuOptions Parse(string[] args)
    {
        var options = new GpuOptions();
        for (int i = 0; i < args.Length; i++)
        {
            string name = args[i];
            string Value() => i + 1 < args.Length ? args[++i] : throw new InputException($"{name} needs a value: {Usage}");
            options = name switch
            {
                "--device" => options with { Device = Value() },
                "--small" => options with { IsSmall = true },
                "--only" => options with { Only = Value().Split(',') },
                "--out" => options with { Out = Value() },
                "--torch" => options with { Torch = Value() },
                "--python" => options with { Python = Value() },
                "--cublas" => options with { CuBlas = Value() },
                "--data" => options with { Data = Value() },
                "--vocab" => options with { Vocabulary = Value() },
                "--model" => options with { Model = Value() },
                "--epochs" => options with { Epochs = int.TryParse(Value(), out int n) && n > 0 ? n : throw new InputException("--epochs is not a number of 1 or more") },
                "--run" => options with { Run = Value() },
                _ => throw new InputException($"unknown option: {name}; known are {Usage}"),
            };
        }
        return options;
    }

    /// <summary>The same with the device that is meant.</summary>
    /// <exception cref="InputException">There is no GPU, or an interpreter is asked for what would take it days.</exception>
    public GpuOptions Resolve()
    {
        DeviceChoice choice = Devices.Choose();
        if (Device == "auto" && choice.Name == "cpu")
            throw new InputException($"no GPU to measure: {choice.Why}; to try the program without one: gpu --device emulated --small");
        if (Device == "emulated" && !IsSmall)
            throw new InputException("--device emulated would take days: it interprets the GPU's code; add --small");
        if (Device is "cpu" or "reference")
            throw new InputException($"--device {Device} is no GPU: give cuda, cuda:N or emulated");
        return Device == "auto" ? this with { Device = choice.Name } : this;
    }
}
