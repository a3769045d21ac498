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
    public static BertModel Load(IKernels kernels, string path, ModelTask task)
    {
        string directory = ModelLocation.Find(path).Directory;
        (BertModel model, LoadReport report) = BertModel.Load(
            kernels, directory, task, training: parameter => BertModel.TrainAll(parameter) with { IsTrained = false });
        report.RequireAll(path);
        return model;
    }
}

/// <summary>Texts from the command line or from standard input.</summary>
internal static class Texts
{
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
