using BareBert.Autograd;
using BareBert.Bert.Training.GradientSums;
using BareBert.Kernels;

namespace BareBert.Bert.Training;

/// <summary>The constants of AdamW.</summary>
/// <param name="WeightDecay">λ, for the groups that decay.</param>
/// <param name="ClipNorm">The largest global norm of the gradient; 0: no clipping.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">Added to √v̂.</param>
public sealed record OptimizerOptions(
    double WeightDecay = 0.01, double ClipNorm = 1, double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-6);

/// <summary>AdamW over a parameter set's flat ranges, with clipping by global norm.</summary>
/// <remarks>Loshchilov and Hutter 2019, arXiv:1711.05101; no decay on biases and LayerNorm, as BERT's own optimizer.</remarks>
public sealed class Optimizer : IDisposable
{
    private readonly IKernels _kernels;
    private readonly ParameterSet _parameters;
    private readonly OptimizerOptions _options;
    private readonly Func<int, GroupRate> _rateOf;
    private readonly Arena _arena;
    private readonly Tensor _sumOfSquares, _weightSquares;
    private readonly OptimizerShards? _shards;

    /// <summary>Makes an optimizer.</summary>
    /// <param name="kernels">The device.</param>
    /// <param name="parameters">What it updates.</param>
    /// <param name="options">Its constants.</param>
    /// <param name="rateOf">For a parameter group, whether it decays and what its learning rate is multiplied by.</param>
    public Optimizer(IKernels kernels, ParameterSet parameters, OptimizerOptions options, Func<int, GroupRate> rateOf)
    {
        (_kernels, _parameters, _options, _rateOf) = (kernels, parameters, options, rateOf);
        _arena = new Arena(kernels.Memory);
        _sumOfSquares = _arena.Zeros(new Shape(1), kernels.ElementType);
        _weightSquares = _arena.Zeros(new Shape(1), kernels.ElementType);
    }

    /// <summary>Makes an optimizer that updates one process's part of the parameters.</summary>
    internal Optimizer(IKernels kernels, ParameterSet parameters, OptimizerOptions options, Func<int, GroupRate> rateOf, OptimizerShards? shards)
        : this(kernels, parameters, options, rateOf) => _shards = shards;

    /// <summary>Steps taken: t of the bias corrections.</summary>
    public int Steps { get; set; }

    /// <summary>[1], the square of the gradient's global norm, before clipping, as <see cref="MeasureGradient"/> left it on the device.</summary>
    public Tensor SumOfSquares => _sumOfSquares;

    /// <summary>
    /// Computes the gradient's global norm; on a device other than the host it stays there until asked for. Once it was not finite it
    /// stays so: <see cref="Step"/> changes nothing any more, and whoever looks later finds the weights as they were before that step.
    /// </summary>
    public void MeasureGradient()
    {
        _kernels.Run(new AddScaled { Y = _sumOfSquares, X = _sumOfSquares, Scale = -1 }); // x − x: 0, but not for NaN and infinity
        if (_shards is null)
            _kernels.Run(new SumOfSquares { Total = _sumOfSquares, X = _parameters.Grads });
        else
            _sumOfSquares.Upload<float>([(float)(Scalars.Read(_sumOfSquares) + _shards.SumOfSquares())]);
    }

    /// <summary>The global norm that <see cref="MeasureGradient"/> computed; waits for the device.</summary>
    public double GradientNorm() => Math.Sqrt(Scalars.Read(_sumOfSquares));

    /// <summary>The trained parameters' global norm: not finite where one of them is not, or is too large to compute with.</summary>
    public double WeightNorm()
    {
        _weightSquares.Zero();
        _kernels.Run(new SumOfSquares { Total = _weightSquares, X = _parameters.Values });
        return Math.Sqrt(Scalars.Read(_weightSquares));
    }

    /// <summary>Updates all parameters with the measured gradient, if it is finite, and zeroes it.</summary>
    /// <param name="learningRate">Of this step.</param>
    public void Step(double learningRate)
    {
        Steps++;
        foreach ((int group, long start, long count) in _parameters.Groups)
        {
            GroupRate rate = _rateOf(group);
            var options = new AdamWOptions(learningRate * rate.Factor, _options.Beta1, _options.Beta2, _options.Epsilon,
                rate.Decays ? _options.WeightDecay : 0, Steps, _options.ClipNorm);
            var range = new FlatRange(start, count);
            if (_shards is null)
                Update(range, WholeMoments(range), options);
            else
                foreach ((FlatRange piece, Tensor first, Tensor second) in _shards.Of(range))
                    Update(piece, (first, second), options);
        }
        _shards?.Finish();
    }

    /// <summary>Whether this process has the moments of its part of the parameters alone.</summary>
    internal bool IsSharded => _shards is not null;

    /// <summary>Where a parameter lies in the flat memory of its set.</summary>
    internal FlatRange RangeOf(Parameter parameter) => FlatRange.Of(parameter.Value, _parameters.Values);

    /// <summary>The pieces of a range of the parameters of which this process has the moments.</summary>
    internal IEnumerable<(FlatRange Piece, Tensor First, Tensor Second)> MomentsOf(FlatRange range)
    {
        if (_shards is not null)
            return _shards.Of(range);
        if (range.Count == 0)
            return [];
        (Tensor first, Tensor second) = WholeMoments(range);
        return [(range, first, second)];
    }

    /// <summary>The pieces of a range of which a process alone has the moments.</summary>
    internal IEnumerable<FlatRange> PiecesOf(int rank, FlatRange range) => _shards?.PiecesOf(rank, range) ?? [];

    /// <summary>Takes a parameter's moments, or this process's part of them.</summary>
    internal void LoadMoments(Parameter parameter, float[] firsts, float[] seconds)
    {
        FlatRange range = RangeOf(parameter);
        foreach ((FlatRange piece, Tensor first, Tensor second) in MomentsOf(range))
        {
            first.Upload<float>(firsts.AsSpan((int)(piece.Start - range.Start), (int)piece.Count));
            second.Upload<float>(seconds.AsSpan((int)(piece.Start - range.Start), (int)piece.Count));
        }
    }

    private (Tensor First, Tensor Second) WholeMoments(FlatRange range)
    {
        var shape = new Shape(checked((int)range.Count));
        return (_parameters.Moments1.Slice(range.Start, shape), _parameters.Moments2.Slice(range.Start, shape));
    }

    private void Update(FlatRange range, (Tensor First, Tensor Second) moments, AdamWOptions options)
    {
        var shape = new Shape(checked((int)range.Count));
        _kernels.Run(new AdamW
        {
            Weight = _parameters.Values.Slice(range.Start, shape), Gradient = _parameters.Grads.Slice(range.Start, shape),
            M = moments.First, V = moments.Second, SumOfSquares = _sumOfSquares, Options = options,
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _shards?.Dispose();
        _arena.Dispose();
    }
}
