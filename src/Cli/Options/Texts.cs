using System.Text;

namespace BareBert.Cli;

/// <summary>Texts from the command line or from standard input.</summary>
internal static class Texts
{
    /// <summary>UTF-8 that throws at what is none: standard input is read so.</summary>
    public static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

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
            string[] lines = File.ReadAllLines(file, Strict);
            RefuseBinary(lines, file);
            return lines.Length > 0 ? lines : throw new InputException($"no text: {file} is empty; put a text on every line");
        }
        catch (DecoderFallbackException e)
        {
            throw NotUtf8(file, e);
        }
        catch (UnauthorizedAccessException) when (Directory.Exists(file))
        {
            throw new InputException($"a directory where a file is needed: {file}; give a file with a text on every line");
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
        try
        {
            while (Console.In.ReadLine() is string line)
                lines.Add(lines.Count == 0 ? line.TrimStart('\uFEFF') : line); // a byte order mark
        }
        catch (DecoderFallbackException e)
        {
            throw NotUtf8("standard input", e);
        }
        RefuseBinary(lines, "standard input");
        return lines.Count > 0 ? lines : throw new InputException("no text: standard input is empty; give a text as an argument, or lines on standard input");
    }

    private static void RefuseBinary(IReadOnlyList<string> lines, string source)
    {
        if (lines.Index().FirstOrDefault(line => line.Item.Contains('\0')) is { Item: not null } binary)
            throw new InputException($"this is no text, it holds NUL bytes: {source}, line {binary.Index + 1}; give UTF-8 text");
    }

    private static InputException NotUtf8(string source, DecoderFallbackException e) => new($"not UTF-8 text: {source}; convert it, as by iconv -f latin1 -t utf-8", e);
}
