using TorchSharp;
using F = TorchSharp.torch.nn.functional;

namespace BareBert.Bench;

/// <summary>An operation of <see cref="OpCases"/> in TorchSharp, on the same values.</summary>
internal abstract class TorchOp : IDisposable
{
    private const double DropoutRate = 0.1;

    /// <summary>Whether there is one of that name here.</summary>
    public static bool Exists(string name) => name == "adamw" || Function(name, 1, 0) is not null;

    /// <summary>Copies the operands.</summary>
    /// <param name="op">What <see cref="Exists"/>.</param>
    /// <param name="dropout">Whether it draws masks, where the operation has any; other ones than ours.</param>
    public static TorchOp Create(OpWork op, bool dropout = true) =>
        op.Name == "adamw" ? new TorchAdamW(op) : new TorchFunction(op, Function(op.Name, op.Cols, dropout ? DropoutRate : 0)!);

    /// <summary>Runs it once, on all threads.</summary>
    public void Call()
    {
        Torch.UseThreads(Environment.ProcessorCount);
        using DisposeScope scope = torch.NewDisposeScope();
        Run();
    }

    /// <summary>Throws unless it gives the values that ours left in <paramref name="result"/>.</summary>
    public abstract void Check(Tensor result);

    public abstract void Dispose();

    private protected abstract torch.Tensor? Run();

    // Softmax stands for the cross-entropy, which does more: a loss for each row.
    private static Func<torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor>? Function(string name, long cols, double dropout) => name switch
    {
        "layernorm fwd" or "layernorm bwd" => (x, weight, bias) => F.layer_norm(x, [cols], weight, bias, OpCases.Eps),
        "residual+dropout+layernorm fwd" => (x, weight, bias) => F.layer_norm(x + F.dropout(x, dropout), [cols], weight, bias, OpCases.Eps),
        "gelu fwd" or "gelu bwd" => (x, _, _) => F.gelu(x),
        "gelutanh fwd" or "gelutanh bwd" => (x, _, _) => F.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh),
        "tanh fwd" => (x, _, _) => x.tanh(),
        "cross-entropy fwd" => (x, _, _) => x.softmax(1),
        _ => null,
    };
}

/// <summary>A function of one matrix and, if it likes, a row of weights and one of biases; or its way back, over the graph of one forward pass.</summary>
internal sealed class TorchFunction : TorchOp
{
    private readonly OpWork _op;
    private readonly Func<torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor> _function;
    private readonly torch.Tensor _x, _dy, _weight, _bias, _y;
    private readonly bool _isBackward;

    public TorchFunction(OpWork op, Func<torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor> function)
    {
        (_op, _function, _isBackward) = (op, function, op.Name.EndsWith(" bwd"));
        torch.Tensor Values(uint stream) => Torch.Copy(OpCases.NormalValues(op.Rows * op.Cols, stream), op.Rows, op.Cols);
        (_x, _dy) = (Values(OpCases.Values), Values(OpCases.Gradients));
        float[] ones = [.. Enumerable.Repeat(1f, op.Cols)];
        (_weight, _bias) = (Torch.Copy(ones, op.Cols), Torch.Copy(ones, op.Cols));
        foreach (torch.Tensor input in new[] { _x, _weight, _bias })
            input.requires_grad = _isBackward;
        _y = function(_x, _weight, _bias);
    }

    public override void Check(Tensor result)
    {
        using torch.Tensor value = Run();
        Torch.Check($"{_op}", value, result.ToArray<float>());
    }

    public override void Dispose()
    {
        foreach (torch.Tensor tensor in new[] { _x, _dy, _weight, _bias, _y })
            tensor.Dispose();
    }

    private protected override torch.Tensor Run() => !_isBackward ? _function(_x, _weight, _bias)
        : torch.autograd.grad([_y], _op.Name.Contains("layernorm") ? [_x, _weight, _bias] : [_x], [_dy], retain_graph: true)[0];
}
