using System.CommandLine;
using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json.Nodes;

namespace BareBert.Cli;

/// <summary>
/// Options that are properties of a record of the library: they have its names, its defaults and its meaning; what stands on the
/// command line goes straight into one.
/// </summary>
/// <param name="record">Holds the defaults.</param>
internal sealed class RecordOptions<TRecord>(TRecord record) : IRecordOptions where TRecord : notnull
{
    private readonly IReadOnlyDictionary<string, string> _names = OptionsJson.NamesOf(record.GetType());
    private readonly List<(Option Option, Func<ParseResult, JsonNode?> Read)> _options = [];
    private readonly List<(Option<string[]> Option, string Other)> _pairs = [];

    /// <inheritdoc/>
    public IEnumerable<Option> All => _options.Select(o => o.Option);

    /// <summary>A number, a word, a list.</summary>
    /// <param name="property">The record's.</param>
    /// <param name="description">For the help.</param>
    /// <param name="helpName">What the help calls the value; null of a flag.</param>
    public Option<T> Add<T>(Expression<Func<TRecord, T>> property, string description, string? helpName = null)
    {
        (string name, object? standard) = Find(property);
        var option = new Option<T>(name) { Description = description, HelpName = helpName };
        if (standard is T value && value is not false)
            option.DefaultValueFactory = _ => value;
        return Add(option, parsed => OptionsJson.Write(parsed.GetValue<T>(name)));
    }

    /// <summary>Several words, one after the other or each after the option's name.</summary>
    public Option<string[]> AddList(Expression<Func<TRecord, IReadOnlyList<string>>> property, string description, string helpName)
    {
        (string name, object? standard) = Find(property);
        var option = new Option<string[]>(name) { Description = description, HelpName = helpName, AllowMultipleArgumentsPerToken = true };
        if (standard is IReadOnlyList<string> { Count: > 0 } list)
            option.DefaultValueFactory = _ => [.. list];
        return Add(option, parsed => OptionsJson.Write(parsed.GetValue<string[]>(name)));
    }

    /// <summary>A word, behind which there may stand another one that is the value of an option of another record.</summary>
    /// <param name="property">The record's.</param>
    /// <param name="other">The other option's name in files.</param>
    /// <param name="description">For the help.</param>
    /// <param name="helpName">What the help calls both.</param>
    public Option<string[]> AddPair(Expression<Func<TRecord, string?>> property, string other, string description, string helpName)
    {
        (string name, _) = Find(property);
        var option = new Option<string[]>(name) { Description = description, HelpName = helpName, AllowMultipleArgumentsPerToken = true, Arity = new ArgumentArity(1, 2) };
        _pairs.Add((option, other));
        return Add(option, parsed => parsed.GetValue(option) is [var first, ..] ? first : null);
    }

    /// <summary>One of an enumeration's names.</summary>
    public Option<Choice<T>> AddChoice<T>(Expression<Func<TRecord, T>> property, string description) where T : struct, Enum
    {
        (string name, object? standard) = Find(property);
        Option<Choice<T>> option = Choice<T>.Option(name, description, (T)standard!);
        return Add(option, parsed => parsed.GetValue<Choice<T>>(option.Name).ToString());
    }

    /// <summary>One of an enumeration's names, or nothing: as suits model and data.</summary>
    public Option<Choice<T>> AddChoice<T>(Expression<Func<TRecord, T?>> property, string description) where T : struct, Enum
    {
        Option<Choice<T>> option = Choice<T>.Option(Find(property).Name, description);
        option.DefaultValueFactory = null;
        return Add(option, parsed => parsed.GetValue<Choice<T>>(option.Name).ToString());
    }

    /// <summary>A value that people write as text; what it is read to is an error where it cannot be read.</summary>
    public Option<string?> AddText<T>(Expression<Func<TRecord, T>> property, Func<string, string, object> parse, string description, string helpName, string? shown = null) =>
        AddText(new Option<string?>(Find(property).Name) { Description = description, HelpName = helpName }, parse, shown);

    /// <summary>One of which a sweep may try several.</summary>
    public Option<string?> AddVaryingText<T>(Expression<Func<TRecord, T>> property, Func<string, string, object> parse, string description, string helpName) =>
        AddText(new VaryingText(Find(property).Name) { Description = description, HelpName = helpName }, parse, shown: null);

    private Option<string?> AddText(Option<string?> option, Func<string, string, object> parse, string? shown)
    {
        string name = option.Name;
        if (shown is not null)
            option.DefaultValueFactory = _ => shown;
        option.Validators.Add(result =>
        {
            try
            {
                if (result.Tokens is [var token])
                    parse(name, token.Value);
            }
            catch (InputException e)
            {
                result.AddError(e.Message);
            }
        });
        return Add(option, parsed => parsed.GetValue<string?>(name));
    }

    /// <summary>Adds them to a verb; one of a name that it has already is that one.</summary>
    public void AddTo(Command verb)
    {
        foreach ((Option option, _) in _options.Where(o => verb.Options.All(known => known.Name != o.Option.Name)))
            verb.Options.Add(option);
    }

    /// <summary>What stands on the command line, by the names in files: an option may be another record's of that name.</summary>
    public JsonObject Given(ParseResult parsed)
    {
        JsonObject given = Own(parsed);
        foreach ((Option<string[]> option, string other) in _pairs)
        {
            if (parsed.GetValue(option) is [_, var second])
                given[other] = second;
        }
        return given;
    }

    private JsonObject Own(ParseResult parsed) => new(_options.Where(o => CommonOptions.IsGiven(parsed.CommandResult, o.Option.Name))
        .Select(o => KeyValuePair.Create(o.Option.Name[2..], o.Read(parsed))));

    /// <summary>The record with what stands on the command line.</summary>
    public TRecord Read(ParseResult parsed) => Own(parsed) is { Count: > 0 } given ? OptionsJson.Read<TRecord>(given, "the command line") : record;

    private TOption Add<TOption>(TOption option, Func<ParseResult, JsonNode?> read) where TOption : Option
    {
        _options.Add((option, read));
        return option;
    }

    private (string Name, object? Standard) Find(LambdaExpression property)
    {
        Expression body = property.Body is UnaryExpression { NodeType: ExpressionType.Convert } convert ? convert.Operand : property.Body;
        var member = (PropertyInfo)((MemberExpression)body).Member;
        return ("--" + _names[member.Name], record.GetType().GetProperty(member.Name)!.GetValue(record));
    }
}

/// <summary>Options of whatever record.</summary>
internal interface IRecordOptions
{
    /// <summary>All of them.</summary>
    IEnumerable<Option> All { get; }

    /// <summary>Adds them to a verb.</summary>
    void AddTo(Command verb);

    /// <summary>What stands on the command line, by the names in files.</summary>
    JsonObject Given(ParseResult parsed);
}
