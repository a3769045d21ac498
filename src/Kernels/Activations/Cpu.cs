using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace BareBert.Kernels;

/// <summary>An elementwise function and its derivative.</summary>
public interface IDifferentiableActivation : IActivation
{
    /// <summary>f′(x), lane by lane.</summary>
    static abstract V Derivative<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct;
}

/// <summary><see cref="Activation.Gelu"/>: x·Φ(x), with a relative accuracy in the left tail too; f′ = Φ(x) + x·φ(x).</summary>
public readonly struct GeluActivation : IDifferentiableActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct => GeluTables.AreFor<V>()
        ? GeluTables.Gelu<TSimd, V>(x)
        : TSimd.Multiply(x, VectorMath.NormalCdf<TSimd, V>(x, out _));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct
    {
        if (GeluTables.AreFor<V>())
            return GeluTables.GeluDerivative<TSimd, V>(x);
        V cdf = VectorMath.NormalCdf<TSimd, V>(x, out V density);
        return TSimd.MultiplyAdd(x, density, cdf);
    }
}

/// <summary>
/// <see cref="Activation.GeluTanh"/>: x/2·(1 + tanh u) is x/(1 + e^(−2u)), where nothing cancels;
/// with s = 1/(1 + e^(−2u)), f′ = s + x·2u′·s·(1 − s).
/// </summary>
public readonly struct GeluTanhActivation : IDifferentiableActivation
{
    // 2u = x·(Linear + CubicTerm·x²).
    private const float Linear = 1.5957691216f;
    private const float CubicTerm = 0.0713548162726f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct => TSimd.Divide(x, Denominator<TSimd, V>(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct
    {
        V one = TSimd.Broadcast(1), s = TSimd.Divide(one, Denominator<TSimd, V>(x));
        // s·(1 − s) is below the smallest float beyond ±12, but x·2u′ must stay finite for that to be 0.
        V bounded = VectorMath.Clamp<TSimd, V>(x, -12, 12), square = TSimd.Multiply(bounded, bounded);
        V slope = TSimd.MultiplyAdd(square, TSimd.Broadcast(3 * CubicTerm), TSimd.Broadcast(Linear));
        return TSimd.MultiplyAdd(TSimd.Multiply(bounded, slope), TSimd.Multiply(s, TSimd.Subtract(one, s)), s);
    }

    // 1 + e^(−2u).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Denominator<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct
    {
        V factor = TSimd.MultiplyAdd(TSimd.Multiply(x, x), TSimd.Broadcast(-CubicTerm), TSimd.Broadcast(-Linear));
        return TSimd.Add(TSimd.Broadcast(1), VectorMath.Exp<TSimd, V>(TSimd.Multiply(x, factor)));
    }
}

/// <summary><see cref="Activation.Tanh"/>; f′ = 1 − tanh².</summary>
public readonly struct TanhActivation : IDifferentiableActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct => VectorMath.Tanh<TSimd, V>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct
    {
        V one = TSimd.Broadcast(1), y = VectorMath.Tanh<TSimd, V>(x);
        return TSimd.Multiply(TSimd.Subtract(one, y), TSimd.Add(one, y));
    }
}

/// <summary><see cref="Activation.Relu"/>; f′ is 0 at 0.</summary>
public readonly struct ReluActivation : IDifferentiableActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct => TSimd.Max(TSimd.Zero, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct =>
        // The smaller of x and 0 times 0: 0, or NaN where x is.
        TSimd.SelectPositive(x, TSimd.Broadcast(1), TSimd.Multiply(TSimd.Max(TSimd.Broadcast(-1), TSimd.Min(TSimd.Zero, x)), TSimd.Zero));
}

/// <summary><see cref="Activation.Silu"/>.</summary>
public readonly struct SiluActivation : IDifferentiableActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct => SigmoidGate.Apply<TSimd, V>(x, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct => SigmoidGate.Derivative<TSimd, V>(x, 1);
}

/// <summary><see cref="Activation.QuickGelu"/>.</summary>
public readonly struct QuickGeluActivation : IDifferentiableActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct => SigmoidGate.Apply<TSimd, V>(x, (float)ActivationFunctions.QuickGeluSlope);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<TSimd, V>(V x) where TSimd : ISimd<V> where V : struct => SigmoidGate.Derivative<TSimd, V>(x, (float)ActivationFunctions.QuickGeluSlope);
}

