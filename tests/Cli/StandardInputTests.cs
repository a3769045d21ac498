using System.Diagnostics;
using System.Text;
using BareBert.Cli;
using Xunit;

namespace BareBert.Tests;

/// <summary>Bytes on the standard input of the program as its own process.</summary>
[Collection(nameof(CliCollection))]
public sealed class StandardInputTests(TrainedRun run)
{
    [Fact]
    public void Lines_of_UTF8_are_read_whatever_ends_them()
    {
        (int code, string output, string _) = Tokenize([.. Encoding.UTF8.Preamble, .. "the cat\r\nthe Ωdog"u8]);
        Assert.Equal(ExitCodes.Success, code);
        Assert.Contains("cat", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\uFEFF', output);
        Assert.DoesNotContain('\uFFFD', output);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'c', 0xE9, (byte)'\n' }, "not UTF-8 text: standard input")]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'a', 0, (byte)'\n', 0 }, "not UTF-8 text: standard input")]
    [InlineData(new byte[] { (byte)'a', (byte)'\n', (byte)'b', 0, (byte)'\n' }, "NUL bytes: standard input, line 2")]
    public void What_is_no_UTF8_text_is_refused(byte[] input, string message)
    {
        (int code, string output, string error) = Tokenize(input);
        Assert.Equal((ExitCodes.Usage, ""), (code, output));
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    private (int Code, string Output, string Error) Tokenize(byte[] input)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "barebert.dll"), "tokenize", "--vocab", run.Vocabulary])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8,
        })!;
        process.StandardInput.BaseStream.Write(input);
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
