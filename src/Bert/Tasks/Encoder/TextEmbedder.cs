using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert.Tasks;

/// <summary>How a text's token vectors become one.</summary>
public enum Pooling
{
    /// <summary>The mean over all tokens, [CLS] and [SEP] included.</summary>
    Mean,

    /// <summary>The first token's, [CLS].</summary>
    Cls,
}

/// <summary>Turns texts into vectors: the encoder's last layer, pooled.</summary>
public sealed class TextEmbedder : IDisposable
{
    private readonly BertModel _model;
    private readonly SequenceEncoder _encoder;
    private readonly Tape _tape;
    private LoadedModel? _owned;

    /// <summary>Opens a model that was trained for this.</summary>
    /// <param name="path">A run's folder or a checkpoint's.</param>
    /// <param name="options">Device and length; null: the usual.</param>
    /// <exception cref="InputException">There is no such model.</exception>
    public static TextEmbedder Open(string path, InferenceOptions? options = null) => Open(() => ModelLocation.Find(path), options);

    /// <inheritdoc cref="Open(string, InferenceOptions?)"/>
    /// <param name="location">The model.</param>
    /// <param name="options">Device and length; null: the usual.</param>
    public static TextEmbedder Open(ModelLocation location, InferenceOptions? options = null) => Open(() => location, options);

    /// <summary>Makes an embedder.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="model">Any model with an encoder.</param>
    /// <param name="maxLength">Tokens over this are cut.</param>
    public TextEmbedder(IKernels kernels, BertModel model, int maxLength)
    {
        _model = model;
        _encoder = new SequenceEncoder(model.Tokenizer, new SequenceOptions(maxLength));
        _tape = new Tape(kernels);
    }

    /// <summary>C, numbers of a vector.</summary>
    public int Width => _model.Config.HiddenSize;

    /// <summary>The vectors of texts.</summary>
    /// <returns>[texts][C].</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public float[][] Embed(IReadOnlyList<string> texts, Pooling pooling, CancellationToken cancel = default)
    {
        TokenSequence[] sequences = [.. texts.Select(text => _encoder.Encode(text))];
        var vectors = new float[sequences.Length][];
        EvaluationBatches.Run(_tape, sequences, cancel, (inputs, rows) =>
        {
            float[] hidden = Numbers.Of(_model.Encoder.Forward(_tape, inputs).Value, "the hidden states");
            int first = 0;
            foreach (int row in rows)
            {
                vectors[row] = Pool(hidden, first, first + sequences[row].Length, pooling);
                first += sequences[row].Length;
            }
        }, watch: _owned?.Watch, what: "texts");
        return vectors;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tape.Dispose();
        _owned?.Dispose();
    }

    private static TextEmbedder Open(Func<ModelLocation> find, InferenceOptions? options)
    {
        // The pooler, which a model for masked words lacks, is not used.
        LoadedModel loaded = LoadedModel.Open(find, folder => folder.Adapter is null ? BertTasks.Encoder : BertTasks.Of(folder) ?? BertTasks.Encoder, options);
        return new TextEmbedder(loaded.Kernels, loaded.Model, loaded.MaxLength(options)) { _owned = loaded };
    }

    private float[] Pool(float[] hidden, int first, int end, Pooling pooling)
    {
        int width = _model.Config.HiddenSize, tokens = pooling == Pooling.Cls ? 1 : end - first;
        var sums = new double[width];
        for (int token = first; token < first + tokens; token++)
        {
            for (int i = 0; i < width; i++)
                sums[i] += hidden[token * width + i];
        }
        return [.. sums.Select(sum => (float)(sum / tokens))];
    }
}