/// <summary>x·σ(βx), which is x/(1 + e^(−βx)); with s = σ(βx), f′ = s + βx·s·(1 − s).</summary>
internal static class SigmoidGate
{
    // s·(1 − s) is below the smallest float beyond this, but βx must stay finite for that to be 0.
    private const float Saturated = 105;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<TSimd, V>(V x, float slope) where TSimd : ISimd<V> where V : struct => TSimd.Divide(x, Denominator<TSimd, V>(x, slope));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<TSimd, V>(V x, float slope) where TSimd : ISimd<V> where V : struct
    {
        V one = TSimd.Broadcast(1), s = TSimd.Divide(one, Denominator<TSimd, V>(x, slope));
        V bounded = TSimd.Multiply(VectorMath.Clamp<TSimd, V>(x, -Saturated, Saturated), TSimd.Broadcast(slope));
        return TSimd.MultiplyAdd(bounded, TSimd.Multiply(s, TSimd.Subtract(one, s)), s);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Denominator<TSimd, V>(V x, float slope) where TSimd : ISimd<V> where V : struct =>
        TSimd.Add(TSimd.Broadcast(1), VectorMath.Exp<TSimd, V>(TSimd.Multiply(x, TSimd.Broadcast(-slope))));
}

public sealed unsafe partial class CpuKernels
{
    void IKernel<ActivationForward>.Run(in ActivationForward call) => ActivationChoice.Do(call.Activation, new ActivateWork(this, call.Y, call.X));

    void IKernel<ActivationBackward>.Run(in ActivationBackward call) => ActivationChoice.Do(call.Activation, new AddDerivativeWork(this, call.DX, call.DY, call.X));

    private readonly struct ActivateWork(CpuKernels device, Tensor y, Tensor x) : IActivationWork
    {
        public void Do<TActivation>() where TActivation : struct, IDifferentiableActivation =>
            device.ForRange((nint)x.Count, ElementGranule, 8, new ActivationForwardKernel<TActivation>(y.Floats(), x.Floats(), Streams(x.Bytes)));
    }

    private readonly struct AddDerivativeWork(CpuKernels device, Tensor dx, Tensor dy, Tensor x) : IActivationWork
    {
        public void Do<TActivation>() where TActivation : struct, IDifferentiableActivation =>
            device.ForRange((nint)x.Count, ElementGranule, 8, new ActivationBackwardKernel<TActivation>(dx.Floats(), dy.Floats(), x.Floats()));
    }

    // y = f(x).
    private readonly struct ActivationForwardKernel<TActivation>(float* y, float* x, bool streams) : IRangeKernel
        where TActivation : struct, IActivation
    {
        private readonly float* _y = y, _x = x;
        private readonly bool _streams = streams && y != x;

        public void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            nint whole = end - (end - first) % TSimd.Width;
            if (_streams && MemoryHints.AreAligned<TSimd, V>(_y + first))
                Stream<TSimd, V>(_y, _x, first, whole);
            else
                Store<TSimd, V>(_y, _x, first, whole);
            int rest = (int)(end - whole);
            if (rest > 0)
                Lanes.Store<TSimd, V>(_y + whole, TActivation.Apply<TSimd, V>(Lanes.Load<TSimd, V>(_x + whole, rest)), rest);
        }

        [MethodImpl(Jit.Alone)]
        private static void Store<TSimd, V>(float* y, float* x, nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint i = first; i < end; i += TSimd.Width)
                TSimd.Store(y + i, TActivation.Apply<TSimd, V>(TSimd.Load(x + i)));
        }

        [MethodImpl(Jit.Alone)]
        private static void Stream<TSimd, V>(float* y, float* x, nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint i = first; i < end; i += TSimd.Width)
                TSimd.StoreStreaming(y + i, TActivation.Apply<TSimd, V>(TSimd.Load(x + i)));
            MemoryHints.Fence();
        }
    }

    // dx += dy·f′(x).
    private readonly struct ActivationBackwardKernel<TActivation>(float* dx, float* dy, float* x) : IRangeKernel
        where TActivation : struct, IDifferentiableActivation
    {
        private readonly float* _dx = dx, _dy = dy, _x = x;

        [MethodImpl(Jit.Alone)]
        public void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            float* dx = _dx, dy = _dy, x = _x;
            nint i = first;
            for (; i <= end - TSimd.Width; i += TSimd.Width)
            {
                V slope = TActivation.Derivative<TSimd, V>(TSimd.Load(x + i));
                TSimd.Store(dx + i, TSimd.MultiplyAdd(TSimd.Load(dy + i), slope, TSimd.Load(dx + i)));
            }
            if (i < end)
                Rest<TSimd, V>(i, (int)(end - i));
        }

        private void Rest<TSimd, V>(nint i, int count) where TSimd : ISimd<V> where V : struct
        {
            V slope = TActivation.Derivative<TSimd, V>(Lanes.Load<TSimd, V>(_x + i, count));
            V dx = TSimd.MultiplyAdd(Lanes.Load<TSimd, V>(_dy + i, count), slope, Lanes.Load<TSimd, V>(_dx + i, count));
            Lanes.Store<TSimd, V>(_dx + i, dx, count);
        }
    }
}
