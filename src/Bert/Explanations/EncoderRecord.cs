using BareBert.Autograd;

namespace BareBert.Bert.Explanations;

/// <summary>Remembers what an encoder made of one sequence: every layer's output, and where its heads looked.</summary>
/// <param name="config">The model's sizes.</param>
internal sealed class EncoderRecord(BertConfig config) : IEncoderWatcher
{
    private readonly List<Variable> _hidden = [];
    private readonly List<AttentionMap> _attention = [];
    private int _layer;

    /// <summary>The embeddings, then each layer's output, [n, C]; until the step ends.</summary>
    public IReadOnlyList<Variable> Hidden => _hidden;

    /// <summary>By layer, then head.</summary>
    public IReadOnlyList<AttentionMap> Attention => _attention;

    public void OnHidden(Variable hidden) => _hidden.Add(hidden);

    public void OnAttention(Variable qkv)
    {
        float[] values = FiniteValues.Of(qkv.Value, "the attention");
        for (int head = 0; head < config.Heads; head++)
            _attention.Add(new AttentionMap(_layer, head, Softmax(values, qkv.Shape[0], head)));
        _layer++;
    }

    // softmax(q·kᵀ/√D), as the kernel computes it without writing it down.
    private float[] Softmax(float[] qkv, int tokens, int head)
    {
        int width = config.HiddenSize, size = config.HeadSize;
        double scale = 1 / Math.Sqrt(size);
        var probabilities = new float[tokens * tokens];
        var scores = new double[tokens];
        for (int i = 0; i < tokens; i++)
        {
            ReadOnlySpan<float> query = qkv.AsSpan(i * 3 * width + head * size, size);
            for (int j = 0; j < tokens; j++)
            {
                ReadOnlySpan<float> key = qkv.AsSpan(j * 3 * width + width + head * size, size);
                double sum = 0;
                for (int d = 0; d < size; d++)
                    sum += (double)query[d] * key[d];
                scores[j] = scale * sum;
            }
            Probabilities.Normalise(scores);
            for (int j = 0; j < tokens; j++)
                probabilities[i * tokens + j] = (float)scores[j];
        }
        return probabilities;
    }
}
