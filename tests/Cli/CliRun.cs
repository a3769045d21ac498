using System.Text.Json;
using BareBert.Cli;
using Xunit;

namespace BareBert.Tests;

/// <summary>Tests that capture the console run one after the other.</summary>
[CollectionDefinition(nameof(CliCollection), DisableParallelization = true)] // it reads the console, which other tests write to
public sealed class CliCollection : ICollectionFixture<TrainedRun>;

/// <summary>What a command line printed and how it ended.</summary>
internal sealed record CliRun(int Code, string Out, string Error)
{
    /// <summary>Runs a command line in this process, with nothing on standard input: that of the tests may stay open for ever.</summary>
    public static CliRun Of(params string[] args) => Reading("", args);

    /// <summary>Runs a command line in this process, with a text on standard input.</summary>
    public static CliRun Reading(string input, params string[] args)
    {
        (TextReader stdin, TextWriter stdout, TextWriter stderr) = (Console.In, Console.Out, Console.Error);
        using StringWriter writtenOut = new(), writtenError = new();
        Console.SetIn(new StringReader(input));
        Console.SetOut(writtenOut);
        Console.SetError(writtenError);
        try
        {
            int code = CommandLine.Run(args);
            return new CliRun(code, writtenOut.ToString(), writtenError.ToString());
        }
        finally
        {
            Console.SetIn(stdin);
            Console.SetOut(stdout);
            Console.SetError(stderr);
        }
    }

    /// <summary>It must have succeeded.</summary>
    public CliRun Succeeded()
    {
        Assert.True(Code == ExitCodes.Success, $"exit code {Code}: {Error}");
        return this;
    }

    /// <summary>stdout, which must be one JSON object and nothing else.</summary>
    public JsonElement Json()
    {
        Succeeded();
        JsonElement json = JsonDocument.Parse(Out).RootElement;
        Assert.Equal(JsonValueKind.Object, json.ValueKind);
        return json;
    }

    /// <summary>It must have refused wrong input: one line on stderr, nothing on stdout, exit code 2.</summary>
    /// <returns>The line.</returns>
    public string Refused(params string[] parts) => Failed(ExitCodes.Usage, parts);

    /// <summary>It must have failed in one line, beside notices.</summary>
    public string Failed(int code, params string[] parts)
    {
        string[] lines = [.. Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => !l.StartsWith("note: ", StringComparison.Ordinal))];
        Assert.True(lines.Length == 1, $"not one line: {Error}");
        Assert.StartsWith("barebert: ", lines[0]);
        Assert.DoesNotContain("unexpected", lines[0]);
        foreach (string part in parts)
            Assert.Contains(part, lines[0]);
        Assert.Equal(code, Code);
        return lines[0];
    }
}
