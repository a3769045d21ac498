using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BareBert.Cli.Display;

/// <summary>A verb's result for programs: one JSON object on stdout.</summary>
internal static class JsonOutput
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Print(JsonObject result) => Console.Out.WriteLine(Text(result));

    public static string Text(JsonObject result) => result.ToJsonString(Options);

    public static JsonArray Array(ReadOnlySpan<int> values)
    {
        var array = new JsonArray();
        foreach (int value in values)
            array.Add(value);
        return array;
    }
}
