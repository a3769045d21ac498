using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

/// <summary>Loops over one row that several kernels share. A row that ends inside a vector is handled.</summary>
internal static unsafe class RowMath
{
    /// <summary>y = a·b.</summary>
    [MethodImpl(Jit.Alone)]
    public static void Multiply<TSimd, V>(float* y, float* a, float* b, int count) where TSimd : ISimd<V> where V : struct
    {
        int i = 0;
        for (; i <= count - TSimd.Width; i += TSimd.Width)
            TSimd.Store(y + i, TSimd.Multiply(TSimd.Load(a + i), TSimd.Load(b + i)));
        if (i < count)
        {
            V product = TSimd.Multiply(Lanes.Load<TSimd, V>(a + i, count - i), Lanes.Load<TSimd, V>(b + i, count - i));
            Lanes.Store<TSimd, V>(y + i, product, count - i);
        }
    }

    /// <summary>y += a·b.</summary>
    public static void MultiplyAdd<TSimd, V>(float* y, float* a, float* b, int count) where TSimd : ISimd<V> where V : struct =>
        MultiplyAdd<TSimd, V>(y, a, b, y, count);

    /// <summary>y = a·b + c.</summary>
    [MethodImpl(Jit.Alone)]
    public static void MultiplyAdd<TSimd, V>(float* y, float* a, float* b, float* c, int count) where TSimd : ISimd<V> where V : struct
    {
        int i = 0;
        for (; i <= count - TSimd.Width; i += TSimd.Width)
            TSimd.Store(y + i, TSimd.MultiplyAdd(TSimd.Load(a + i), TSimd.Load(b + i), TSimd.Load(c + i)));
        if (i < count)
        {
            V sum = TSimd.MultiplyAdd(
                Lanes.Load<TSimd, V>(a + i, count - i), Lanes.Load<TSimd, V>(b + i, count - i), Lanes.Load<TSimd, V>(c + i, count - i));
            Lanes.Store<TSimd, V>(y + i, sum, count - i);
        }
    }

    /// <summary>y += x.</summary>
    [MethodImpl(Jit.Alone)]
    public static void Add<TSimd, V>(float* y, float* x, int count) where TSimd : ISimd<V> where V : struct
    {
        int i = 0;
        for (; i <= count - TSimd.Width; i += TSimd.Width)
            TSimd.Store(y + i, TSimd.Add(TSimd.Load(y + i), TSimd.Load(x + i)));
        if (i < count)
            Lanes.Store<TSimd, V>(y + i, TSimd.Add(Lanes.Load<TSimd, V>(y + i, count - i), Lanes.Load<TSimd, V>(x + i, count - i)), count - i);
    }

    /// <summary>y = x·scale; y may be x.</summary>
    [MethodImpl(Jit.Alone)]
    public static void Scale<TSimd, V>(float* y, float* x, float scale, int count) where TSimd : ISimd<V> where V : struct
    {
        V factor = TSimd.Broadcast(scale);
        int i = 0;
        for (; i <= count - TSimd.Width; i += TSimd.Width)
            TSimd.Store(y + i, TSimd.Multiply(TSimd.Load(x + i), factor));
        if (i < count)
            Lanes.Store<TSimd, V>(y + i, TSimd.Multiply(Lanes.Load<TSimd, V>(x + i, count - i), factor), count - i);
    }

    /// <summary>The largest element; NaN or any other element where one is NaN.</summary>
    [MethodImpl(Jit.Alone)]
    public static float Max<TSimd, V>(float* x, int count) where TSimd : ISimd<V> where V : struct
    {
        float max = float.NegativeInfinity;
        int i = 0;
        if (count >= TSimd.Width)
        {
            V lanes = TSimd.Load(x);
            for (i = TSimd.Width; i <= count - TSimd.Width; i += TSimd.Width)
                lanes = TSimd.Max(lanes, TSimd.Load(x + i));
            max = TSimd.MaxLane(lanes);
        }
        for (; i < count; i++)
            max = Math.Max(max, x[i]);
        return max;
    }

    /// <summary>y = exp(x − max), 0 where that is subnormal, and their sum; y may be x.</summary>
    [MethodImpl(Jit.Alone)]
    public static float Exponentials<TSimd, V>(float* y, float* x, float max, int count) where TSimd : ISimd<V> where V : struct
    {
        V m = TSimd.Broadcast(max), sum = TSimd.Zero;
        int i = 0;
        for (; i <= count - TSimd.Width; i += TSimd.Width)
        {
            V e = VectorMath.ExpOrZero<TSimd, V>(TSimd.Subtract(TSimd.Load(x + i), m));
            TSimd.Store(y + i, e);
            sum = TSimd.Add(sum, e);
        }
        float total = TSimd.SumLanes(sum);
        if (i < count)
            ExponentialsOfRest<TSimd, V>(y + i, x + i, m, count - i);
        for (; i < count; i++)
            total += y[i];
        return total;
    }

    /// <summary>Σ a·b.</summary>
    [MethodImpl(Jit.Alone)]
    public static float Dot<TSimd, V>(float* a, float* b, int count) where TSimd : ISimd<V> where V : struct
    {
        V sum = TSimd.Zero;
        int i = 0;
        for (; i <= count - TSimd.Width; i += TSimd.Width)
            sum = TSimd.MultiplyAdd(TSimd.Load(a + i), TSimd.Load(b + i), sum);
        if (i < count)
            sum = TSimd.MultiplyAdd(Lanes.Load<TSimd, V>(a + i, count - i), Lanes.Load<TSimd, V>(b + i, count - i), sum);
        return TSimd.SumLanes(sum);
    }

    private static void ExponentialsOfRest<TSimd, V>(float* y, float* x, V max, int count) where TSimd : ISimd<V> where V : struct =>
        Lanes.Store<TSimd, V>(y, VectorMath.ExpOrZero<TSimd, V>(TSimd.Subtract(Lanes.Load<TSimd, V>(x, count), max)), count);
}
