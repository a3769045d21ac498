namespace BareBert.Kernels;

/// <summary>What is done with two numbers.</summary>
public enum ArithmeticOperator
{
    /// <summary>a + b.</summary>
    Add,

    /// <summary>a − b.</summary>
    Subtract,

    /// <summary>a·b.</summary>
    Multiply,

    /// <summary>a/b.</summary>
    Divide,
}

public partial interface IDeviceKernels : IKernel<ArithmeticForward>, IKernel<ArithmeticBackward>;

/// <summary>y = a ∘ b, element by element; b may be one row, which stands for all.</summary>
/// <remarks>IEEE 754: a division by 0 gives an infinity or NaN. Derivation in README.md.</remarks>
public readonly struct ArithmeticForward : IKernelCall<ArithmeticForward>
{
    /// <summary>[rows, cols], overwritten; may be A.</summary>
    public required Tensor Y { get; init; }

    /// <summary>[rows, cols].</summary>
    public required Tensor A { get; init; }

    /// <summary>[rows, cols], or [cols] for every row.</summary>
    public required Tensor B { get; init; }

    /// <summary>∘.</summary>
    public required ArithmeticOperator Operator { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([A, B], [Y]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(A, 2);
        Checks.Same(Y, A);
        ArithmeticRules.CheckSecond(B, A);
    }
}

/// <summary>Its gradients: da += dy·∂(a ∘ b)/∂a, db += dy·∂(a ∘ b)/∂b, summed over the rows where b is one row.</summary>
public readonly struct ArithmeticBackward : IKernelCall<ArithmeticBackward>
{
    /// <summary>[rows, cols]; optional.</summary>
    public Tensor DA { get; init; }

    /// <summary>As B; optional.</summary>
    public Tensor DB { get; init; }

    /// <summary>[rows, cols].</summary>
    public required Tensor DY { get; init; }

    /// <summary>[rows, cols], what the forward pass read.</summary>
    public required Tensor A { get; init; }

    /// <summary>[rows, cols], or [cols].</summary>
    public required Tensor B { get; init; }

    /// <summary>∘.</summary>
    public required ArithmeticOperator Operator { get; init; }

    /// <inheritdoc/>
    public KernelWork Work => new(0, Traffic.Of([DY, A, B], updated: [DA, DB]));

    /// <inheritdoc/>
    public void Check()
    {
        Checks.Rank(A, 2);
        Checks.Same(DY, A);
        ArithmeticRules.CheckSecond(B, A);
        Checks.Optional(DA, A.Shape);
        Checks.Optional(DB, B.Shape);
    }
}

/// <summary>The four operators and their derivatives in double precision.</summary>
internal static class ArithmeticRules
{
    public static void CheckSecond(Tensor b, Tensor a)
    {
        if (b.IsNone || (b.Shape != a.Shape && b.Shape != new Shape(a.Cols)))
            throw new ArgumentException($"B is {b}, neither {a.Shape} nor one row of it");
    }

    public static double Value(ArithmeticOperator op, double a, double b) => op switch
    {
        ArithmeticOperator.Add => a + b,
        ArithmeticOperator.Subtract => a - b,
        ArithmeticOperator.Multiply => a * b,
        ArithmeticOperator.Divide => a / b,
        _ => throw new ArgumentOutOfRangeException(nameof(op)),
    };

    public static (double ByA, double ByB) Slopes(ArithmeticOperator op, double a, double b) => op switch
    {
        ArithmeticOperator.Add => (1, 1),
        ArithmeticOperator.Subtract => (1, -1),
        ArithmeticOperator.Multiply => (b, a),
        ArithmeticOperator.Divide => (1 / b, -a / (b * b)),
        _ => throw new ArgumentOutOfRangeException(nameof(op)),
    };
}

public sealed partial class ReferenceKernels<T>
{
    void IKernel<ArithmeticForward>.Run(in ArithmeticForward call)
    {
        Span<T> y = call.Y.Span<T>(), a = call.A.Span<T>(), b = call.B.Span<T>();
        for (int i = 0; i < a.Length; i++)
            Set(y, i, ArithmeticRules.Value(call.Operator, Get(a, i), Get(b, i % b.Length)));
    }

    void IKernel<ArithmeticBackward>.Run(in ArithmeticBackward call)
    {
        Span<T> da = Optional(call.DA), db = Optional(call.DB), dy = call.DY.Span<T>(), a = call.A.Span<T>(), b = call.B.Span<T>();
        var sums = new double[db.Length];
        for (int i = 0; i < a.Length; i++)
        {
            (double byA, double byB) = ArithmeticRules.Slopes(call.Operator, Get(a, i), Get(b, i % b.Length));
            if (!da.IsEmpty)
                Add(da, i, Get(dy, i) * byA);
            if (!db.IsEmpty)
                sums[i % b.Length] += Get(dy, i) * byB;
        }
        for (int i = 0; i < sums.Length; i++)
            Add(db, i, sums[i]);
    }
}
