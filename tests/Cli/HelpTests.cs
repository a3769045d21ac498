using System.CommandLine;
using BareBert.Cli;
using BareBert.Cli.Verbs;
using Xunit;

namespace BareBert.Tests;

/// <summary>The list of verbs says each in a line, and a verb's own help all of it.</summary>
[Collection(nameof(CliCollection))]
public sealed class HelpTests
{
    private const string Pointer = "barebert VERB --help shows a verb's options and examples.";

    public static TheoryData<string> Names => [.. CommandLine.Root().Subcommands.Select(verb => verb.Name)];

    /// <summary>Ctrl-C stops what takes long: only an action that is given the token hears it.</summary>
    [Fact]
    public void Whatever_takes_long_can_be_stopped() => Assert.Equal(["merge", "info"],
        CommandLine.Root().Subcommands.Where(verb => verb.Action is not System.CommandLine.Invocation.AsynchronousCommandLineAction).Select(verb => verb.Name));

    [Fact]
    public void The_list_has_each_verb_with_what_it_takes_and_does()
    {
        string list = OneLine(CliRun.Of("--help").Succeeded().Out);
        Assert.Equal(typeof(Verb).Assembly.GetTypes().Count(type => type.Namespace == typeof(Verb).Namespace && type.GetMethod(nameof(Verb.Create)) is not null), CommandLine.Verbs.Length);
        foreach (Verb verb in CommandLine.Verbs)
        {
            Command full = verb.Create();
            Assert.Equal(verb.Name, full.Name);
            string label = string.Join(' ', [full.Name, .. full.Arguments.Select(argument => $"<{argument.HelpName ?? argument.Name}>")]);
            Assert.Contains($" {label} {verb.Summary} ", list);
        }
    }

    [Fact]
    public void The_list_shows_neither_examples_nor_more_than_the_first_line_of_a_help()
    {
        string list = CliRun.Of("--help").Succeeded().Out;
        Assert.DoesNotContain("Examples", list);
        Assert.EndsWith(Environment.NewLine + Environment.NewLine + Pointer + Environment.NewLine, list);
        foreach (Verb verb in CommandLine.Verbs)
        {
            Assert.DoesNotContain($"barebert {verb.Name}", list);
            Assert.Matches("^[A-Z][^.:\n]{8,119}[.]$", verb.Summary);
            Assert.StartsWith(verb.Summary.TrimEnd('.'), verb.Help);
        }
    }

    [Theory]
    [InlineData("-h")]
    [InlineData("-?")]
    [InlineData("--help --verbose")]
    [InlineData("--json --help")]
    [InlineData("nonsense --help")]
    [InlineData("--model hf:owner/name --help")]
    public void The_list_is_the_same_however_it_is_asked_for(string line) =>
        Assert.Equal(CliRun.Of("--help").Succeeded().Out, CliRun.Of(line.Split(' ')).Succeeded().Out);

    [Theory, MemberData(nameof(Names))]
    public void A_verbs_own_help_has_its_examples_and_options(string name)
    {
        string help = CliRun.Of(name, "--help").Succeeded().Out, all = OneLine(help);
        Command verb = CommandLine.Root().Subcommands.Single(verb => verb.Name == name);
        Assert.Contains(OneLine(verb.Description!), all);
        Assert.Contains($" Examples: barebert {name} ", all);
        Assert.All(verb.Options.Where(option => !option.Hidden), option => Assert.Contains($"  {option.Name}", help));
        Assert.DoesNotContain(Pointer, help);
        Assert.Equal(help, CliRun.Of("--help", name).Succeeded().Out);
        Assert.Equal(help, CliRun.Of("nonsense", name, "--help").Succeeded().Out);
    }

    [Theory]
    [InlineData("", "Required command was not provided")]
    [InlineData("--verbose=false", "Required command was not provided")]
    [InlineData("help", "Unrecognized command or argument 'help'")]
    [InlineData("help predict", "Unrecognized command or argument 'help'")]
    [InlineData("predct text", "Unrecognized command or argument 'predct'")]
    [InlineData("--model runs/a", "Unrecognized command or argument '--model'")]
    public void Without_a_verb_a_line_says_so(string line, string trouble) =>
        Assert.Equal($"barebert: {trouble}; see barebert --help", CliRun.Of(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Refused());

    [Theory]
    [InlineData("pre", "predict", "pretrain")]
    [InlineData("push --m", "--message")]
    [InlineData("barebert finetune --fe", "--feature-cache")]
    public void A_line_is_completed_with_the_options_of_its_verb(string line, params string[] completions) =>
        Assert.Equal(completions, CliRun.Of($"[suggest:{line.Length}]", line).Succeeded().Out.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>What a terminal's width breaks apart.</summary>
    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
