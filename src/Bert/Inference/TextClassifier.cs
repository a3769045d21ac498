using BareBert.Autograd;
using BareBert.Kernels;

namespace BareBert.Bert;

/// <summary>What a classifier says of a text.</summary>
/// <param name="Text">The text.</param>
/// <param name="Text2">The second of a pair, or null.</param>
/// <param name="Label">The likeliest class's name.</param>
/// <param name="Score">Its probability.</param>
/// <param name="Probabilities">[classes].</param>
public sealed record TextPrediction(string Text, string? Text2, string Label, double Score, float[] Probabilities);

/// <summary>Tells the classes of texts.</summary>
public sealed class TextClassifier : IDisposable
{
    private readonly BertModel _model;
    private readonly ClassificationEvaluator _evaluator;
    private readonly Tape _tape;
    private readonly int _maxLength;

    /// <summary>Makes a classifier.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="model">Laid out for classification.</param>
    /// <param name="maxLength">Tokens over this are cut; 0: over the model's positions.</param>
    public TextClassifier(IKernels kernels, BertModel model, int maxLength = 0)
    {
        _model = model;
        _evaluator = new ClassificationEvaluator(new ClassificationHead(model), new EncoderInputs(model), model.Layout.Labels);
        _tape = new Tape(kernels);
        _maxLength = maxLength == 0 ? model.Config.MaxPositions : maxLength;
        LabelNames = model.Config.Labels.Count == model.Layout.Labels ? model.Config.Labels
            : [.. Enumerable.Range(0, model.Layout.Labels).Select(c => $"LABEL_{c}")];
    }

    /// <summary>Names of the classes.</summary>
    public IReadOnlyList<string> LabelNames { get; }

    /// <summary>Tells the class of each text or pair.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<TextPrediction> Predict(IReadOnlyList<(string Text, string? Text2)> texts, CancellationToken cancel = default)
    {
        var data = new ClassificationDataset([.. texts.Select(t => new ClassificationExample(t.Text, t.Text2, 0))], LabelNames, []);
        float[] all = Judge("", data, cancel).Probabilities;
        int classes = LabelNames.Count;
        return [.. texts.Select((text, i) =>
        {
            float[] probabilities = all[(i * classes)..((i + 1) * classes)];
            int best = ClassificationOutcome.ArgMax(probabilities);
            return new TextPrediction(text.Text, text.Text2, LabelNames[best], probabilities[best], probabilities);
        })];
    }

    /// <summary>What the model says of a data set whose classes are the model's.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public ClassificationOutcome Judge(string split, ClassificationDataset data, CancellationToken cancel = default) =>
        _evaluator.Evaluate(_tape, split, new EncodedExamples(data, _model.Tokenizer, _maxLength), cancel);

    /// <inheritdoc/>
    public void Dispose() => _tape.Dispose();
}
