using Xunit;

namespace BareBert.OnnxPeer;

/// <summary>What docs/get-models.cs fetched, in the folder that BAREBERT_ONNX_MODELS names, and texts to try it with.</summary>
internal static class PublishedModels
{
    /// <summary>The folder of a model; the test is skipped where it is not there.</summary>
    public static string Require(string name)
    {
        string? root = Environment.GetEnvironmentVariable("BAREBERT_ONNX_MODELS");
        if (root is null || !File.Exists(Path.Combine(root, name, "model.onnx")))
            Assert.Skip("needs BAREBERT_ONNX_MODELS to name the folder of 'dotnet run docs/get-models.cs -- FOLDER'");
        return Path.Combine(root, name);
    }

    /// <summary>200 texts, from nothing at all to more than the model's positions.</summary>
    public static string[] Texts()
    {
        string[] hard = ["", " ", "[CLS]", "Ünïcödé, naïve café", "你好，世界", "🙂🙃", "a" + new string('b', 300), "don't… stop!!!", "3.14159 × 10⁻³", "\u0000\u200b"];
        string[] sentences = [.. new SampleWorld().Read().Train.SelectMany(document => document.Sentences).Take(4000)];
        return [.. hard, .. Enumerable.Range(0, 200 - hard.Length).Select(i => string.Join(' ', sentences.Skip(20 * i).Take(i % 60 == 59 ? 100 : 1 + i / 10)))];
    }
}
