using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using BareBert.Bert.Exchange.Onnx.Import;
using BareBert.Kernels;

namespace BareBert.Bert.Exchange.Onnx;

/// <summary>
/// Reads a BERT, DistilBERT or ALBERT out of an ONNX graph, whichever exporter or optimiser wrote it: by what the nodes do, not by
/// what they are called.
/// </summary>
/// <remarks>
/// Understood are the graphs of PyTorch's exporters and of this project, opset 9 and later, in float32, float16 and bfloat16, also with
/// ONNX Runtime's fused nodes (EmbedLayerNormalization, SkipLayerNormalization, Attention, MultiHeadAttention, BiasGelu, FastGelu).
/// Quantised multiplies are not.
/// </remarks>
public static class OnnxCheckpoint
{
    // ε is no part of DistilBERT's configuration; below this it changes no digit of float32 that matters.
    private const double NegligibleEpsilon = 1e-6;

    /// <summary>Reads a file.</summary>
    /// <param name="path">A .onnx file; external data is read from its folder.</param>
    /// <param name="heads">The number of attention heads, for graphs that do not say.</param>
    /// <exception cref="InputException">It is missing or broken, or something in its graph is not understood: the message names the node.</exception>
    public static ImportedModel Open(string path, int? heads = null)
    {
        OnnxGraph graph = OnnxGraph.Open(path);
        var layers = new GraphLayers(graph);
        EncoderParts encoder = new EncoderWalk(layers).Find();
        HeadParts head = new HeadWalk(layers, encoder).Find();
        LayerParts[] distinct = [.. encoder.Projection is null ? encoder.Layers : encoder.Layers.DistinctBy(Fingerprint)];
        BertConfig config = Sizes(graph, encoder, Heads(graph, encoder, heads), head);
        config = encoder.Projection is null ? config : Shared(graph, config, [.. encoder.Layers.Select(l => Array.FindIndex(distinct, d => Fingerprint(d) == Fingerprint(l)))]);
        config.Validate(path);
        ParameterLayout layout = ParameterLayout.For(config, head.TaskOf(config), (int)head.RowsOf("classifier.output.weight"));
        return new ImportedModel(layout, Source(path, layout, encoder, distinct, head), head.Notes);
    }

    private static MappedSource Source(string path, ParameterLayout layout, EncoderParts encoder, LayerParts[] layers, HeadParts head)
    {
        var source = new MappedSource(path);
        void Add(string name, int piece, IEnumerable<long> shape, ReadTensor read)
        {
            if (layout.Contains(name))
                source.Add(layout[name].Pieces[piece].HfName, shape, read);
        }
        Add("embeddings.word", 0, encoder.Words.Shape, encoder.Words.Read);
        Add("embeddings.position", 0, encoder.Positions.Shape, encoder.Positions.Read);
        if (encoder.Types is { } types)
            Add("embeddings.type", 0, types.Shape, types.Read);
        foreach (var (name, piece, shape, read) in encoder.Norm.Tensors("embeddings.norm").Concat(encoder.Projection?.Tensors("embeddings.projection") ?? []).Concat(head.Tensors))
            Add(name, piece, shape, read);
        for (int k = 0; k < layers.Length; k++)
        {
            foreach (var (name, piece, shape, read) in layers[k].Tensors())
                Add($"layers.{k}.{name}", piece, shape, read);
        }
        if (head.Decoder is { } decoder)
            source.Add(layout["embeddings.word"].Pieces[0].TiedNames[0], decoder.Shape, decoder.Read);
        return source;
    }

