using BareBert.Kernels;
using TorchSharp;
using Parameter = TorchSharp.Modules.Parameter;

namespace BareBert.Bench;

/// <summary>TorchSharp's AdamW on one parameter with the same gradient at every step.</summary>
internal sealed class TorchAdamW : TorchOp
{
    private readonly OpWork _op;
    private readonly Parameter _weight;
    private readonly torch.optim.Optimizer _optimizer;

    public TorchAdamW(OpWork op)
    {
        _op = op;
        AdamWOptions options = OpCases.AdamWOptions;
        float[] values = OpCases.NormalValues(op.Rows * op.Cols);
        _weight = new Parameter(Torch.Copy(values, op.Rows, op.Cols)) { grad = Torch.Copy(values, op.Rows, op.Cols) };
        _optimizer = torch.optim.AdamW([_weight], options.LearningRate, options.Beta1, options.Beta2, options.Epsilon, options.WeightDecay);
    }

    // It begins with moments of zero: so must ours.
    public override void Check(Tensor result)
    {
        using var kernels = new CpuKernels();
        using var arena = new Arena(kernels.Memory);
        var shape = new Shape(_op.Rows, _op.Cols);
        float[] values = OpCases.NormalValues(_op.Rows * _op.Cols);
        Tensor weight = arena.Upload<float>(shape, values);
        kernels.Run(new AdamW
        {
            Weight = weight, Gradient = arena.Upload<float>(shape, values), M = arena.Zeros(shape), V = arena.Zeros(shape),
            Options = OpCases.AdamWOptions with { Step = 1 },
        });
        Call();
        // A step is a millionth: what is compared is how far the weights went.
        float[] Steps(ReadOnlySpan<float> moved) => [.. moved.ToArray().Zip(values, (now, before) => (now - before) * 1e5f)];
        using torch.Tensor moved = _weight.detach();
        Peer.Check($"{_op}, TorchSharp", Steps(moved.data<float>().ToArray()), Steps(weight.ToArray<float>()), 0.05);
    }

    public override void Dispose()
    {
        _optimizer.Dispose();
        _weight.Dispose();
    }

    private protected override torch.Tensor? Run()
    {
        _optimizer.step();
        return null;
    }
}
