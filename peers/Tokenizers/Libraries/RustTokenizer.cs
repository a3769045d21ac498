using System.Text.Json.Nodes;

namespace BareBert.TokenizersPeer;

/// <summary>Hugging Face's Rust library, opened on the text of a <c>tokenizer.json</c>.</summary>
internal sealed class RustTokenizer : IDisposable
{
    private readonly Tokenizers.DotNet.Tokenizer _tokenizer;

    public RustTokenizer(JsonNode json)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, json.ToJsonString());
            _tokenizer = new Tokenizers.DotNet.Tokenizer(file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>The ids of a text and of what is put around it.</summary>
    public int[] Encode(string text) => Array.ConvertAll(_tokenizer.Encode(text), id => (int)id);

    public void Dispose() => _tokenizer.Dispose();
}
