using System.CommandLine;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace BareBert.Cli;

/// <summary>
/// Options from a YAML file (--config). They become arguments, so that they are checked like any; what the command line says wins.
/// </summary>
internal static class OptionSources
{
    // Stream, document, names, and a list.
    private const int Deepest = 4;

    private const string Config = "--config", Usual = "give a YAML file as in 'epochs: 3'";

    /// <summary>The arguments with those of --config appended.</summary>
    /// <exception cref="InputException">A file cannot be read or names an option that the verb does not have.</exception>
    public static string[] Expand(RootCommand root, string[] args)
    {
        Command? verb = root.Subcommands.FirstOrDefault(c => args.Length > 0 && c.Name == args[0]);
        if (verb is null || args.Any(a => a is "--help" or "-h" or "-?"))
            return args;
        var all = new List<string>(args);
        if (ValueOf(args, Config) is string config && Find(verb, Config) is not null)
            Append(verb, all, FromYaml(config), config);
        return [.. all];
    }

    /// <summary>A message about an option that the file gave, with its name: it is the file that has to be mended.</summary>
    /// <param name="message">Options stand in it with their dashes, that which it is about before others.</param>
    /// <param name="args">The command line.</param>
    /// <param name="expanded">What <see cref="Expand"/> made of it.</param>
    public static string WithSource(string message, string[] args, string[] expanded)
    {
        string flag = Regex.Match(message, @"(?<!\S)--[a-z0-9-]+").Value;
        return flag != "" && expanded.AsSpan(args.Length).Contains(flag) ? $"{message} ({flag} is from {ValueOf(args, Config)})" : message;
    }

    private static void Append(Command verb, List<string> args, IEnumerable<(string Name, string[] Values)> options, string source)
    {
        string[] given = [.. args.Select(Bare)];
        var read = new HashSet<Option>();
        foreach ((string name, string[] values) in options)
        {
            string flag = "--" + name;
            if (Find(verb, flag) is not { } option)
                throw new InputException($"unknown option: {source}: {name}; see barebert {verb.Name} --help for their names, without the dashes");
            if (flag == Config)
                throw new InputException($"wrong options: {source}: {name}: a file of options names no other; put all into one");
            if (values.Length == 0)
                throw new InputException($"wrong options: {source}: {name}: an empty list; give a value, or leave it out");
            if (!read.Add(option))
                throw new InputException($"wrong options: {source}: {name} and {option.Name[2..]} are one option; give it once");
            if (given.Contains(option.Name) || option.Aliases.Any(given.Contains))
                continue;
            if (option.ValueType == typeof(bool))
            {
                if (IsOn(name, values, source))
                    args.Add(option.Name);
                continue;
            }
            foreach (string value in values)
            {
                args.Add(option.Name);
                args.Add(value);
            }
        }
    }

    // A switch is there or not. YAML 1.1 has more words for it than 1.2, and people know both.
    private static bool IsOn(string name, string[] values, string source) => values is [var value] ? value.ToLowerInvariant() switch
    {
        "true" or "yes" or "on" => true,
        "false" or "no" or "off" => false,
        _ => throw new InputException($"wrong options: {source}: {name}: '{value.ReplaceLineEndings(" ")}' is neither true nor false: it is a switch"),
    } : throw new InputException($"wrong options: {source}: {name}: a list, where true or false is expected: it is a switch");

    private static IEnumerable<(string, string[])> FromYaml(string path)
    {
        var stream = new YamlStream();
        try
        {
            string text = File.ReadAllText(path);
            RequireFlat(path, text);
            stream.Load(new StringReader(text));
        }
        catch (UnauthorizedAccessException) when (Directory.Exists(path))
        {
            throw Unreadable($"{path} is a folder; {Usual}");
        }
        catch (FileNotFoundException)
        {
            throw Unreadable($"no such file: {path}; {Usual}");
        }
        catch (YamlException e)
        {
            throw Unreadable($"{path}: line {e.Start.Line}: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}; {Usual}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable($"{path}: {e.Message.ReplaceLineEndings(" ")}; {Usual}", e);
        }
        if (stream.Documents.Count == 0)
            return [];
        if (stream.Documents.Count > 1)
            throw Unreadable($"{path}: line {stream.Documents[1].RootNode.Start.Line}: a second document; put all options into the first");
        if (stream.Documents[0].RootNode is not YamlMappingNode map)
            throw Unreadable($"{path}: not a list of 'name: value' lines; write it as in 'epochs: 3'");
        return [.. map.Children.Select(pair => (NameOf(pair.Key, path), ValuesOf(pair.Value, path)))];
    }

    // Names with values or lists of such: more levels, and lists that stand in others' places, would be taken apart in as many steps as they stand for.
    private static void RequireFlat(string path, string text)
    {
        int depth = 0;
        var parser = new Parser(new StringReader(text));
        while (parser.MoveNext())
        {
            if (parser.Current is NodeEvent { Anchor.IsEmpty: false } and not Scalar)
                throw Unreadable($"{path}: line {parser.Current.Start.Line}: an anchor of a list; write the list out");
            depth += parser.Current!.NestingIncrease;
            if (depth > Deepest)
                throw Unreadable($"{path}: line {parser.Current.Start.Line}: a list within a list; write it as in 'lr: [1e-4, 3e-4]'");
        }
    }

    private static string NameOf(YamlNode node, string path) => node is YamlScalarNode { Value: { Length: > 0 } name } ? name
        : throw Unreadable($"{path}: line {node.Start.Line}: a name is no plain word; write it as in 'epochs: 3'");

    private static string[] ValuesOf(YamlNode node, string path) => node switch
    {
        YamlScalarNode { Value: string value } => [value],
        YamlSequenceNode list => [.. list.Children.SelectMany(child => ValuesOf(child, path))],
        _ => throw Unreadable($"{path}: line {node.Start.Line}: a value is neither a word nor a list"),
    };

    private static InputException Unreadable(string what, Exception? inner = null) => new($"cannot read the options: {what}", inner!);

    private static Option? Find(Command verb, string flag) => verb.Options.FirstOrDefault(o => o.Name == flag || o.Aliases.Contains(flag));

    private static string? ValueOf(string[] args, string flag)
    {
        for (int i = 0; i < args.Length; i++)
        {
            if (args[i] == flag && i + 1 < args.Length)
                return args[i + 1];
            if (args[i].StartsWith(flag + "=", StringComparison.Ordinal))
                return args[i][(flag.Length + 1)..];
        }
        return null;
    }

    private static string Bare(string arg) => arg.Split('=', 2)[0];
}
