using System.IO.Compression;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public sealed class PytorchBinTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("zip.bin")]
    [InlineData("legacy.bin")]
    [InlineData("nested.bin")]
    public void ReadsWhatPytorchWrote(string name)
    {
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Golden.Find("pytorch", "expected.json")));
        using ITensorSource source = TensorSources.Open(Golden.Find("pytorch", name));
        Assert.Equal(expected.RootElement.EnumerateObject().Select(p => p.Name), source.Tensors.Keys);
        foreach (JsonProperty tensor in expected.RootElement.EnumerateObject())
        {
            StoredTensor stored = source.Tensors[tensor.Name];
            Assert.Equal(tensor.Value.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()), stored.Shape);
            Assert.Equal(TypeNamed(tensor.Value.GetProperty("dtype").GetString()!), stored.Type);
            float[] values = [.. tensor.Value.GetProperty("values").EnumerateArray().Select(v => (float)v.GetDouble())];
            if (stored.Type.IsFloating())
                Assert.Equal(values, Floats(source, tensor.Name));
            else
                Refusals.Of(() => Floats(source, tensor.Name), tensor.Name, "floating-point");
        }
    }

    [Theory]
    [InlineData("hostile-system.bin", "system")]
    [InlineData("hostile-eval.bin", "eval")]
    [InlineData("hostile-getattr.bin", "getattr")]
    [InlineData("hostile-module.bin", "torch.nn.modules.linear.Linear")]
    [InlineData("hostile-legacy.bin", "system")]
    [InlineData("hostile-protocol4.bin", "posix.system")]
    public void RefusesWhatWouldRunCode(string name, string asksFor)
    {
        string path = Golden.Find("pytorch", name);
        Refusals.Of(() => TensorSources.Open(path), path, asksFor);
        Assert.False(File.Exists("pwned"));
    }

    [Theory]
    [InlineData("cposix\nsystem\n(U\u0004trueTtR.", "posix.system")]
    [InlineData("c__builtin__\nexec\n.", "__builtin__.exec")]
    [InlineData("ctorch\nload\n.", "torch.load")]
    [InlineData("ctorch.FloatStorage\n\n.", "torch.FloatStorage.")]
    [InlineData("(iposix\nsystem\n.", "0x69")]                                   // INST
    [InlineData("ccollections\nOrderedDict\n)\u0081.", "0x81")]                  // NEWOBJ
    [InlineData("\u0082\u0001.", "0x82")]                                        // EXT1
    [InlineData("P1\n.", "0x50")]                                                // PERSID
    [InlineData("ccollections\nOrderedDict\n)RN}b.", "setting attributes")]
    [InlineData("]}b.", "setting attributes")]
    [InlineData("ctorch._utils\n_rebuild_tensor_v2\n)R.", "wrong arguments")]
    [InlineData("ccollections\nOrderedDict\nK\u0001\u0085R.", "wrong arguments")]
    [InlineData("K\u0001)R.", "no function")]
    [InlineData("U\u0001aQ.", "no tensor storage")]
    [InlineData("h\u0005.", "never stored")]
    [InlineData("0.", "takes more")]
    [InlineData("t.", "no mark")]
    [InlineData("K\u0001K\u0002a.", "no list")]
    [InlineData("K\u0001K\u0002K\u0003s.", "no dict")]
    [InlineData("X\u00ff\u00ff\u00ff\u00ffabc.", "enormous")]
    [InlineData("X\u00ff\u0000\u0000\u0000abc.", "cut short")]
    [InlineData("\u008a\u00ff.", "enormous")]
    [InlineData("N", "cut short")]
    [InlineData("", "cut short")]
    [InlineData("N.", "no tensors by name")]
    [InlineData("}.", "no tensors")]
    public void RefusesBadPickles(string pickle, string why)
    {
        string path = _scratch.File("x.bin", Zip(("archive/data.pkl", Encoding.Latin1.GetBytes(pickle))));
        Refusals.Of(() => TensorSources.Open(path), path, why);
    }

    /// <summary>A list of a thousand pairs, made a dict over and over: a small file that would take any memory.</summary>
    [Fact]
    public void AListThatIsCopiedOverAndOverIsRefused()
    {
        string list = "]q\u0000(" + string.Concat(Enumerable.Repeat("K\u0001K\u0001\u0086", 1000)) + "e0", dict = "ccollections\nOrderedDict\nh\u0000\u0085R0";
        string path = _scratch.File("bomb.bin", Zip(("archive/data.pkl", Encoding.Latin1.GetBytes(list + string.Concat(Enumerable.Repeat(dict, 1000)) + "N."))));
        Refusals.Of(() => TensorSources.Open(path), path, "one list into many dicts");
    }

    /// <summary>Views whose numbers lead outside their storage.</summary>
    [Theory]
    [InlineData(0, 2, 1, true)]
    [InlineData(1, 1, 1, true)]
    [InlineData(2, 0, 1, true)]
    [InlineData(0, 200, 0, true)]
    [InlineData(0, 3, 1, false)]
    [InlineData(1, 2, 1, false)]
    [InlineData(0, 2, 2, false)]
    [InlineData(-1, 2, 1, false)]
    [InlineData(0, -1, 1, false)]
    [InlineData(0, 2, -1, false)]
    [InlineData(3, 0, 1, false)]
    [InlineData(0, int.MaxValue, int.MaxValue, false)]
    [InlineData(0, int.MaxValue, 0, false)]
    public void AViewMustLieWithinItsStorage(int offset, int size, int stride, bool valid)
    {
        string path = _scratch.File("x.bin", OneTensor(count: 2, offset, size, stride));
        if (!valid)
        {
            Refusals.Of(() => TensorSources.Open(path), "_rebuild_tensor_v2", "wrong arguments");
            return;
        }
        using ITensorSource source = TensorSources.Open(path);
        Assert.Equal(Enumerable.Range(0, size).Select(i => offset + i * stride + 1f), Floats(source, "w"));
    }

    [Fact]
    public void TheArchiveMustHoldWhatThePickleSays()
    {
        Refusals.Of(() => Open(OneTensor(count: 3, 0, 2, 1)), "of another length");
        Refusals.Of(() => Open(Zip(("archive/data.pkl", Pickle(2, 0, 2, 1)))), "storage '0' is missing");
        Refusals.Of(() => Open(Zip(("archive/readme", []))), "data.pkl");
        Refusals.Of(() => Open(Zip(("a/data.pkl", Pickle(0, 0, 0, 1)), ("b/data.pkl", []))), "data.pkl");
        Refusals.Of(() => Open(Zip(("a/data.pkl", Pickle(0, 0, 0, 1)), ("a/byteorder", "big"u8.ToArray()))), "big-endian");
        Refusals.Of(() => Open(Zip(CompressionLevel.SmallestSize, ("a/data.pkl", new byte[100_000]))), "compressed");
        Refusals.Of(() => Open([]), "neither");
        Refusals.Of(() => Open("PK\u0003\u0004"u8.ToArray()), "damaged");
        Refusals.Of(() => TensorSources.Open(_scratch["none.bin"]), "no such file");
    }

    [Theory]
    [InlineData("zip.bin")]
    [InlineData("legacy.bin")]
    public void SurvivesSpoiltFiles(string name)
    {
        byte[] good = File.ReadAllBytes(Golden.Find("pytorch", name));
        Prop.ForAll(Gen.OneOf(Mutations.Of(good), Mutations.Noise(64)).ToArbitrary(), bytes =>
        {
            string path = _scratch.File("spoilt.bin", bytes);
            return Refusals.SucceedsOrRefuses(() => ReadEverything(path));
        }).HoldsFor(400);
    }

    /// <summary>The pickle alone, spoilt, in an archive that is whole: the way to the machine that few mutations of a file find.</summary>
    [Fact]
    public void SurvivesSpoiltPickles()
    {
        byte[] good = Unzip(Golden.Find("pytorch", "zip.bin"), "zip/data.pkl");
        Prop.ForAll(Gen.OneOf(Mutations.Of(good), Mutations.Noise(64)).ToArbitrary(), pickle =>
        {
            string path = _scratch.File("spoilt.bin", Zip(("archive/data.pkl", pickle), ("archive/data/0", new byte[60])));
            return Refusals.SucceedsOrRefuses(() => ReadEverything(path));
        }).HoldsFor(400);
    }

    private static void ReadEverything(string path)
    {
        using ITensorSource source = TensorSources.Open(path);
        foreach (StoredTensor tensor in source.Tensors.Values.Where(t => t.Type.IsFloating() && t.Count < 1_000_000))
            source.ReadFloats(tensor.Name, new float[tensor.Count]);
    }

    private void Open(byte[] bytes) => TensorSources.Open(_scratch.File("x.bin", bytes)).Dispose();

    private static StoredType TypeNamed(string dtype) => dtype switch
    {
        "float32" => StoredType.F32,
        "float16" => StoredType.F16,
        "bfloat16" => StoredType.BF16,
        "float64" => StoredType.F64,
        _ => StoredType.I64,
    };

    private static float[] Floats(ITensorSource source, string name)
    {
        var values = new float[source.Tensors[name].Count];
        source.ReadFloats(name, values);
        return values;
    }

    private static byte[] OneTensor(int count, int offset, int size, int stride) =>
        Zip(("archive/data.pkl", Pickle(count, offset, size, stride)), ("archive/data/0", [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]));

    private static byte[] Pickle(int count, int offset, int size, int stride)
    {
        var bytes = new MemoryStream();
        Latin("\u0080\u0002}U\u0001wctorch._utils\n_rebuild_tensor_v2\n((U\u0007storagectorch\nFloatStorage\nU\u00010U\u0003cpu");
        Int(count);
        Latin("tQ");
        Int(offset);
        Int(size);
        Latin("\u0085");
        Int(stride);
        Latin("\u0085\u0089NtRs.");
        return bytes.ToArray();

        void Latin(string text) => bytes.Write(Encoding.Latin1.GetBytes(text));
        void Int(int value) => bytes.Write([(byte)'J', .. BitConverter.GetBytes(value)]);
    }

    private static byte[] Zip(params (string Name, byte[] Bytes)[] entries) => Zip(CompressionLevel.NoCompression, entries);

    private static byte[] Zip(CompressionLevel level, params (string Name, byte[] Bytes)[] entries)
    {
        var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes) in entries)
            {
                using Stream entry = archive.CreateEntry(name, level).Open();
                entry.Write(bytes);
            }
        }
        return stream.ToArray();
    }

    private static byte[] Unzip(string path, string name)
    {
        using ZipArchive archive = ZipFile.OpenRead(path);
        using var bytes = new MemoryStream();
        using Stream entry = archive.GetEntry(name)!.Open();
        entry.CopyTo(bytes);
        return bytes.ToArray();
    }
}
