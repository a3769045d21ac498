using System.CommandLine;
using BareBert.Bert;
using BareBert.Kernels;

namespace BareBert.Cli;

/// <summary>Opening models for the verbs that use one.</summary>
internal static class ModelOptions
{
    public static Option<string> Model() => new("--model")
    {
        Description = "A run directory (its best model) or a checkpoint folder, BareBert's or Hugging Face's.",
        Required = true,
        HelpName = "DIR",
    };

    /// <summary>Loads a model for a task whose head it must have been trained with.</summary>
    public static BertModel Load(IKernels kernels, string path, TaskDefinition task)
    {
        (BertModel model, LoadReport report) = BertModel.Load(kernels, ModelLocation.Find(path).Directory, task, training: Untrained);
        try
        {
            report.RequireAll(path);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Loads a model's encoder, whatever it was trained for.</summary>
    public static BertModel LoadEncoder(IKernels kernels, string path)
    {
        // The pooler, which a model for masked words lacks, is not used.
        ModelFolder folder = ModelFolder.Open(path);
        TaskDefinition task = folder.Adapter is null ? BertTasks.Encoder : BertTasks.Of(folder) ?? BertTasks.Encoder;
        return BertModel.Load(kernels, folder.Path, task, training: Untrained).Model;
    }

    /// <summary>The most tokens of a text: as asked for, else what the run was trained with, else the model's positions.</summary>
    /// <exception cref="InputException">It is over the model's positions.</exception>
    public static int MaxLength(string path, BertModel model, int? asked)
    {
        int positions = model.Config.MaxPositions;
        if (asked > positions)
            throw new InputException($"--max-length {asked} is over the model's {positions} positions: give {positions} or less");
        return asked ?? Math.Min(positions, ModelLocation.Find(path).Number("data", "max_length") ?? positions);
    }

    private static ParameterTraining Untrained(ParameterSpec parameter) => BertModel.TrainAll(parameter) with { IsTrained = false };
}

/// <summary>Texts from the command line or from standard input.</summary>
internal static class Texts
{
    /// <summary>The arguments, or the lines of a file, or those of standard input.</summary>
    /// <exception cref="InputException">There is none, or both arguments and a file.</exception>
    public static IReadOnlyList<string> From(string[] arguments, string? file)
    {
        if (file is null)
            return FromArgumentsOrInput(arguments);
        if (arguments.Length > 0)
            throw new InputException($"texts are given twice: as arguments and in --file {file}; leave one out");
        try
        {
            string[] lines = File.ReadAllLines(file);
            return lines.Length > 0 ? lines : throw new InputException($"no text: {file} is empty; put a text on every line");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read the texts: {file}: {e.Message.ReplaceLineEndings(" ")}; give a file with a text on every line", e);
        }
    }

    /// <summary>The arguments, or the lines of standard input where there are none.</summary>
    /// <exception cref="InputException">There is neither.</exception>
    public static IReadOnlyList<string> FromArgumentsOrInput(string[] arguments)
    {
        if (arguments.Length > 0)
            return arguments;
        if (!Console.IsInputRedirected)
            throw new InputException("no text: give it as an argument, or lines on standard input");
        var lines = new List<string>();
        while (Console.In.ReadLine() is string line)
            lines.Add(line);
        return lines.Count > 0 ? lines : throw new InputException("no text: standard input is empty; give a text as an argument, or lines on standard input");
    }
}
