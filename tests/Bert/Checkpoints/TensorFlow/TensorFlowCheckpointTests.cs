using BareBert.Bert.Exchange.TensorFlow;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests.TensorFlow;

/// <summary>Checkpoints in TensorFlow's format: their variables land where Hugging Face has them, damage is noticed.</summary>
public sealed class TensorFlowCheckpointTests : IDisposable
{
    private const string Prefix = "bert_model.ckpt", Index = Prefix + ".index";

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("bert", ModelFamily.Bert)]
    [InlineData("albert", ModelFamily.Albert)]
    public void EveryParameterIsFound(string folder, ModelFamily family)
    {
        string path = Golden.Find("tensorflow", folder);
        foreach (string name in (string[])[path, Path.Combine(path, Prefix), Path.Combine(path, Index)])
        {
            Assert.True(TensorFlowCheckpoint.IsAt(name));
            using ImportedModel model = TensorFlowCheckpoint.Open(name);
            Assert.Equal((family, BertTasks.Pretraining), (model.Layout.Config.Family, model.Layout.Task));
        }
        using ImportedModel imported = TensorFlowCheckpoint.Open(path);
        LoadReport report = imported.Save(_scratch["model"], Tokenizer);
        Assert.Empty(report.New);
        Assert.Empty(report.Unused);
        Assert.Equal(imported.Layout.Total, ModelFolder.Open(_scratch["model"]).Config is { } config ? ParameterLayout.For(config, BertTasks.Pretraining).Total : 0);
    }

    // record.py: element i of the n-th variable, by name, is n + (i mod 61)/64.
    [Theory]
    [InlineData("bert", "bert.embeddings.word_embeddings.weight", "bert/embeddings/word_embeddings", 0)]
    [InlineData("bert", "bert.embeddings.LayerNorm.weight", "bert/embeddings/LayerNorm/gamma", 0)]
    [InlineData("bert", "bert.encoder.layer.1.intermediate.dense.weight", "bert/encoder/layer_1/intermediate/dense/kernel", 12)]
    [InlineData("bert", "bert.encoder.layer.0.output.dense.weight", "bert/encoder/layer_0/output/dense/kernel", 8)]
    [InlineData("bert", "bert.encoder.layer.0.output.dense.bias", "bert/encoder/layer_0/output/dense/bias", 0)]
    [InlineData("bert", "cls.seq_relationship.weight", "cls/seq_relationship/output_weights", 0)]
    [InlineData("bert", "cls.predictions.bias", "cls/predictions/output_bias", 0)]
    [InlineData("albert", "albert.encoder.embedding_hidden_mapping_in.weight", "bert/encoder/embedding_hidden_mapping_in/kernel", 8)]
    [InlineData("albert", "albert.encoder.albert_layer_groups.0.albert_layers.0.attention.LayerNorm.bias", "bert/encoder/transformer/group_0/inner_group_0/LayerNorm/beta", 0)]
    [InlineData("albert", "albert.encoder.albert_layer_groups.0.albert_layers.0.full_layer_layer_norm.weight", "bert/encoder/transformer/group_0/inner_group_0/LayerNorm_1/gamma", 0)]
    [InlineData("albert", "albert.encoder.albert_layer_groups.0.albert_layers.0.ffn.weight", "bert/encoder/transformer/group_0/inner_group_0/ffn_1/intermediate/dense/kernel", 12)]
    [InlineData("albert", "albert.encoder.albert_layer_groups.0.albert_layers.0.ffn_output.weight", "bert/encoder/transformer/group_0/inner_group_0/ffn_1/intermediate/output/dense/kernel", 8)]
    [InlineData("albert", "albert.pooler.weight", "bert/pooler/dense/kernel", 8)]
    [InlineData("albert", "sop_classifier.classifier.bias", "cls/seq_relationship/output_bias", 0)]
    public void VariablesHaveTheirNumbers(string folder, string name, string variable, int transposedRows)
    {
        string path = Golden.Find("tensorflow", folder);
        string[] variables = [.. TensorBundle.Open(Path.Combine(path, Index)).Tensors.Select(t => t.Name)];
        int number = Array.IndexOf([.. variables.Order(StringComparer.Ordinal)], variable);
        using (ImportedModel imported = TensorFlowCheckpoint.Open(path))
            imported.Save(_scratch["model"], Tokenizer);
        using ITensorSource file = TensorSources.Open(_scratch["model"]);
        var values = new float[file.Tensors[name].Count];
        file.ReadFloats(name, values);
        int rows = transposedRows == 0 ? 1 : transposedRows, cols = values.Length / rows;
        Assert.True(transposedRows == 0 || file.Tensors[name].Shape.SequenceEqual([rows, cols]));
        for (int i = 0; i < values.Length; i++)
            Assert.Equal(number + (transposedRows == 0 ? i : i % cols * rows + i / cols) % 61 / 64f, values[i]);
    }

    [Fact]
    public void CheckSumsAreCrc32C()
    {
        // RFC 3720, B.4: 32 bytes of zeros, of ones, and rising.
        Assert.Equal(Masked(0x8a9136aa), MaskedCrc.Of(new byte[32]));
        Assert.Equal(Masked(0x62a8ab43), MaskedCrc.Of([.. Enumerable.Repeat((byte)0xff, 32)]));
        Assert.Equal(Masked(0x46dd794e), MaskedCrc.Of([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
        Assert.Equal(Masked(0xe3069283), MaskedCrc.Of("123456789"u8));

        static uint Masked(uint crc) => unchecked((crc >> 15 | crc << 17) + 0xa282ead8);
    }

    [Fact]
    public void WhatIsMissingOrWrongIsSaid()
    {
        string folder = Copy("bert");
        File.Delete(Path.Combine(folder, "bert_model.ckpt.data-00001-of-00002"));
        Refusals.Of(() => Read(folder), "no such file", "data-00001-of-00002");
        folder = Copy("bert");
        byte[] data = File.ReadAllBytes(Path.Combine(folder, "bert_model.ckpt.data-00000-of-00002"));
        File.WriteAllBytes(Path.Combine(folder, "bert_model.ckpt.data-00000-of-00002"), data[..100]);
        Refusals.Of(() => Read(folder), "cut short");
        data[5] ^= 1;
        File.WriteAllBytes(Path.Combine(folder, "bert_model.ckpt.data-00000-of-00002"), data);
        Refusals.Of(() => Read(folder), "check sum", "bert/embeddings/LayerNorm/beta");
        folder = Copy("bert");
        File.Delete(Path.Combine(folder, "bert_config.json"));
        Refusals.Of(() => Read(folder), "no configuration", "bert_config.json");
        folder = Copy("bert");
        File.Copy(Path.Combine(folder, Index), Path.Combine(folder, "model.ckpt-5.index"));
        Refusals.Of(() => Read(folder), "several checkpoints");
        Refusals.Of(() => Read(_scratch.File("x.index", "short")), "not the index of a TensorFlow checkpoint");
        Refusals.Of(() => Read(_scratch["none.index"]), "no such file");
        folder = Copy("bert");
        string config = Path.Combine(folder, "bert_config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3"));
        Refusals.Of(() => Read(folder), "lacks", "encoder.layer.2");
    }

    [Fact]
    public void SpoiltIndicesAreRefused()
    {
        string folder = Copy("bert");
        byte[] good = File.ReadAllBytes(Path.Combine(folder, Index));
        Prop.ForAll(Gen.OneOf(Mutations.Of(good), Mutations.Noise(100)).ToArbitrary(), bytes =>
        {
            File.WriteAllBytes(Path.Combine(folder, Index), bytes);
            return Refusals.SucceedsOrRefuses(() => Read(folder));
        }).HoldsFor(200);
    }

    /// <summary>Keys that share all of the one before them: a few bytes that would stand for any length.</summary>
    [Theory]
    [InlineData(5000, 1)]
    [InlineData(4000, 40_000)]
    public void KeysWithoutEndAreRefused(int length, int count)
    {
        byte[] first = [0, .. Number(length), 0, .. new byte[length]], again = [.. Number(length), 0, 0];
        byte[] data = Sealed([.. first, .. Enumerable.Repeat(again, count).SelectMany(bytes => bytes), 0, 0, 0, 0]);
        byte[] handle = [0, .. Number(data.Length - 5)], index = Sealed([0, 1, (byte)handle.Length, (byte)'a', .. handle, 0, 0, 0, 0]);
        byte[] handles = [0, 0, .. Number(data.Length), .. Number(index.Length - 5)];
        byte[] table = [.. data, .. index, .. handles, .. new byte[40 - handles.Length], .. BitConverter.GetBytes(0xdb4775248b80fb57)];
        Refusals.Of(() => SortedTable.Read(table, "model.index"), "model.index", "its keys are longer");

        static byte[] Number(int value) => value < 0x80 ? [(byte)value] : [(byte)(value | 0x80), .. Number(value >> 7)];

        static byte[] Sealed(byte[] block) => [.. block, 0, .. BitConverter.GetBytes(MaskedCrc.Of([.. block, 0]))];
    }

    /// <summary>Damage that a check sum does not show: the blocks' own words, and the entries'.</summary>
    [Fact]
    public void BlocksWithRightSumsAndWrongWordsAreRefused()
    {
        string folder = Copy("albert");
        byte[] good = File.ReadAllBytes(Path.Combine(folder, Index));
        (int Offset, int Length)[] blocks = [.. Blocks(good)];
        Gen<byte[]> spoilt = from block in Gen.Elements(blocks)
                             from at in Gen.Choose(block.Offset, block.Offset + block.Length - 1)
                             from value in Gen.Choose(0, 255)
                             select Resealed(good, block, at, (byte)value);
        Prop.ForAll(spoilt.ToArbitrary(), bytes =>
        {
            File.WriteAllBytes(Path.Combine(folder, Index), bytes);
            return Refusals.SucceedsOrRefuses(() => Read(folder));
        }).HoldsFor(500);
    }

    private static SubwordTokenizer Tokenizer { get; } = new WordPieceTokenizer(new Vocabulary([.. Vocabulary.SpecialTokenNames, "a", "b"]));

    // A block is what its stored sum is the sum of, its type included.
    private static IEnumerable<(int Offset, int Length)> Blocks(byte[] file)
    {
        for (int start = 0; start < file.Length - 48;)
        {
            int length = Enumerable.Range(1, file.Length - start).First(n => MaskedCrc.Of(file.AsSpan(start, n)) == BitConverter.ToUInt32(file, start + n));
            yield return (start, length);
            start += length + 4;
        }
    }

    private static byte[] Resealed(byte[] good, (int Offset, int Length) block, int at, byte value)
    {
        byte[] bytes = [.. good];
        bytes[at] = value;
        BitConverter.TryWriteBytes(bytes.AsSpan(block.Offset + block.Length), MaskedCrc.Of(bytes.AsSpan(block.Offset, block.Length)));
        return bytes;
    }

    private void Read(string path)
    {
        using ImportedModel imported = TensorFlowCheckpoint.Open(path);
        string folder = _scratch[Guid.NewGuid().ToString("N")];
        imported.Save(folder, Tokenizer);
        Directory.Delete(folder, recursive: true);
    }

    private string Copy(string name)
    {
        string folder = Directory.CreateDirectory(_scratch[Guid.NewGuid().ToString("N")]).FullName;
        foreach (string file in Directory.GetFiles(Golden.Find("tensorflow", name)))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        return folder;
    }
}
