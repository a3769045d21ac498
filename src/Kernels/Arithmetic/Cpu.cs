using System.Runtime.CompilerServices;

namespace BareBert.Kernels;

public sealed unsafe partial class CpuKernels
{
    void IKernel<ArithmeticForward>.Run(in ArithmeticForward call)
    {
        var operands = new ArithmeticOperands(call.A, call.B);
        switch (call.Operator)
        {
            case ArithmeticOperator.Add: Forward<Sums>(call, operands); break;
            case ArithmeticOperator.Subtract: Forward<Differences>(call, operands); break;
            case ArithmeticOperator.Multiply: Forward<Products>(call, operands); break;
            case ArithmeticOperator.Divide: Forward<Quotients>(call, operands); break;
        }
    }

    void IKernel<ArithmeticBackward>.Run(in ArithmeticBackward call)
    {
        var operands = new ArithmeticOperands(call.A, call.B);
        switch (call.Operator)
        {
            case ArithmeticOperator.Add: Backward<Sums>(call, operands); break;
            case ArithmeticOperator.Subtract: Backward<Differences>(call, operands); break;
            case ArithmeticOperator.Multiply: Backward<Products>(call, operands); break;
            case ArithmeticOperator.Divide: Backward<Quotients>(call, operands); break;
        }
    }

    private void Forward<TOperator>(in ArithmeticForward call, ArithmeticOperands operands) where TOperator : IArithmetic =>
        ForRange(call.A.Rows, 1, 3L * call.A.Cols, new ArithmeticRows<TOperator> { Operands = operands, Y = call.Y.Floats() });

    private void Backward<TOperator>(in ArithmeticBackward call, ArithmeticOperands operands) where TOperator : IArithmetic
    {
        (int rows, int cols) = (call.A.Rows, call.A.Cols);
        float* dy = call.DY.Floats();
        if (!call.DA.IsNone)
            ForRange(rows, 1, 4L * cols, new ArithmeticGradientRows<TOperator> { Operands = operands, DY = dy, D = call.DA.Floats(), Stride = cols, ByA = true });
        if (call.DB.IsNone)
            return;
        var second = new ArithmeticGradientRows<TOperator> { Operands = operands, DY = dy, D = call.DB.Floats(), Stride = cols };
        // Where all rows meet in one, threads share its columns, and each adds the rows in order.
        if (call.DB.Shape.Rank == 2)
            ForRange(rows, 1, 4L * cols, second);
        else
            ForRange(cols, ColumnGranule, 3L * rows, new ArithmeticGradientColumns<TOperator> { Rows = second with { Stride = 0 }, Count = rows });
    }

    private readonly struct ArithmeticOperands(Tensor a, Tensor b)
    {
        private readonly float* _a = a.Floats(), _b = b.Floats();

        // From one row of b to the next: none where b is one row.
        private readonly int _bStride = b.Shape.Rank == 2 ? b.Cols : 0;

        public readonly int Cols = a.Cols;

        public float* A(nint row) => _a + row * Cols;

        public float* B(nint row) => _b + row * _bStride;
    }

