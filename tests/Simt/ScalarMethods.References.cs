namespace BareBert.Tests;

/// <content>Numbers of every width by reference, and what else C# seldom emits.</content>
public static partial class ScalarMethods
{
    private struct Mixed
    {
        public long Number;
        public float Part;
    }

    public static int TripledSByte(sbyte a)
    {
        Triple(ref a);
        return a;
    }

    public static int TripledByte(byte a)
    {
        Triple(ref a);
        return a;
    }

    public static int TripledShort(short a)
    {
        Triple(ref a);
        return a;
    }

    public static int TripledUShort(ushort a)
    {
        Triple(ref a);
        return a;
    }

    public static uint TripledUInt(uint a)
    {
        Triple(ref a);
        return a;
    }

    public static long TripledLong(long a)
    {
        Triple(ref a);
        return a;
    }

    public static ulong ShiftedUInt(uint a)
    {
        Widen(ref a, out ulong wide);
        return wide;
    }

    public static long WithLongConstant(long a) => a ^ 0x1234_5678_9ABC_DEF0;

    public static unsafe long SizeOfAStruct(int a) => new Mixed { Number = a, Part = 1 }.Number > 0 ? sizeof(Mixed) : a;

    public static int NeverThrows(int a)
    {
        if ((a & 1) == 2)
            throw new InvalidOperationException();
        return a + 1;
    }

    private static void Triple(ref sbyte x) => x = (sbyte)(x * 3);

    private static void Triple(ref byte x) => x = (byte)(x * 3);

    private static void Triple(ref short x) => x = (short)(x * 3);

    private static void Triple(ref ushort x) => x = (ushort)(x * 3);

    private static void Triple(ref uint x) => x *= 3;

    private static void Triple(ref long x) => x *= 3;

    private static void Widen(ref uint x, out ulong wide) => wide = (ulong)x << 7;
}
