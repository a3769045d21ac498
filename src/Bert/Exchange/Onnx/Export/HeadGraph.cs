using BareBert.Kernels;
using static BareBert.Bert.Exchange.Onnx.Export.GraphBuilder;

namespace BareBert.Bert.Exchange.Onnx.Export;

/// <summary>Writes what stands on the encoder, and the graph's outputs under the names that Hugging Face's exporter gives them.</summary>
/// <param name="model">The model.</param>
/// <param name="hidden">The encoder's output.</param>
internal sealed class HeadGraph(ModelGraph model, string hidden)
{
    private readonly GraphBuilder _nodes = model.Nodes;

    /// <summary>Writes the head of a task.</summary>
    /// <param name="task">The task.</param>
    /// <param name="hasPooler">Whether an encoder alone has a pooler that was trained.</param>
    public void Add(TaskDefinition task, bool hasPooler)
    {
        string width = model.Config.HiddenSize.ToString(), words = model.Config.VocabSize.ToString();
        _nodes.Scope = "head/";
        if (task == BertTasks.Encoder)
        {
            _nodes.Output("last_hidden_state", hidden, "batch", "sequence", width);
            if (hasPooler)
                _nodes.Output("pooler_output", Pooled(), "batch", width);
        }
        else if (task == BertTasks.Pretraining)
        {
            _nodes.Output("prediction_logits", MaskedWords(), "batch", "sequence", words);
            _nodes.Output("seq_relationship_logits", model.Linear(Pooled(), "nsp"), "batch", "2");
        }
        else if (task == BertTasks.MaskedLm)
            _nodes.Output("logits", MaskedWords(), "batch", "sequence", words);
        else if (task == BertTasks.Classification)
            _nodes.Output("logits", Classes(), "batch", "labels");
        else if (task == BertTasks.TokenClassification)
            _nodes.Output("logits", model.Linear(hidden, "classifier.output"), "batch", "sequence", "labels");
        else if (task == BertTasks.QuestionAnswering)
            Answers();
        else
            throw new InputException($"no ONNX graph for {task.Name}: export the encoder alone");
    }

    private string FirstTokens() => _nodes.Add("Gather", [hidden, _nodes.Integer(0)], Attribute("axis", 1));

    private string Pooled() => model.Activate(model.Linear(FirstTokens(), "pooler"), Activation.Tanh);

    private string Classes()
    {
        string x = model.Has("pooler.weight") ? Pooled() : FirstTokens();
        if (model.Has("classifier.hidden.weight"))
            x = model.Activate(model.Linear(x, "classifier.hidden"), Activation.Relu);
        return model.Linear(x, "classifier.output");
    }

    private string MaskedWords()
    {
        string x = model.Norm(model.Activate(model.Linear(hidden, "mlm.transform"), model.Config.Activation), "mlm.norm");
        string decoder = _nodes.Add("Transpose", [model.Parameter("embeddings.word")], Attribute("perm", [1, 0]));
        return _nodes.Add("Add", [_nodes.Add("MatMul", [x, decoder]), model.Parameter("mlm.bias")]);
    }

    private void Answers()
    {
        string[] ends = _nodes.AddMany("Split", 2, [model.Linear(hidden, "qa")], Attribute("axis", -1));
        string[] names = ["start_logits", "end_logits"];
        for (int i = 0; i < ends.Length; i++)
            _nodes.Output(names[i], _nodes.Add("Squeeze", [ends[i], _nodes.Integers(-1)]), "batch", "sequence");
    }
}
