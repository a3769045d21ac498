using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace BareBert.Tests;

/// <summary>Writes what <c>torch.save</c> writes: a zip archive with a pickle and the tensors' storages.</summary>
internal sealed class TorchFile
{
    /// <summary>A tensor of float32.</summary>
    public sealed record Tensor(float[] Values, params int[] Shape);

    /// <summary>An object of a class that is called with a tuple: <c>torch.Size</c>.</summary>
    public sealed record Call(string Module, string Name, params int[] Arguments);

    private readonly MemoryStream _pickle = new();
    private readonly List<float[]> _storages = [];

    private TorchFile()
    {
    }

    /// <summary>A file of dicts, texts, whole numbers, tensors and calls.</summary>
    public static byte[] Of(object root)
    {
        var file = new TorchFile();
        file.Op(0x80, 2);
        file.Write(root);
        file.Op('.');
        var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(archive, "archive/data.pkl", file._pickle.ToArray());
            for (int i = 0; i < file._storages.Count; i++)
                Add(archive, $"archive/data/{i}", MemoryMarshal.AsBytes<float>(file._storages[i]).ToArray());
        }
        return bytes.ToArray();
    }

    private static void Add(ZipArchive archive, string name, byte[] content)
    {
        using Stream stream = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
        stream.Write(content);
    }

    private void Write(object value)
    {
        switch (value)
        {
            case string text:
                Text(text);
                break;
            case int number:
                Int(number);
                break;
            case Dictionary<string, object> dict:
                Op('}', '(');
                foreach ((string key, object item) in dict)
                {
                    Text(key);
                    Write(item);
                }
                Op('u');
                break;
            case Call call:
                Global(call.Module, call.Name);
                Op('(');
                Tuple(call.Arguments);
                Op('t', 'R');
                break;
            case Tensor tensor:
                WriteTensor(tensor);
                break;
            default:
                throw new ArgumentException($"nothing that is written: {value}");
        }
    }

    private void WriteTensor(Tensor tensor)
    {
        Global("torch._utils", "_rebuild_tensor_v2");
        Op('(', '(');
        Text("storage");
        Global("torch", "FloatStorage");
        Text(_storages.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Text("cpu");
        Int(tensor.Values.Length);
        Op('t', 'Q');
        Int(0);
        Tuple(tensor.Shape);
        Tuple([.. tensor.Shape.Select((_, d) => tensor.Shape[(d + 1)..].Aggregate(1, (product, n) => product * n))]);
        Op(0x89);
        Global("collections", "OrderedDict");
        Op(')', 'R', 't', 'R');
        _storages.Add(tensor.Values);
    }

    private void Tuple(int[] numbers)
    {
        Op('(');
        foreach (int number in numbers)
            Int(number);
        Op('t');
    }

    private void Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Op('X');
        Number(utf8.Length);
        _pickle.Write(utf8);
    }

    private void Int(int number)
    {
        Op('J');
        Number(number);
    }

    private void Number(int number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        _pickle.Write(bytes);
    }

    private void Global(string module, string name) => _pickle.Write(Encoding.ASCII.GetBytes($"c{module}\n{name}\n"));

    private void Op(params ReadOnlySpan<int> codes)
    {
        foreach (int code in codes)
            _pickle.WriteByte((byte)code);
    }
}
