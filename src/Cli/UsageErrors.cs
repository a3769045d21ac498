using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace BareBert.Cli;

/// <summary>What the parser has to say of a command line, in one line and in the user's words.</summary>
internal static partial class UsageErrors
{
    /// <summary>Parses a command line.</summary>
    /// <exception cref="InputException">It is wrong.</exception>
    public static ParseResult Parse(RootCommand root, string[] args)
    {
        string verb = args.Length > 0 && root.Subcommands.Any(c => c.Name == args[0]) ? $" {args[0]}" : "";
        string? message;
        try
        {
            ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null }); // a text may begin with @
            message = TakenForValue(parsed, args) ?? TakenForText(parsed, args) ?? Empty(parsed) ?? (parsed.Errors.Count > 0 ? MostTelling(parsed) : null);
            if (message is null)
                return parsed;
        }
        catch (InvalidOperationException e) when (Unreadable().IsMatch(e.Message))
        {
            // A validator read the value of an option before the parser could say that it is none.
            message = e.Message;
        }
        throw new InputException($"{Plain(message)}; see barebert{verb} --help");
    }

    // An option that the verb does not have is to the parser one more value of the option before it; after an equals sign (--out=--odd) it is meant to be one.
    private static string? TakenForValue(ParseResult parsed, string[] args)
    {
        foreach (OptionResult option in parsed.CommandResult.Children.OfType<OptionResult>())
        {
            if (option.Tokens.Select(t => t.Value).FirstOrDefault(value => OptionName().IsMatch(value) && args.Contains(value)) is { } name)
                return $"unknown option: {name}, after {option.IdentifierToken?.Value}";
        }
        return null;
    }

    // Nor does it know that it is no text; after two dashes alone (-- --odd) it is meant to be one.
    private static string? TakenForText(ParseResult parsed, string[] args)
    {
        string[] meant = [.. args.TakeWhile(arg => arg != "--")];
        string? name = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens)
            .Select(token => token.Value).FirstOrDefault(value => OptionName().IsMatch(value.Split('=', 2)[0]) && meant.Contains(value));
        return name is null ? null : $"unknown option: {name}; a text that begins so stands behind -- alone";
    }

    // Texts may be empty, or are asked for where they may not be; a path, a name, a number never is.
    private static string? Empty(ParseResult parsed) => parsed.CommandResult.Children.OfType<OptionResult>()
        .FirstOrDefault(option => option.Option.HelpName is not "TEXT" && option.Tokens.Any(token => token.Value.Length == 0)) is { } empty
        ? $"{empty.Option.Name} is empty: give {empty.Option.HelpName ?? "a value"}, or leave it out" : null;

    // What was not understood says more than what is missing because of it.
    private static string MostTelling(ParseResult parsed)
    {
        string? unknown = parsed.UnmatchedTokens.FirstOrDefault();
        ParseError? told = unknown is null ? null : parsed.Errors.FirstOrDefault(e => e.Message.Contains(unknown));
        return (told ?? parsed.Errors[0]).Message;
    }

    private static string Plain(string message)
    {
        Match match = Unreadable().Match(message);
        if (!match.Success)
            return message.ReplaceLineEndings(" ").TrimEnd('.');
        string kind = match.Groups["type"].Value switch
        {
            string type when type.Contains("Int") => "a whole number",
            string type when type.Contains("Double") => "a number",
            string type when type.Contains("Boolean") => "true or false",
            _ => "one of its choices",
        };
        return $"{match.Groups["option"].Value} {match.Groups["value"].Value} is not {kind}";
    }

    [GeneratedRegex("^--[a-z][a-z0-9-]*$")]
    private static partial Regex OptionName();

    [GeneratedRegex("^Cannot parse argument '(?<value>.*)' for option '(?<option>.*?)' as expected type '(?<type>.*?)'", RegexOptions.Singleline)]
    private static partial Regex Unreadable();
}
