using System.Globalization;
using BareBert.Bert.Exchange.Onnx.Messages;

namespace BareBert.Bert.Exchange.Onnx.Import;

/// <summary>Elements that lie in a file beside the graph, as of models that are larger than a protocol buffer can be.</summary>
/// <remarks>onnx/docs/ExternalData.md.</remarks>
internal static class ExternalData
{
    /// <summary>What <c>data_location</c> says of such a tensor.</summary>
    public const int Location = 1;

    /// <summary>Reads a tensor's bytes.</summary>
    /// <param name="tensor">Says which file, from where, how many.</param>
    /// <param name="folder">The graph's folder: no other is read from, whatever the file says.</param>
    /// <param name="length">How many bytes its dimensions ask for.</param>
    /// <exception cref="InputException">The file is missing, elsewhere or too short.</exception>
    public static byte[] Read(TensorProto tensor, string folder, long length)
    {
        string Entry(string key) => tensor.ExternalData.FirstOrDefault(e => e.Key == key)?.Value ?? "";
        string file = Entry("location");
        if (!InputFiles.IsPlainName(file))
            throw new InputException($"external data outside the model's folder: {folder}: {Printable.Quote(file)} of {Printable.Quote(tensor.Name)}; only files beside the model are read");
        string path = Path.Combine(folder, file);
        long offset = Number(Entry("offset"), 0), given = Number(Entry("length"), length);
        using FileStream stream = InputFiles.Open(path);
        if (given != length || offset < 0 || offset > stream.Length - length)
            throw new InputException($"external data of another length: {path}: {Printable.Quote(tensor.Name)} needs {length} bytes at {offset} of {stream.Length}; restore the file");
        var bytes = new byte[length];
        stream.Position = offset;
        stream.ReadExactly(bytes);
        return bytes;
    }

    // What is no number is refused as a length that does not fit.
    private static long Number(string text, long ifMissing) =>
        text.Length == 0 ? ifMissing : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : -1;
}