    private static BertConfig Sizes(OnnxGraph graph, EncoderParts encoder, int heads, HeadParts head)
    {
        LayerParts first = encoder.Layers[0];
        ModelFamily family = encoder.Projection is not null ? ModelFamily.Albert : encoder.Types is null ? ModelFamily.DistilBert : ModelFamily.Bert;
        if (encoder.Layers.FirstOrDefault(l => l.Activation != first.Activation) is { } other)
            throw graph.Refuse(other.OutputNorm.Node, $"a layer with {other.Activation} among others with {first.Activation}; one for all layers is supported");
        // Through its digits: 1e-12, not the nearest float32 to it.
        double epsilon = double.Parse(first.OutputNorm.Epsilon.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        if (family == ModelFamily.DistilBert && !(epsilon <= NegligibleEpsilon))
            throw graph.Refuse(first.OutputNorm.Node, $"an epsilon of {epsilon:g3} in a model without token types, which DistilBERT does not have");
        var labels = (int)head.RowsOf("classifier.output.weight");
        var hidden = (int)head.RowsOf("classifier.hidden.weight");
        BertConfig config = Defaults(family, graph.Path) with
        {
            VocabSize = (int)encoder.Words.Shape[0],
            HiddenSize = encoder.Width,
            EmbeddingSize = (int)encoder.Words.Shape[1],
            Layers = encoder.Layers.Count,
            Heads = heads,
            IntermediateSize = first.In.Rows,
            MaxPositions = (int)encoder.Positions.Shape[0],
            TypeVocabSize = (int)(encoder.Types?.Shape[0] ?? 0),
            Activation = first.Activation,
            LayerNormEps = family == ModelFamily.DistilBert ? 1e-12 : epsilon,
            ClassifierHiddenSize = family == ModelFamily.DistilBert && hidden == encoder.Width ? 0 : hidden,
            ClassifierPooling = head.ReadsMean ? Pooling.Mean : Pooling.Cls,
        };
        return OnnxMetadata.Apply(config, graph.Metadata, labels);
    }

    /// <summary>What transformers takes where a config.json says nothing: dropout and the like, which no graph holds.</summary>
    private static BertConfig Defaults(ModelFamily family, string path) =>
        BertConfigJson.Parse(JsonSerializer.SerializeToUtf8Bytes(new { model_type = family.ToString().ToLowerInvariant() }), path);

    private static int Heads(OnnxGraph graph, EncoderParts encoder, int? given)
    {
        if (given < 1)
            throw new InputException($"`Heads` {given} is no number of heads: give 1 or more");
        long[] said = [.. encoder.Layers.Select(l => l.Attention.Heads ?? 0).Distinct()];
        if (given is not null && said is [> 0 and var own] && own != given)
            throw graph.Refuse(encoder.Layers[0].AttentionNorm.Node, $"before it are {own} attention heads, not `Heads` {given}; leave that out");
        long[] heads = given is { } asked ? [asked] : said;
        return heads is [> 0 and <= int.MaxValue and var one] ? (int)one
            : throw graph.Refuse(encoder.Layers[0].AttentionNorm.Node, $"the number of attention heads before it cannot be told ({string.Join(", ", heads)}); give `Heads`");
    }

    /// <summary>Which of the layers with weights of their own is applied when, as ALBERT's groups.</summary>
    private static BertConfig Shared(OnnxGraph graph, BertConfig config, int[] schedule)
    {
        int distinct = schedule.Max() + 1;
        for (int inner = 1; inner <= distinct; inner++)
        {
            if (distinct % inner != 0 || schedule.Length % inner != 0 || distinct / inner > schedule.Length / inner)
                continue;
            BertConfig shared = config with { Layers = schedule.Length / inner, LayerGroups = distinct / inner, LayersPerGroup = inner };
            if (shared.LayerSchedule.SequenceEqual(schedule))
                return shared;
        }
        throw graph.Refuse(null, $"layers that share weights in the order {string.Join(", ", schedule.Take(24))}, which is none of ALBERT's");
    }

    // Exporters write shared matrices once or several times: they are the same where their numbers are.
    private static string Fingerprint(LayerParts layer)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (_, _, shape, read) in layer.Tensors())
        {
            var values = new float[shape.Aggregate(1L, (product, dimension) => product * dimension)];
            read(values);
            hash.AppendData(MemoryMarshal.AsBytes<float>(values));
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
