using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public sealed class SafetensorsTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void ReadsWhatAnIndependentWriterWrote()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Golden.Find("safetensors", "mixed.safetensors"));
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(
            ["steps", "double", "encoder.bias", "encoder.weight", "scalar", "short", "brain", "empty", "half", "größe"],
            file.Tensors.Keys);
        Assert.Equal([2, 3], file.Tensors["encoder.weight"].Shape);
        Assert.Equal([1.5f, -0f, float.MaxValue, float.Epsilon], Floats(file, "encoder.bias"));
        Assert.Equal([0, 1, -2, 3.25f, -4.5f, 0.1f], Floats(file, "encoder.weight"));
        Assert.Equal([42], Floats(file, "scalar"));
        Assert.Equal([0.1f, -1e-30f], Floats(file, "double"));
        Assert.Equal([1, -0.5f, 65504, 5.9604645e-8f], Floats(file, "half"));
        Assert.Equal([1, -2.5f, BitConverter.UInt32BitsToSingle(0x7f610000), 0], Floats(file, "brain"));
        Assert.Equal([], Floats(file, "empty"));
        Assert.Equal([-1, 0, 1L << 40], file.ReadIntegers("steps"));
        Assert.Equal([-7, int.MaxValue], file.ReadIntegers("short"));
        Assert.Equal([0, 127, 255], file.Bytes("größe").ToArray());
    }

    /// <summary>Models lie in folders that their users may not write to. Permissions do not bind root, so the descriptor is looked at.</summary>
    [Fact]
    public void AFileIsOpenedForReadingAlone()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("/proc says how a file is open");
        string path = _scratch.File("model.safetensors", File.ReadAllBytes(Golden.Find("safetensors", "mixed.safetensors")));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        string[] modes = [.. Directory.GetFiles("/proc/self/fd").Where(fd => new FileInfo(fd).LinkTarget == path)
            .Select(fd => File.ReadLines($"/proc/self/fdinfo/{Path.GetFileName(fd)}").First(line => line.StartsWith("flags:", StringComparison.Ordinal))[^1..])];
        Assert.All(modes, mode => Assert.Equal("0", mode));
        Assert.NotEmpty(modes);
    }

    [Fact]
    public void WritesTheReferencesBytesInWhateverOrderTensorsAreDeclared()
    {
        byte[] expected = File.ReadAllBytes(Golden.Find("safetensors", "written.safetensors"));
        Action<SafetensorsWriter>[] declarations =
        [
            w => w.Add("text", [5], () => "hello"u8),
            w => w.Add("a.weight", [2, 2], () => (float[])[1, 2, 3, 4]),
            w => w.Add("position", [2], () => (long[])[3, 4]),
            w => w.Add("a.bias", [2], () => (float[])[0.5f, -0.5f]),
        ];
        foreach (IEnumerable<Action<SafetensorsWriter>> order in (IEnumerable<Action<SafetensorsWriter>>[])[declarations, declarations.Reverse()])
        {
            var writer = new SafetensorsWriter();
            foreach (Action<SafetensorsWriter> declare in order)
                declare(writer);
            using var stream = new MemoryStream();
            writer.WriteTo(stream);
            Assert.Equal(expected, stream.ToArray());
        }
    }

    [Fact]
    public void AWriterRefusesElementsThatDoNotFillTheShape()
    {
        var writer = new SafetensorsWriter();
        writer.Add("a", [3], () => (float[])[1, 2]);
        Assert.Throws<InvalidOperationException>(() => writer.WriteTo(Stream.Null));
        Assert.Throws<ArgumentException>(() => writer.Add("a", [1], () => (float[])[1]));
        Assert.Throws<ArgumentException>(() => writer.Add("__metadata__", [1], () => (float[])[1]));
    }

    [Fact]
    public void WhatIsWrittenIsReadBack()
    {
        Gen<(string Name, float[] Values)[]> models =
            from names in Gen.Elements("a", "b.weight", "\"quoted\"", "naïve\n", "深い", "x/y", "<&>", "🙂").ArrayOf().Select(n => n.Distinct().ToArray())
            from values in Gen.Choose(int.MinValue, int.MaxValue).Select(BitConverter.Int32BitsToSingle).ArrayOf().ArrayOf(names.Length)
            select names.Zip(values).ToArray();
        Prop.ForAll(models.ToArbitrary(), model =>
        {
            string path = _scratch["round.safetensors"];
            var writer = new SafetensorsWriter(new Dictionary<string, string> { ["format"] = "pt", ["é"] = "\t" });
            foreach ((string name, float[] values) in model)
                writer.Add(name, [values.Length], () => values);
            using (FileStream stream = File.Create(path))
                writer.WriteTo(stream);
            using SafetensorsFile file = SafetensorsFile.Open(path);
            return file.Tensors.Count == model.Length && file.Metadata["é"] == "\t"
                && model.All(t => Bits(Floats(file, t.Name)).SequenceEqual(Bits(t.Values)));
        }).HoldsFor();
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, null)]
    [InlineData("""{}""", 0, null)]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}   """, 8, null)]
    [InlineData("""[]""", 0, "not JSON")]
    [InlineData("""{"a":""", 0, "not JSON")]
    [InlineData(""" {}""", 0, "not JSON")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", 0, "not JSON")]
    [InlineData("""{"a":3}""", 0, "not exactly")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2]}}""", 8, "not exactly")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}}""", 8, "not exactly")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}""", 2, null)]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,8]}}""", 8, "another number")]
    [InlineData("""{"a":{"dtype":"F4","shape":[16],"data_offsets":[0,8]}}""", 8, null)]
    [InlineData("""{"a":{"dtype":"F4","shape":[16],"data_offsets":[0,8]}}""", 9, "belong to no tensor")]
    [InlineData("""{"a":{"dtype":4,"shape":[2],"data_offsets":[0,8]}}""", 8, "dtype")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", 8, "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}""", 8, "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "another number")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "another number")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,2],"data_offsets":[0,0]}}""", 0, "another number")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "ends at byte 8 of 7")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "no range")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}""", 8, "no range")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "belong to no tensor")]
    [InlineData("""{}""", 1, "belong to no tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "a hole")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "an overlap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "an overlap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}""", 8, "twice")]
    [InlineData("""{"__metadata__":{"format":1}}""", 0, "__metadata__")]
    [InlineData("""{"__metadata__":{"a":"b","a":"c"}}""", 0, "__metadata__")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, "__metadata__")]
    [InlineData("""{"a\nb":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "another number")]
    public void ChecksTheHeader(string json, int dataLength, string? refusal)
    {
        string path = _scratch.File("x.safetensors", Assemble(json, dataLength));
        if (refusal is null)
            SafetensorsFile.Open(path).Dispose();
        else
            Refusals.Of(() => SafetensorsFile.Open(path), path, refusal);
    }

    [Fact]
    public void RefusesFilesThatAreShorterThanTheyClaim()
    {
        Refusals.Of(() => SafetensorsFile.Open(_scratch.File("x.safetensors", [])), "too few");
        Refusals.Of(() => SafetensorsFile.Open(_scratch.File("x.safetensors", [1, 2, 3])), "too few");
        Refusals.Of(() => SafetensorsFile.Open(_scratch.File("x.safetensors", [9, 0, 0, 0, 0, 0, 0, 0, (byte)'{'])), "cut short");
        Refusals.Of(() => SafetensorsFile.Open(_scratch.File("x.safetensors", [0, 0, 0, 0, 0, 0, 0, 0])), "not JSON");
        var huge = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(huge, 100_000_001);
        Refusals.Of(() => SafetensorsFile.Open(_scratch.File("x.safetensors", huge)), "100000001 bytes, the limit is 100000000");
        huge.AsSpan().Fill(0xff);
        Refusals.Of(() => SafetensorsFile.Open(_scratch.File("x.safetensors", huge)), "the limit is");
        Refusals.Of(() => SafetensorsFile.Open(_scratch["none.safetensors"]), "no such file");
    }

    [Fact]
    public void ReadsWhatALinkPointsTo()
    {
        File.CreateSymbolicLink(_scratch["link.safetensors"], Golden.Find("safetensors", "mixed.safetensors"));
        using SafetensorsFile file = SafetensorsFile.Open(_scratch["link.safetensors"]);
        Assert.Equal([42], Floats(file, "scalar"));
    }

    [Fact]
    public void RefusesTheWrongNameTypeOrLength()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Golden.Find("safetensors", "mixed.safetensors"));
        Refusals.Of(() => file.ReadFloats("nothing", new float[1]), "nothing", "no tensor");
        Refusals.Of(() => file.ReadFloats("steps", new float[3]), "steps", "I64");
        Refusals.Of(() => file.ReadFloats("scalar", new float[2]), "scalar", "2 numbers");
        Refusals.Of(() => file.ReadIntegers("scalar"), "integers");
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.ReadFloats("scalar", new float[1]));
    }

    [Fact]
    public void SurvivesSpoiltFiles()
    {
        byte[] good = File.ReadAllBytes(Golden.Find("safetensors", "mixed.safetensors"));
        Prop.ForAll(Gen.OneOf(Mutations.Of(good), Mutations.Noise(64)).ToArbitrary(), bytes =>
        {
            string path = _scratch.File("spoilt.safetensors", bytes);
            return Refusals.SucceedsOrRefuses(() => ReadEverything(path));
        }).HoldsFor(300);
    }

    private static void ReadEverything(string path)
    {
        using ITensorSource source = TensorSources.Open(path);
        foreach (StoredTensor tensor in source.Tensors.Values.Where(t => t.Type.IsFloating()))
            source.ReadFloats(tensor.Name, new float[tensor.Count]);
    }

    private static byte[] Assemble(string json, int dataLength)
    {
        byte[] header = Encoding.UTF8.GetBytes(json);
        var bytes = new byte[8 + header.Length + dataLength];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, header.Length);
        header.CopyTo(bytes, 8);
        return bytes;
    }

    private static float[] Floats(ITensorSource source, string name)
    {
        var values = new float[source.Tensors[name].Count];
        source.ReadFloats(name, values);
        return values;
    }

    private static IEnumerable<int> Bits(float[] values) => values.Select(BitConverter.SingleToInt32Bits);
}
