namespace BareBert.Bert.Tasks;

/// <summary>Classification examples as token ids: each text is tokenised once, before training.</summary>
public sealed class EncodedExamples
{
    private readonly TokenSequence[] _sequences;

    /// <summary>Tokenises a data set.</summary>
    /// <param name="data">Texts and labels.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="maxLength">Tokens over this are cut, from the longer text first.</param>
    public EncodedExamples(ClassificationDataset data, SubwordTokenizer tokenizer, int maxLength)
    {
        var encoder = SequenceEncoder.UpTo(tokenizer, maxLength);
        _sequences = new TokenSequence[data.Examples.Count];
        InParallel.For(_sequences.Length, i =>
        {
            ClassificationExample example = data.Examples[i];
            _sequences[i] = example.Text2 is null ? encoder.Encode(example.Text) : encoder.Encode(example.Text, example.Text2);
        });
        Labels = data.Labels;
        (ProblemType, Outputs) = (data.ProblemType, data.Classes);
        Targets = data.ProblemType == ProblemType.SingleLabel ? [] : data.FlatTargets();
    }

    /// <summary>The examples' tokens.</summary>
    public IReadOnlyList<TokenSequence> Sequences => _sequences;

    /// <summary>Number of examples.</summary>
    public int Count => _sequences.Length;

    /// <summary>[Count] class of each example.</summary>
    public int[] Labels { get; }

    /// <summary>[Count, Outputs] 1 where a label holds, else 0; or numbers; empty where each example has a class.</summary>
    public float[] Targets { get; }

    /// <summary>Classes, labels that hold or not, or numbers.</summary>
    public int Outputs { get; }

    /// <summary>What the labels mean.</summary>
    public ProblemType ProblemType { get; }

    /// <summary>[examples, Outputs] the targets of some of them.</summary>
    /// <param name="examples">Their numbers.</param>
    public float[] TargetsOf(ReadOnlySpan<int> examples)
    {
        var targets = new float[examples.Length * Outputs];
        for (int i = 0; i < examples.Length; i++)
            Targets.AsSpan(examples[i] * Outputs, Outputs).CopyTo(targets.AsSpan(i * Outputs));
        return targets;
    }

    /// <summary>Throws where they are pairs, and the model knows one segment.</summary>
    /// <exception cref="InputException">It does.</exception>
    public EncodedExamples For(BertConfig config)
    {
        Segments.Require(config, _sequences);
        return this;
    }

    /// <summary>Tokens of all examples.</summary>
    public long Tokens => _sequences.Sum(s => (long)s.Length);

    /// <summary>Examples that were cut.</summary>
    public int Truncated => _sequences.Count(s => s.Truncated);
}
