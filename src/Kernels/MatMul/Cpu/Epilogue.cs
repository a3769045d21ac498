using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>What becomes of a finished element of C before it is stored: called for a vector of columns of one row.</summary>
public unsafe interface IEpilogue
{
    /// <summary>False where the value is stored as it is; then <see cref="Apply"/> is never called.</summary>
    static abstract bool Changes { get; }

    /// <summary>Called before a tile of C is computed: the time to fetch what <see cref="Apply"/> will write there.</summary>
    void Fetch(nint row, nint rows, nint column, nint columns);

    /// <summary>The value to store in C.</summary>
    /// <param name="value">The finished sums of C[row, column …].</param>
    /// <param name="row">Row of C.</param>
    /// <param name="column">Column of C of the first lane.</param>
    /// <param name="count">How many lanes are columns of C; the others lie beyond its edge and are dropped.</param>
    V Apply<TSimd, V>(V value, nint row, nint column, int count) where TSimd : ISimd<V> where V : struct;
}

/// <summary>An elementwise function that an epilogue can apply.</summary>
public interface IActivation
{
    /// <summary>f(x), lane by lane.</summary>
    static abstract V Apply<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct;
}

/// <summary>C as it comes.</summary>
public readonly struct NoEpilogue : IEpilogue
{
    public static bool Changes => false;

    public void Fetch(nint row, nint rows, nint column, nint columns) { }

    public V Apply<TSimd, V>(V value, nint row, nint column, int count) where TSimd : ISimd<V> where V : struct => value;
}

/// <summary>C + bias, the bias one value a column.</summary>
/// <param name="bias">[N].</param>
public readonly unsafe struct BiasEpilogue(float* bias) : IEpilogue
{
    private readonly float* _bias = bias;

    public static bool Changes => true;

    public void Fetch(nint row, nint rows, nint column, nint columns) { }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Apply<TSimd, V>(V value, nint row, nint column, int count) where TSimd : ISimd<V> where V : struct =>
        TSimd.Add(value, Lanes.Load<TSimd, V>(_bias + column, count));
}

/// <summary>The identity.</summary>
public readonly struct NoActivation : IDifferentiableActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct => TSimd.Broadcast(1);
}

/// <summary>f(C + bias) into C, and C + bias, which the backward pass of f needs, into a second matrix.</summary>
/// <param name="bias">[N], or null for none.</param>
/// <param name="preActivation">[M, N], overwritten with C + bias; or null where nobody needs it.</param>
/// <param name="stride">Floats from one row of preActivation to the next.</param>
public readonly unsafe struct BiasActivationEpilogue<TActivation>(float* bias, float* preActivation, nint stride) : IEpilogue
    where TActivation : struct, IActivation
{
    private readonly float* _bias = bias;
    private readonly float* _preActivation = preActivation;
    private readonly nint _stride = stride;

    public static bool Changes => true;

    public void Fetch(nint row, nint rows, nint column, nint columns)
    {
        if (_preActivation != null)
            Prefetch.ToLevel1(_preActivation + row * _stride + column, _stride, rows, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Apply<TSimd, V>(V value, nint row, nint column, int count) where TSimd : ISimd<V> where V : struct
    {
        if (_bias != null)
            value = TSimd.Add(value, Lanes.Load<TSimd, V>(_bias + column, count));
        if (_preActivation != null)
            Lanes.Store<TSimd, V>(_preActivation + row * _stride + column, value, count);
        return TActivation.Apply<TSimd, V>(value);
    }
}
