using System.Reflection;

namespace BareBert.Kernels;

/// <summary>A rung of the ladder of matrix multiplies: a kernel, and what its launch looks like.</summary>
/// <param name="Kernel">The class; its method Run is generic in the two layouts and the activation.</param>
/// <param name="TileM">Rows of c that a group makes.</param>
/// <param name="TileN">Columns of c that a group makes.</param>
/// <param name="NeedsAlignment">Reads and writes 16 bytes at a time: rows must start at multiples of that.</param>
/// <param name="IsPacked">Takes operands in bfloat16, packed for it with k contiguous, so that one kernel serves all layouts.</param>
internal sealed record MatMulRung(Type Kernel, int TileM, int TileN, bool NeedsAlignment = false, bool IsPacked = false)
{
    /// <summary>The kernel for an operand layout and an activation.</summary>
    public MethodInfo Of(bool transposeA, bool transposeB, Activation activation) =>
        Kernel.GetMethod("Run", BindingFlags.Static | BindingFlags.Public)!.MakeGenericMethod(
            transposeA && !IsPacked ? typeof(KOuter) : typeof(KInner), transposeB || IsPacked ? typeof(KInner) : typeof(KOuter), ActivationType.Chosen.Of(activation));

    /// <summary>Tiles of a call's results.</summary>
    public long GroupsOf(in MatMulCall call) => (long)call.Batch * ((call.M + TileM - 1) / TileM) * ((call.N + TileN - 1) / TileN);

    public override string ToString() => Kernel.Name;

    private sealed class ActivationType : GpuActivationChoice<Type>
    {
        public static readonly ActivationType Chosen = new();

        protected override Type Of<TActivation>() => typeof(TActivation);
    }
}

/// <summary>All rungs, and which one a multiply takes.</summary>
internal static class MatMulLadder
{
    public static readonly MatMulRung Naive = new(typeof(MatMul1Naive), MatMul1Naive.Tile, MatMul1Naive.Tile);

    public static readonly MatMulRung SharedTile = new(typeof(MatMul2SharedTile), MatMul2SharedTile.Tile, MatMul2SharedTile.Tile);

    public static readonly MatMulRung RegisterTile = new(typeof(MatMul3RegisterTile), MatMul3RegisterTile.Tile, MatMul3RegisterTile.Tile);

    public static readonly MatMulRung Vectorised =
        new(typeof(MatMul4Vectorised), VectorTile.Size, VectorTile.Size, NeedsAlignment: true);

    public static readonly MatMulRung DoubleBuffered =
        new(typeof(MatMul5DoubleBuffered), VectorTile.Size, VectorTile.Size, NeedsAlignment: true);

    public static readonly MatMulRung TensorCoreTf32 = new(
        typeof(MatMul6TensorCoreTf32), MatMul6TensorCoreTf32.Tile, MatMul6TensorCoreTf32.Tile, NeedsAlignment: true);

    public static readonly MatMulRung TensorCoreBf16 = Packed(typeof(MatMul7TensorCoreBf16), MatMul7TensorCoreBf16.Cols);

    public static readonly MatMulRung WideBf16 = Packed(typeof(MatMul8WideBf16), MatMul8WideBf16.Cols);

    /// <summary>From the first to the last.</summary>
    public static IReadOnlyList<MatMulRung> Rungs { get; } =
        [Naive, SharedTile, RegisterTile, Vectorised, DoubleBuffered, TensorCoreTf32, TensorCoreBf16, WideBf16];

    // One for each of a large device's multiprocessors.
    private const int GroupsWanted = 132;

    // Groups of 128x128 below which the 64x64 tiles of rung 3 keep more of a device's 100 and more processors busy.
    private const int EnoughGroups = 96;

    // Below this a side of a multiply is smaller than a fragment's tile, and most of the work would be on padding.
    private const int EnoughForTensorCores = 32;

    /// <summary>The rung for a call: the highest of its precision that can take it and fills the device.</summary>
    public static MatMulRung Choose(in MatMulCall call, Precision precision)
    {
        bool large = Math.Min(call.M, Math.Min(call.N, call.K)) >= EnoughForTensorCores;
        if (precision == Precision.Bf16 && large)
            return WideBf16.GroupsOf(call) * Parts(call, WideBf16) >= GroupsWanted ? WideBf16 : TensorCoreBf16;
        if (!call.IsAligned)
            return RegisterTile;
        if (precision != Precision.Fp32)
            return large ? TensorCoreTf32 : RegisterTile;
        return DoubleBuffered.GroupsOf(call) * Parts(call, DoubleBuffered) >= EnoughGroups ? DoubleBuffered : RegisterTile;
    }

    // A part of fewer ks is over before its pipeline is full, and its partial sums cost more than it saves.
    private const int SmallestPart = 256;

    private const int MostParts = 32;

    /// <summary>Into how many parts to cut a multiply's k so that its groups fill the device; 1: leave it whole.</summary>
    /// <remarks>Depends on the shape alone, and so does the order of additions.</remarks>
    public static int Parts(in MatMulCall call, MatMulRung rung)
    {
        if (call.Batch > 1 || call.HasEpilogue)
            return 1;
        long wanted = GroupsWanted / Math.Max(1, rung.GroupsOf(call));
        return (int)Math.Clamp(Math.Min(wanted, call.K / SmallestPart), 1, MostParts);
    }

    private static MatMulRung Packed(Type kernel, int cols) => new(kernel, Bf16Tile.Rows, cols, IsPacked: true);
}
