using System.Numerics;
using ILGPU;
using ILGPU.Algorithms;

namespace BareBert.Tests;

public static partial class ScalarMethods
{
    // Control flow.
    public static int Absolute(int a) => a < 0 ? -a : a;

    public static int NestedIf(int a, int b)
    {
        if (a > b)
        {
            if (a > 0)
                return a - b;
            b += a;
        }
        else if (b > 100)
        {
            a = b & 255;
        }
        return a * 3 + b;
    }

    public static float TernaryOnStack(float a, float b) => a * (a < b ? b : 2) + (b > 0 ? a : b) * (a > 1 ? 3 : b);

    public static int Switch(int a)
    {
        switch (a & 7)
        {
            case 0: return 10;
            case 1: a += 5; break;
            case 2:
            case 3: a ^= 77; break;
            case 5: a = -a; break;
            default: a *= 2; break;
        }
        return a + 1;
    }

    public static int SwitchExpression(int a) => (a % 5) switch { 0 => a, 1 => 17, -1 => a * 2, 3 => a - 1, _ => 4 };

    public static int ConstantLoop(int a)
    {
        int sum = 0;
        for (int i = 0; i < 10; i++)
            sum = sum * 3 + (a >> i);
        return sum;
    }

    public static int HalvingLoop(int a)
    {
        for (int i = 16; i > 0; i /= 2)
            a ^= a >> i;
        return a;
    }

    public static int DynamicLoop(int a)
    {
        int n = a & 31, product = 1;
        for (int i = 0; i < n; i++)
            product = product * 7 + i;
        return product;
    }

    public static int LongConstantLoop(int a)
    {
        for (int i = 0; i < 1000; i++)
            a = a * 5 + i;
        return a;
    }

    public static int WhileWithBreak(int a)
    {
        int steps = 0;
        while (true)
        {
            if (a <= 1 || steps > 50)
                break;
            a = (a & 1) == 0 ? a / 2 : 3 * a + 1;
            steps++;
        }
        return steps;
    }

    public static int DoWhile(int a)
    {
        uint x = (uint)a;
        int digits = 0;
        do
        {
            digits++;
            x /= 10;
        }
        while (x != 0);
        return digits;
    }

    public static int LoopWithContinue(int a)
    {
        int sum = 0;
        for (int i = 0; i < 40; i++)
        {
            if (((a >> (i & 31)) & 1) == 0)
                continue;
            if (i > (a & 63))
                break;
            sum += i;
        }
        return sum;
    }

    public static int NestedLoops(int a)
    {
        int n = a & 7, sum = 0;
        for (int i = 0; i < n; i++)
            for (int j = i; j < n; j++)
                for (int k = 0; k < 3; k++)
                    sum += i * j + k;
        return sum;
    }

    public static int LoopEndingInTheMiddle(int a)
    {
        int i = 0;
        while (i < 100)
        {
            for (int j = 0; j < 4; j++)
            {
                i += 1 + (a & 3);
                if (i * j > (a & 127))
                    return i + j;
            }
        }
        return -i;
    }

    public static int Fibonacci(int a)
    {
        (int x, int y) = (0, 1);
        for (int i = 0; i < (a & 31); i++)
            (x, y) = (y, x + y);
        return x;
    }

    public static int RotateThree(int a)
    {
        (int x, int y, int z) = (a, a + 1, a + 2);
        for (int i = 0; i < (a & 15); i++)
            (x, y, z) = (z, x, y);
        return x * 100 + y * 10 + z;
    }

    public static int PreviousValue(int a)
    {
        int previous = -1, current = a;
        while ((current & 15) != 0)
        {
            previous = current;
            current--;
        }
        return previous ^ current * 3;
    }

    public static int ValueAfterLoop(int a)
    {
        int i = 0, last = 0;
        for (; i < (a & 15); i++)
            last = i + 5;
        return last * 100 + i;
    }

    public static int GotoState(int a)
    {
        int state = a & 3;
    again:
        if (state == 3)
            return a;
        a = a * 3 + state;
        state++;
        if (a > 0)
            goto again;
        return -a;
    }

    public static bool ConditionInLoop(int a)
    {
        bool found = false;
        for (int i = 0; i < 20; i++)
            found |= (a + i) % 17 == 3 && !found;
        return found;
    }

    // Structs, references, generics.
    public struct Pair(int x, float y)
    {
        public int X = x;
        public float Y = y;

        public readonly float Sum => X + Y;

        public void Grow(int by)
        {
            X += by;
            Y *= 2;
        }

        public static Pair operator +(Pair a, Pair b) => new(a.X + b.X, a.Y + b.Y);
    }

    public struct Nested
    {
        public Pair Left, Right;
        public long Total;
    }

    public static float StructFields(int a, float b)
    {
        var pair = new Pair(a, b);
        pair.Grow(3);
        Pair copy = pair;
        copy.X = 7;
        return pair.Sum - copy.Sum;
    }

