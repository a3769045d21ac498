using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace BareBert.Bert.Explanations;

/// <summary>A page that shows explanations side by side: one file, that asks nobody for anything.</summary>
public static partial class ExplanationPage
{
    /// <summary>The page.</summary>
    /// <param name="title">In the browser's tab.</param>
    /// <param name="explanations">One, or a model before and after.</param>
    public static string Write(string title, IReadOnlyList<Explanation> explanations) => Place().Replace(Part("explain.html"), place => place.Groups[1].Value switch
    {
        "title" => WebUtility.HtmlEncode(title),
        // Nothing within the data may end the element that holds them: the serializer writes < as an escape.
        "data" => new JsonArray([.. explanations.Select(e => (JsonNode)ExplanationJson.ForPage(e))]).ToJsonString(),
        "style" => Part("explain.css"),
        _ => Part("explain.js"),
    });

    /// <summary>Writes the page into a file.</summary>
    /// <exception cref="RunException">It cannot be written.</exception>
    public static void Save(string path, string title, IReadOnlyList<Explanation> explanations) => AtomicFile.WriteText(path, Write(title, explanations));

    [GeneratedRegex(@"\{\{(title|data|style|script)\}\}")]
    private static partial Regex Place();

    private static string Part(string name)
    {
        using Stream stream = typeof(ExplanationPage).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().TrimEnd();
    }
}
