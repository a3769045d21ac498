using BareBert.Cli;
using Xunit;

namespace BareBert.Tests;

/// <summary>A console that takes nothing: a full disk behind it, or a terminal that is gone.</summary>
[Collection(nameof(CliCollection))]
public sealed class GuardedConsoleTests(TrainedRun run)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_training_goes_on(bool isJson)
    {
        string directory = run.New();
        string[] args = [.. run.Pretrain(directory).Where(arg => arg != "--quiet"), "--steps", "2"];
        Assert.Equal(ExitCodes.Success, Run(new FullDisk(), new FullDisk(), isJson ? [.. args, "--json"] : args));
        Assert.Equal(2, TrainerState.Read(Path.Combine(directory, "checkpoint", CheckpointNames.TrainerState)).Step);
        Assert.True(File.Exists(Path.Combine(directory, "report.html")));
    }

    [Fact]
    public void A_training_says_that_its_words_were_lost()
    {
        using var error = new StringWriter();
        Assert.Equal(ExitCodes.Success, Run(new FullDisk(), error, [.. run.Pretrain(run.New()), "--steps", "1"]));
        Assert.Contains("note: standard output took no more", error.ToString());
        Assert.Contains("the disk is full", error.ToString());
    }

    [Fact]
    public void A_result_that_cannot_be_printed_is_an_error_in_one_line()
    {
        using var error = new StringWriter();
        Assert.Equal(ExitCodes.Failure, Run(new FullDisk(), error, "tokenize", "--vocab", run.Vocabulary, "the cat"));
        Assert.Equal("barebert: cannot write to standard output: the disk is full; make room, or write elsewhere", error.ToString().TrimEnd());
    }

    [Fact]
    public void An_error_that_cannot_be_printed_has_its_exit_code()
    {
        using var output = new StringWriter();
        Assert.Equal(ExitCodes.Usage, Run(output, new FullDisk(), "pretrain", "--frobnicate"));
        Assert.Empty(output.ToString());
    }

    private static int Run(TextWriter output, TextWriter error, params string[] args)
    {
        (TextWriter stdout, TextWriter stderr) = (Console.Out, Console.Error);
        Console.SetOut(output);
        Console.SetError(error);
        try
        {
            return CommandLine.Run(args);
        }
        finally
        {
            Console.SetOut(stdout);
            Console.SetError(stderr);
        }
    }

    private sealed class FullDisk : TextWriter
    {
        public override System.Text.Encoding Encoding => System.Text.Encoding.UTF8;

        public override void Write(char value) => throw new IOException("the disk is full");

        public override void Write(char[] buffer, int index, int count) => throw new IOException("the disk is full");

        public override void Flush() => throw new IOException("the disk is full");
    }
}