    public static float StructsInStructs(int a, float b)
    {
        Nested nested = default;
        nested.Left = new Pair(a, b);
        nested.Right.X = a * 2;
        nested.Right.Grow(1);
        ref Pair left = ref nested.Left;
        left.Grow(a & 3);
        nested.Total = nested.Left.X + (long)nested.Right.X;
        Nested copy = nested;
        copy.Left.X = 0;
        return nested.Total + nested.Left.Y + copy.Left.X;
    }

    public static float StructsJoin(int a, float b)
    {
        Pair pair = a > 10 ? new Pair(1, b) : new Pair(a, 2);
        for (int i = 0; i < (a & 7); i++)
            pair += new Pair(i, b);
        return pair.Sum;
    }

    private static void Swap<T>(ref T a, ref T b) => (a, b) = (b, a);

    public static int RefParameters(int a, int b)
    {
        if (a > b)
            Swap(ref a, ref b);
        Nested nested = default;
        Swap(ref nested.Left.X, ref a);
        return nested.Left.X * 3 + b + a;
    }

    private static ref int Choose(ref Nested nested) => ref nested.Right.X;

    public static int RefReturns(int a)
    {
        Nested nested = default;
        Choose(ref nested) = a;
        Choose(ref nested) += 5;
        return nested.Right.X;
    }

    private static void Divide(int a, int b, out int quotient, out int remainder)
    {
        quotient = a / b;
        remainder = a % b;
    }

    public static int OutParameters(int a)
    {
        Divide(a, 7, out int quotient, out int remainder);
        return quotient * 1000 + remainder;
    }

    private interface IMonoid<T>
    {
        static abstract T Zero { get; }

        static abstract T Combine(T a, T b);
    }

    private readonly struct Sum : IMonoid<int>
    {
        public static int Zero => 0;

        public static int Combine(int a, int b) => a + b;
    }

    private readonly struct Largest : IMonoid<float>
    {
        public static float Zero => float.NegativeInfinity;

        public static float Combine(float a, float b) => a > b ? a : b;
    }

    private static T Fold<T, TMonoid>(T a, T b, T c) where TMonoid : IMonoid<T> =>
        TMonoid.Combine(TMonoid.Combine(TMonoid.Zero, a), TMonoid.Combine(b, c));

    public static int StaticAbstract(int a, int b) => Fold<int, Sum>(a, b, 3);

    public static float StaticAbstractFloat(float a, float b) => Fold<float, Largest>(a, b, 0);

    private static T Polynomial<T>(T x, int terms) where T : INumber<T>
    {
        T sum = T.Zero;
        for (int i = 0; i < terms; i++)
            sum = sum * x + T.One;
        return sum;
    }

    public static float GenericMathFloat(float a) => Polynomial(a, 4);

    public static double GenericMathDouble(double a) => Polynomial(a, 3);

    public static long GenericMathLong(long a) => Polynomial(a, 5);

    // Generic structs whose operators are static abstract members, at two levels.
    private interface IRing<TSelf> where TSelf : IRing<TSelf>
    {
        static abstract TSelf One { get; }

        static abstract TSelf operator +(TSelf a, TSelf b);

        static abstract TSelf operator *(TSelf a, TSelf b);
    }

    private readonly struct Gaussian<T>(T real, T imaginary) : IRing<Gaussian<T>> where T : INumber<T>
    {
        public readonly T Real = real, Imaginary = imaginary;

        public static Gaussian<T> One => new(T.One, T.Zero);

        public static Gaussian<T> operator +(Gaussian<T> a, Gaussian<T> b) => new(a.Real + b.Real, a.Imaginary + b.Imaginary);

        public static Gaussian<T> operator *(Gaussian<T> a, Gaussian<T> b) =>
            new(a.Real * b.Real - a.Imaginary * b.Imaginary, a.Real * b.Imaginary + a.Imaginary * b.Real);
    }

    private struct Couple<TLeft, TRight>(TLeft left, TRight right)
    {
        public TLeft Left = left;
        public TRight Right = right;

        public readonly Couple<TRight, TLeft> Turned() => new(Right, Left);

        public void Set<TOther>(Couple<TLeft, TOther> other) => Left = other.Left;
    }

    // 1 + x + x² + … by Horner's rule.
    private static T Series<T>(T x, int terms) where T : IRing<T>
    {
        T sum = T.One;
        for (int i = 1; i < terms; i++)
            sum = sum * x + T.One;
        return sum;
    }

    public static float GenericStructFloat(float a, float b) => Series(new Gaussian<float>(a, b), 4).Real;

    public static double GenericStructDouble(double a, double b) => Series(new Gaussian<double>(a, b), 4).Imaginary;

    public static int GenericStructInt(int a, int b) => Series(new Gaussian<int>(a, b), 5).Imaginary;

