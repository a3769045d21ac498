using System.Globalization;
using System.Net;
using System.Text;

namespace BareBert.Bert.Evaluations;

/// <summary>Builds HTML and SVG; everything that comes from outside goes in through <see cref="Text"/> or an attribute and is escaped.</summary>
internal sealed class Markup
{
    private readonly StringBuilder _text = new();

    /// <summary>Opens an element: <c>Open("td", ("class", "n"))</c>. An attribute with value null is left out.</summary>
    public Markup Open(string name, params (string Name, object? Value)[] attributes)
    {
        Start(name, attributes);
        _text.Append('>');
        return this;
    }

    /// <summary>Closes an element and ends the line.</summary>
    public Markup Close(string name)
    {
        _text.Append("</").Append(name).Append(">\n");
        return this;
    }

    /// <summary>An element without content.</summary>
    public Markup Empty(string name, params (string Name, object? Value)[] attributes)
    {
        Start(name, attributes);
        _text.Append("/>\n");
        return this;
    }

    /// <summary>An element that holds text.</summary>
    public Markup Element(string name, string text, params (string Name, object? Value)[] attributes) => Open(name, attributes).Text(text).Close(name);

    /// <summary>Text, escaped.</summary>
    public Markup Text(string text)
    {
        _text.Append(Escape(text));
        return this;
    }

    /// <summary>Markup of our own, as it is.</summary>
    public Markup Raw(string markup)
    {
        _text.Append(markup);
        return this;
    }

    public override string ToString() => _text.ToString();

    /// <summary>A coordinate: at most two decimals, always with a point.</summary>
    public static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private void Start(string name, (string Name, object? Value)[] attributes)
    {
        _text.Append('<').Append(name);
        foreach (var (key, value) in attributes)
        {
            if (value is not null)
                _text.Append(' ').Append(key).Append("=\"").Append(Escape(value is double d ? Number(d) : value.ToString()!)).Append('"');
        }
    }

    // Control characters and the two non-characters may not stand in a page, escaped or not.
    private static string Escape(string text) => WebUtility.HtmlEncode(string.Concat(text.Select(c => MayStand(c) ? c : '\uFFFD')));

    private static bool MayStand(char c) => c is '\n' or '\r' or '\t' || !(char.IsControl(c) || c is '\uFFFE' or '\uFFFF');
}
