using System.CommandLine;
using System.Globalization;

namespace BareBert.Cli;

/// <summary>A value of an enumeration as the command line writes it: in small letters.</summary>
internal readonly record struct Choice<T>(T Value) where T : struct, Enum
{
    /// <summary>What can be chosen.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetNames<T>().Select(name => name.ToLower(CultureInfo.InvariantCulture))];

    public static implicit operator T(Choice<T> choice) => choice.Value;

    /// <summary>An option with such a value; its first one unless another is the standard.</summary>
    public static Option<Choice<T>> Option(string name, string description, T standard = default)
    {
        var option = new Option<Choice<T>>(name)
        {
            Description = description,
            DefaultValueFactory = _ => new Choice<T>(standard),
            HelpName = string.Join('|', Names),
        };
        option.CustomParser = result =>
        {
            string text = result.Tokens[^1].Value;
            // By name only: Enum.Parse alone would take numbers too.
            if (Names.Contains(text, StringComparer.OrdinalIgnoreCase))
                return new Choice<T>(Enum.Parse<T>(text, ignoreCase: true));
            result.AddError($"{name} {text} is unknown: give {string.Join(", ", Names.Take(Names.Count - 1))} or {Names[^1]}");
            return default;
        };
        return option;
    }

    public override string ToString() => Value.ToString().ToLower(CultureInfo.InvariantCulture);
}
