using System.Globalization;
using BareBert.Kernels;
using static BareBert.Bert.Exchange.Onnx.Export.GraphBuilder;

namespace BareBert.Bert.Exchange.Onnx.Export;

/// <summary>Writes what stands on the encoder, and the graph's outputs under the names that Hugging Face's exporter gives them.</summary>
/// <param name="model">The model.</param>
/// <param name="hidden">The encoder's output.</param>
/// <param name="hasPooler">Whether an encoder alone has a pooler that was trained.</param>
internal sealed class HeadGraph(ModelGraph model, string hidden, bool hasPooler)
{
    private static readonly Dictionary<TaskDefinition, Action<HeadGraph>> Heads = new()
    {
        [BertTasks.Encoder] = head => head.AddEncoder(),
        [BertTasks.SentenceEmbedding] = head => head.AddSentence(),
        [BertTasks.Pretraining] = head => head.AddPretraining(),
        [BertTasks.MaskedLm] = head => head.AddLogits(head.MaskedWords(), "batch", "sequence", head.Words),
        [BertTasks.Classification] = head => head.AddLogits(head.Classes(), "batch", "labels"),
        [BertTasks.TokenClassification] = head => head.AddLogits(head.ClassesOfTokens(), "batch", "sequence", "labels"),
        [BertTasks.QuestionAnswering] = head => head.AddAnswers(),
    };

    private readonly GraphBuilder _nodes = model.Nodes;

    private string Width => model.Config.HiddenSize.ToString(CultureInfo.InvariantCulture);

    private string Words => model.Config.VocabSize.ToString(CultureInfo.InvariantCulture);

    /// <summary>Writes the head of a task.</summary>
    /// <exception cref="InputException">It is one of the user's own.</exception>
    public void Add(TaskDefinition task)
    {
        if (!Heads.TryGetValue(task, out Action<HeadGraph>? head))
            throw new InputException($"no ONNX graph for {task.Name}: export the encoder alone");
        _nodes.Scope = "head/";
        head(this);
    }

    private void AddEncoder()
    {
        _nodes.Output("last_hidden_state", hidden, "batch", "sequence", Width);
        if (hasPooler)
            _nodes.Output("pooler_output", Pooled(), "batch", Width);
    }

    private void AddSentence()
    {
        _nodes.Output("last_hidden_state", hidden, "batch", "sequence", Width);
        _nodes.Output("sentence_embedding", Sentence(model.Sentence), "batch", Width);
    }

    private void AddPretraining()
    {
        _nodes.Output("prediction_logits", MaskedWords(), "batch", "sequence", Words);
        _nodes.Output("seq_relationship_logits", model.Linear(Pooled(), "nsp"), "batch", "2");
    }

    private void AddLogits(string value, params string[] shape) => _nodes.Output("logits", value, shape);

    private string FirstTokens() => _nodes.Add("Gather", [hidden, _nodes.Integer(0)], Attribute("axis", 1));

    private string Pooled() => model.Activate(model.Linear(FirstTokens(), "pooler"), Activation.Tanh);

    private string Sentence(SentenceModules modules)
    {
        string pooled = modules.Pooling == Pooling.Cls ? FirstTokens() : Mean();
        if (!modules.Normalizes)
            return pooled;
        string length = _nodes.Add("ReduceL2", [pooled], Attribute("axes", [1]), Attribute("keepdims", 1));
        return _nodes.Add("Div", [pooled, _nodes.Add("Max", [length, _nodes.Number(1e-12)])]);
    }

    // Padding has no part in it.
    private string Mean()
    {
        string seen = _nodes.CastToFloating(_nodes.Add("Unsqueeze", ["attention_mask", _nodes.Integers(2)]));
        string sum = _nodes.Add("ReduceSum", [_nodes.Add("Mul", [hidden, seen]), _nodes.Integers(1)], Attribute("keepdims", 0));
        return _nodes.Add("Div", [sum, _nodes.Add("ReduceSum", [seen, _nodes.Integers(1)], Attribute("keepdims", 0))]);
    }

    private string Classes()
    {
        string x = model.Config.ClassifierPooling == Pooling.Mean ? Mean() : model.Has("pooler.weight") ? Pooled() : FirstTokens();
        if (model.Has("classifier.hidden.weight"))
            x = model.Activate(model.Linear(x, "classifier.hidden"), Activation.Relu);
        return model.Linear(x, "classifier.output");
    }

    private string ClassesOfTokens() => model.Linear(hidden, "classifier.output");

    private string MaskedWords()
    {
        string x = model.Norm(model.Activate(model.Linear(hidden, "mlm.transform"), model.Config.Activation), "mlm.norm");
        string decoder = _nodes.Add("Transpose", [model.Parameter("embeddings.word")], Attribute("perm", [1, 0]));
        return _nodes.Add("Add", [_nodes.Add("MatMul", [x, decoder]), model.Parameter("mlm.bias")]);
    }

    private void AddAnswers()
    {
        string[] ends = _nodes.AddMany("Split", 2, [model.Linear(hidden, "qa")], Attribute("axis", -1));
        string[] names = ["start_logits", "end_logits"];
        for (int i = 0; i < ends.Length; i++)
            _nodes.Output(names[i], _nodes.Add("Squeeze", [ends[i], _nodes.Integers(-1)]), "batch", "sequence");
    }
}
