using System.Numerics;

namespace BareBert.Kernels;

/// <summary>
/// A linear layer whose weight is in 8 bits, y = f(x·weightᵀ + bias), with x quantised as it comes, to 8 bits or more, each row by its smallest and
/// largest element. The sums are whole numbers and exact, so that every processor gives the same with the same codes.
/// </summary>
/// <remarks>Dettmers et al. 2022, arXiv:2208.07339, §2 (scales by row and column). Only hosts compute it.</remarks>
public readonly struct Int8LinearForward : IKernelCall<Int8LinearForward>
{
    /// <summary>[rows, N], overwritten.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[rows, K]. A row with an element that is no number makes its row of y NaN.</summary>
    public required Tensor X { get; init; }

    /// <summary>[N, K].</summary>
    public required Int8Weight Weight { get; init; }

    /// <summary>[N]; optional.</summary>
    public Tensor Bias { get; init; }

    /// <summary>f.</summary>
    public Activation Activation { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(2.0 * Y.Count * X.Cols, Traffic.Of([X, Bias], [Y]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(X, 2);
        Checks.Has(X, new Shape(X.Rows, Weight.K));
        Checks.Has(Y, new Shape(X.Rows, Weight.N));
        Checks.Optional(Bias, new Shape(Weight.N));
    }

    /// <inheritdoc/>
    public static void RunOn<T>(ReferenceKernels<T> device, in Int8LinearForward call) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<T> ys = call.Y.Span<T>(), xs = call.X.Span<T>(), bs = call.Bias.IsNone ? [] : call.Bias.Span<T>();
        (int n, int k) = (call.Weight.N, call.Weight.K);
        var range = call.Weight.InputRange;
        for (int row = 0; row < call.X.Rows; row++)
        {
            float[] x = Array.ConvertAll(xs.Slice(row * k, k).ToArray(), float.CreateTruncating);
            (float scale, float factor, int zero) = Int8.ScaleOfInput(x, range);
            int[] codes = Array.ConvertAll(x, value => Int8.CodeOfInput(value, factor, zero, range) - zero);
            for (int col = 0; col < n; col++)
            {
                int sum = 0;
                for (int i = 0; i < k; i++)
                    sum += codes[i] * call.Weight.CodeAt(col, i);
                // Rounded as the processor's kernel rounds.
                float u = sum * scale * call.Weight.ScaleOf(col) + (bs.IsEmpty ? 0 : float.CreateTruncating(bs[col]));
                ys[row * n + col] = T.CreateTruncating(ActivationFunctions.Value(call.Activation, u));
            }
        }
    }

    /// <inheritdoc/>
    public static void RunOn(CpuKernels device, in Int8LinearForward call) => device.Run(call);
}