    private struct ArithmeticRows<TOperator> : IRangeKernel where TOperator : IArithmetic
    {
        public ArithmeticOperands Operands;
        public float* Y;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint row = first; row < end; row++)
                Row<TSimd, V>(Y + row * Operands.Cols, Operands.A(row), Operands.B(row), Operands.Cols);
        }

        [MethodImpl(Jit.Alone)]
        private static void Row<TSimd, V>(float* y, float* a, float* b, int count) where TSimd : ISimd<V> where V : struct
        {
            int i = 0;
            for (; i <= count - TSimd.Width; i += TSimd.Width)
                TSimd.Store(y + i, TOperator.Value<TSimd, V>(TSimd.Load(a + i), TSimd.Load(b + i)));
            if (i < count)
            {
                V value = TOperator.Value<TSimd, V>(Lanes.Load<TSimd, V>(a + i, count - i), Lanes.Load<TSimd, V>(b + i, count - i));
                Lanes.Store<TSimd, V>(y + i, value, count - i);
            }
        }
    }

    // d += dy·slope, a row at a time: by a, or by b.
    private struct ArithmeticGradientRows<TOperator> : IRangeKernel where TOperator : IArithmetic
    {
        public ArithmeticOperands Operands;
        public float* DY, D;
        public int Stride;
        public bool ByA;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint row = first; row < end; row++)
                Row<TSimd, V>(row, 0, Operands.Cols);
        }

        /// <summary>The columns [first, end) of a row.</summary>
        [MethodImpl(Jit.Alone)]
        public readonly void Row<TSimd, V>(nint row, nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            float* d = D + row * Stride, dy = DY + row * Operands.Cols, a = Operands.A(row), b = Operands.B(row);
            nint i = first;
            for (; i <= end - TSimd.Width; i += TSimd.Width)
                TSimd.Store(d + i, TSimd.Add(TSimd.Load(d + i), Term<TSimd, V>(TSimd.Load(dy + i), TSimd.Load(a + i), TSimd.Load(b + i))));
            int rest = (int)(end - i);
            if (rest > 0)
            {
                V term = Term<TSimd, V>(Lanes.Load<TSimd, V>(dy + i, rest), Lanes.Load<TSimd, V>(a + i, rest), Lanes.Load<TSimd, V>(b + i, rest));
                Lanes.Store<TSimd, V>(d + i, TSimd.Add(Lanes.Load<TSimd, V>(d + i, rest), term), rest);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly V Term<TSimd, V>(V dy, V a, V b) where TSimd : ISimd<V> where V : struct =>
            ByA ? TOperator.ByA<TSimd, V>(dy, b) : TOperator.ByB<TSimd, V>(dy, a, b);
    }

    // The units of the range are columns.
    private struct ArithmeticGradientColumns<TOperator> : IRangeKernel where TOperator : IArithmetic
    {
        public ArithmeticGradientRows<TOperator> Rows;
        public int Count;

        public readonly void Run<TSimd, V>(nint first, nint end) where TSimd : ISimd<V> where V : struct
        {
            for (nint row = 0; row < Count; row++)
                Rows.Row<TSimd, V>(row, first, end);
        }
    }

    // An operator, and dy times its derivatives.
    private interface IArithmetic
    {
        static abstract V Value<TSimd, V>(V a, V b) where TSimd : ISimd<V> where V : struct;

        static abstract V ByA<TSimd, V>(V dy, V b) where TSimd : ISimd<V> where V : struct;

        static abstract V ByB<TSimd, V>(V dy, V a, V b) where TSimd : ISimd<V> where V : struct;
    }

    private readonly struct Sums : IArithmetic
    {
        public static V Value<TSimd, V>(V a, V b) where TSimd : ISimd<V> where V : struct => TSimd.Add(a, b);

        public static V ByA<TSimd, V>(V dy, V b) where TSimd : ISimd<V> where V : struct => dy;

        public static V ByB<TSimd, V>(V dy, V a, V b) where TSimd : ISimd<V> where V : struct => dy;
    }

    private readonly struct Differences : IArithmetic
    {
        public static V Value<TSimd, V>(V a, V b) where TSimd : ISimd<V> where V : struct => TSimd.Subtract(a, b);

        public static V ByA<TSimd, V>(V dy, V b) where TSimd : ISimd<V> where V : struct => dy;

        public static V ByB<TSimd, V>(V dy, V a, V b) where TSimd : ISimd<V> where V : struct => TSimd.Subtract(TSimd.Zero, dy);
    }

    private readonly struct Products : IArithmetic
    {
        public static V Value<TSimd, V>(V a, V b) where TSimd : ISimd<V> where V : struct => TSimd.Multiply(a, b);

        public static V ByA<TSimd, V>(V dy, V b) where TSimd : ISimd<V> where V : struct => TSimd.Multiply(dy, b);

        public static V ByB<TSimd, V>(V dy, V a, V b) where TSimd : ISimd<V> where V : struct => TSimd.Multiply(dy, a);
    }

    private readonly struct Quotients : IArithmetic
    {
        public static V Value<TSimd, V>(V a, V b) where TSimd : ISimd<V> where V : struct => TSimd.Divide(a, b);

        public static V ByA<TSimd, V>(V dy, V b) where TSimd : ISimd<V> where V : struct => TSimd.Divide(dy, b);

        public static V ByB<TSimd, V>(V dy, V a, V b) where TSimd : ISimd<V> where V : struct =>
            TSimd.Subtract(TSimd.Zero, TSimd.Divide(TSimd.Divide(TSimd.Multiply(dy, a), b), b));
    }
}
