using BareBert.Autograd;
using TorchSharp;
using F = TorchSharp.torch.nn.functional;
using AdamW = TorchSharp.Modules.AdamW;
using Embedding = TorchSharp.Modules.Embedding;
using Parameter = TorchSharp.Modules.Parameter;

namespace BareBert.Bench;

/// <summary>The pretraining step of <see cref="StepBenchmark"/> in TorchSharp, on its weights and batch.</summary>
internal sealed class TorchBert : IDisposable
{
    private const double ClipNorm = 1;

    private readonly Dictionary<string, Parameter> _parameters;
    private readonly Embedding _words, _positions, _types;
    private readonly BertConfig _config;
    private readonly double _dropout;
    private readonly int _threads;
    private readonly torch.optim.Optimizer _optimizer;
    private readonly torch.Tensor _ids, _at, _typeIds, _masked, _labels, _next;

    public TorchBert(StepBenchmark ours, StepSize size, double dropout, int threads)
    {
        (_config, _dropout, _threads) = (ours.Model.Config, dropout, threads);
        _parameters = ours.Model.Layout.Parameters.ToDictionary(spec => spec.Name, spec =>
            new Parameter(Torch.Copy(ours.Model.Parameters[spec.Name].Value, [.. spec.Shape.Select(n => (long)n)])));
        (_words, _positions, _types) = (Table("embeddings.word"), Table("embeddings.position"), Table("embeddings.type"));
        (int[] ids, int[] types, int[] masked, int[] labels, int[] next) = ours.Batch;
        (_ids, _typeIds) = (Torch.Copy(ids, size.Batch, size.Sequence), Torch.Copy(types, size.Batch, size.Sequence));
        (_masked, _labels, _next) = (Torch.Copy(masked, masked.Length), Torch.Copy(labels, labels.Length), Torch.Copy(next, next.Length));
        _at = torch.arange(size.Sequence);
        var options = new OptimizerOptions();
        _optimizer = torch.optim.AdamW(ours.Model.Layout.Parameters.GroupBy(spec => spec.Decays, spec => _parameters[spec.Name]).Select(group => new AdamW.ParamGroup(
            group, StepBenchmark.LearningRate, options.Beta1, options.Beta2, options.Epsilon, group.Key ? options.WeightDecay : 0)));
    }

    /// <summary>Forward, backward, clipping, AdamW.</summary>
    /// <returns>The loss.</returns>
    public double Step()
    {
        Torch.UseThreads(_threads);
        using DisposeScope scope = torch.NewDisposeScope();
        _optimizer.zero_grad();
        torch.Tensor loss = Loss();
        loss.backward();
        torch.nn.utils.clip_grad_norm_(_parameters.Values, ClipNorm);
        _optimizer.step();
        return loss.item<float>();
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        foreach (torch.Tensor tensor in new[] { _ids, _at, _typeIds, _masked, _labels, _next })
            tensor.Dispose();
        foreach (Parameter parameter in _parameters.Values)
            parameter.Dispose();
    }

    private torch.Tensor Loss()
    {
        torch.Tensor x = Dropout(Norm(_words.forward(_ids) + _positions.forward(_at) + _types.forward(_typeIds), "embeddings.norm"));
        for (int i = 0; i < _config.Layers; i++)
            x = Layer(x, $"layers.{i}");
        torch.Tensor words = Norm(F.gelu(Linear(x.reshape(-1, _config.HiddenSize).index_select(0, _masked), "mlm.transform")), "mlm.norm");
        torch.Tensor pooled = Linear(x.select(1, 0), "pooler").tanh();
        return F.cross_entropy(F.linear(words, _words.weight!, _parameters["mlm.bias"]), _labels) + F.cross_entropy(Linear(pooled, "nsp"), _next);
    }

    private torch.Tensor Layer(torch.Tensor x, string name)
    {
        torch.Tensor attended = TorchAttention.Attend(Linear(x, $"{name}.attention.qkv"), _config.Heads, _dropout);
        x = Norm(x + Dropout(Linear(attended, $"{name}.attention.output")), $"{name}.attention.norm");
        torch.Tensor inner = F.gelu(Linear(x, $"{name}.ffn.in"));
        return Norm(x + Dropout(Linear(inner, $"{name}.ffn.out")), $"{name}.ffn.norm");
    }

    private torch.Tensor Linear(torch.Tensor x, string name) => F.linear(x, _parameters[$"{name}.weight"], _parameters[$"{name}.bias"]);

    private torch.Tensor Norm(torch.Tensor x, string name) =>
        F.layer_norm(x, [x.shape[^1]], _parameters[$"{name}.weight"], _parameters[$"{name}.bias"], _config.LayerNormEps);

    private torch.Tensor Dropout(torch.Tensor x) => F.dropout(x, _dropout);

    private Embedding Table(string name)
    {
        Parameter table = _parameters[name];
        Embedding module = torch.nn.Embedding(table.shape[0], table.shape[1]);
        module.weight = table;
        return module;
    }
}