    public static long GenericStructInLoop(long a, int b)
    {
        Gaussian<long> sum = Gaussian<long>.One;
        for (int i = 0; i < (b & 7); i++)
            sum += new Gaussian<long>(a, i) * sum;
        return sum.Real - sum.Imaginary;
    }

    public static double GenericStructsOfTwoTypes(byte a, double b, bool c)
    {
        var couple = new Couple<byte, double>(a, b);
        var nested = new Couple<Couple<byte, double>, bool>(couple, c);
        if (nested.Right)
            nested.Left.Set(new Couple<byte, float>((byte)(a + 1), 2f));
        Couple<double, byte> turned = nested.Left.Turned();
        return turned.Left + turned.Right;
    }

    private interface IShape
    {
        float Area(float scale);
    }

    private struct Square(float side) : IShape
    {
        private float used = side;

        public float Area(float scale)
        {
            used *= scale;
            return used * used;
        }
    }

    private static float Twice<T>(T shape) where T : IShape => shape.Area(1) + shape.Area(2);

    public static float InterfaceOnStruct(float a) => Twice(new Square(a));

    private enum Color : byte
    {
        Red, Green = 5, Blue,
    }

    public static int Enums(int a)
    {
        Color color = a > 5 ? Color.Blue : (Color)(a & 7);
        return color switch { Color.Green => 1, Color.Blue => 2, _ => (int)color + 10 };
    }

    private static readonly int Seven = int.Parse("7");

    public static int StaticReadonly(int a) => a * Seven;

    // Register arrays.
    public static int RegisterArray(int a)
    {
        Span<int> unused = default;
        _ = unused;
        (int x0, int x1, int x2) = (a, a * 2, a * 3);
        for (int i = 0; i < 3; i++)
            (x0, x1, x2) = (x1, x2, x0 + i);
        return x0 - x1 + x2;
    }

    // Mathematics that is exact everywhere.
    public static float MathFloat(float a, float b) =>
        MathF.Sqrt(MathF.Abs(a)) + MathF.Floor(b) * MathF.Ceiling(a) - MathF.Truncate(a) + MathF.Round(b);

    public static double MathDouble(double a, double b) =>
        Math.Sqrt(Math.Abs(a)) + Math.Floor(b) * Math.Ceiling(a) - Math.Truncate(a) + Math.Round(b);

    public static float MinMaxFloat(float a, float b) => MathF.Max(a, b) - MathF.Min(a, 3);

    public static double MinMaxDouble(double a, double b) => Math.Max(a, b) - Math.Min(a, 3);

    public static long MinMaxInt(int a, int b, long c) => Math.Max(a, b) - Math.Min((uint)a, (uint)b) + Math.Max(c, a) + (long)Math.Min((ulong)c, 5ul);

    public static float Fused(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);

    public static double FusedDouble(double a, double b, double c) => Math.FusedMultiplyAdd(a, b, c);

    public static int RoundedQuotients(int a) => XMath.DivRoundUp(a & 0xFFFFFF, 7) * 3 + XMath.DivRoundDown(a, 9);

    public static long RoundedQuotientsLong(long a) => XMath.DivRoundUp(a & 0xFFFFFFFF, 7) * 3 + XMath.DivRoundDown(a, 9);

    public static long AbsoluteXMath(short a, int b) => XMath.Abs((int)a) + XMath.Abs((long)b);

    public static int BitTricks(uint a, ulong b) => BitOperations.PopCount(a) + BitOperations.LeadingZeroCount(a) * 100
        + BitOperations.PopCount(b) * 7 + BitOperations.LeadingZeroCount(b) + (int)BitOperations.RotateLeft(a, 7);

    public static float Bits(float a, uint b) =>
        BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(a) ^ 0x80000000u) + Interop.IntAsFloat(b & 0x3FFFFFFF);

    public static long BitsDouble(double a) => BitConverter.DoubleToInt64Bits(a) ^ 1;

    public static bool Classify(float a, double b) => float.IsNaN(a) || float.IsInfinity(a) ^ double.IsNaN(b) || float.IsFinite(a);

    public static ulong HighHalf(uint a, uint b) => (ulong)a * b >> 32;

    public static uint Philox(uint a, uint b)
    {
        for (int round = 0; round < 10; round++)
        {
            ulong product = (ulong)a * 0xD2511F53u;
            (a, b) = ((uint)(product >> 32) ^ b ^ (uint)round * 0x9E3779B9u, (uint)product);
        }
        return a ^ b;
    }

    public static ushort ToBf16(float a) => Simt.Bf16.FromFloat(a);

    public static float FromBf16(ushort a) => Simt.Bf16.ToFloat(a) * 2;

    public static uint PackBf16(float a, float b) => Simt.Bf16.Pack(a, b);

    public static float UnpackBf16(uint a) => Simt.Bf16.Low(a) - Simt.Bf16.High(a);
}
