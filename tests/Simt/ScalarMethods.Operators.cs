namespace BareBert.Tests;

/// <summary>Small methods, each about one thing that C# can do with numbers. They run on .NET and in the interpreter, and must
/// give the same bits.</summary>
public static partial class ScalarMethods
{
    // Arithmetic of every type. Division by zero throws on the host and is undefined on a GPU, so it is kept out.
    public static int AddInt(int a, int b) => a + b;
    public static int SubtractInt(int a, int b) => a - b;
    public static int MultiplyInt(int a, int b) => a * b;
    public static int DivideInt(int a, int b) => b == 0 || b == -1 ? a : a / b;
    public static int RemainderInt(int a, int b) => b == 0 || b == -1 ? a : a % b;
    public static int AndInt(int a, int b) => a & b;
    public static int OrInt(int a, int b) => a | b;
    public static int XorInt(int a, int b) => a ^ b;
    public static int ShiftLeftInt(int a, int b) => a << b;
    public static int ShiftRightInt(int a, int b) => a >> b;
    public static int ShiftRightUnsignedInt(int a, int b) => a >>> b;
    public static int ComplementInt(int a) => ~a;
    public static int By2Int(int a) => a / 2 * 5 + a % 2;
    public static int By3Int(int a) => a / 3 * 5 + a % 3;
    public static int By7Int(int a) => a / 7 * 5 + a % 7;
    public static int By8Int(int a) => a / 8 * 5 + a % 8;
    public static int By16Int(int a) => a / 16 * 5 + a % 16;
    public static int By1000Int(int a) => a / 1000 * 5 + a % 1000;
    public static int NegateInt(int a) => -a;
    public static int MixedInt(int a, int b, int c) => (a + b) * c - a * (b - c) + a;

    public static uint AddUInt(uint a, uint b) => a + b;
    public static uint SubtractUInt(uint a, uint b) => a - b;
    public static uint MultiplyUInt(uint a, uint b) => a * b;
    public static uint DivideUInt(uint a, uint b) => b == 0 ? a : a / b;
    public static uint RemainderUInt(uint a, uint b) => b == 0 ? a : a % b;
    public static uint AndUInt(uint a, uint b) => a & b;
    public static uint OrUInt(uint a, uint b) => a | b;
    public static uint XorUInt(uint a, uint b) => a ^ b;
    public static uint ShiftLeftUInt(uint a, int b) => a << b;
    public static uint ShiftRightUInt(uint a, int b) => a >> b;
    public static uint ShiftRightUnsignedUInt(uint a, int b) => a >>> b;
    public static uint ComplementUInt(uint a) => ~a;
    public static uint By2UInt(uint a) => a / 2 * 5 + a % 2;
    public static uint By3UInt(uint a) => a / 3 * 5 + a % 3;
    public static uint By7UInt(uint a) => a / 7 * 5 + a % 7;
    public static uint By8UInt(uint a) => a / 8 * 5 + a % 8;
    public static uint By16UInt(uint a) => a / 16 * 5 + a % 16;
    public static uint By1000UInt(uint a) => a / 1000 * 5 + a % 1000;
    public static uint MixedUInt(uint a, uint b, uint c) => (a + b) * c - a * (b - c) + a;

    public static long AddLong(long a, long b) => a + b;
    public static long SubtractLong(long a, long b) => a - b;
    public static long MultiplyLong(long a, long b) => a * b;
    public static long DivideLong(long a, long b) => b == 0 || b == -1 ? a : a / b;
    public static long RemainderLong(long a, long b) => b == 0 || b == -1 ? a : a % b;
    public static long AndLong(long a, long b) => a & b;
    public static long OrLong(long a, long b) => a | b;
    public static long XorLong(long a, long b) => a ^ b;
    public static long ShiftLeftLong(long a, int b) => a << b;
    public static long ShiftRightLong(long a, int b) => a >> b;
    public static long ShiftRightUnsignedLong(long a, int b) => a >>> b;
    public static long ComplementLong(long a) => ~a;
    public static long By2Long(long a) => a / 2 * 5 + a % 2;
    public static long By3Long(long a) => a / 3 * 5 + a % 3;
    public static long By7Long(long a) => a / 7 * 5 + a % 7;
    public static long By8Long(long a) => a / 8 * 5 + a % 8;
    public static long By16Long(long a) => a / 16 * 5 + a % 16;
    public static long By1000Long(long a) => a / 1000 * 5 + a % 1000;
    public static long NegateLong(long a) => -a;
    public static long MixedLong(long a, long b, long c) => (a + b) * c - a * (b - c) + a;

    public static ulong AddULong(ulong a, ulong b) => a + b;
    public static ulong SubtractULong(ulong a, ulong b) => a - b;
    public static ulong MultiplyULong(ulong a, ulong b) => a * b;
    public static ulong DivideULong(ulong a, ulong b) => b == 0 ? a : a / b;
    public static ulong RemainderULong(ulong a, ulong b) => b == 0 ? a : a % b;
    public static ulong AndULong(ulong a, ulong b) => a & b;
    public static ulong OrULong(ulong a, ulong b) => a | b;
    public static ulong XorULong(ulong a, ulong b) => a ^ b;
    public static ulong ShiftLeftULong(ulong a, int b) => a << b;
    public static ulong ShiftRightULong(ulong a, int b) => a >> b;
    public static ulong ShiftRightUnsignedULong(ulong a, int b) => a >>> b;
    public static ulong ComplementULong(ulong a) => ~a;
    public static ulong By2ULong(ulong a) => a / 2 * 5 + a % 2;
    public static ulong By3ULong(ulong a) => a / 3 * 5 + a % 3;
    public static ulong By7ULong(ulong a) => a / 7 * 5 + a % 7;
    public static ulong By8ULong(ulong a) => a / 8 * 5 + a % 8;
    public static ulong By16ULong(ulong a) => a / 16 * 5 + a % 16;
    public static ulong By1000ULong(ulong a) => a / 1000 * 5 + a % 1000;
    public static ulong MixedULong(ulong a, ulong b, ulong c) => (a + b) * c - a * (b - c) + a;

    public static float AddFloat(float a, float b) => a + b;
    public static float SubtractFloat(float a, float b) => a - b;
    public static float MultiplyFloat(float a, float b) => a * b;
    public static float DivideFloat(float a, float b) => a / b;
    public static float NegateFloat(float a) => -a;
    public static float MixedFloat(float a, float b, float c) => (a + b) * c - a * (b - c) + a;

    public static double AddDouble(double a, double b) => a + b;
    public static double SubtractDouble(double a, double b) => a - b;
    public static double MultiplyDouble(double a, double b) => a * b;
    public static double DivideDouble(double a, double b) => a / b;
    public static double NegateDouble(double a) => -a;
    public static double MixedDouble(double a, double b, double c) => (a + b) * c - a * (b - c) + a;

    // Comparisons as values, and as branches in both senses.
    public static bool EqualInt(int a, int b) => a == b;
    public static int IfEqualInt(int a, int b) => a == b ? 1 : 2;
    public static int UnlessEqualInt(int a, int b) => !(a == b) ? 3 : 4;
    public static bool NotEqualInt(int a, int b) => a != b;
    public static int IfNotEqualInt(int a, int b) => a != b ? 1 : 2;
    public static int UnlessNotEqualInt(int a, int b) => !(a != b) ? 3 : 4;
    public static bool LessInt(int a, int b) => a < b;
    public static int IfLessInt(int a, int b) => a < b ? 1 : 2;
    public static int UnlessLessInt(int a, int b) => !(a < b) ? 3 : 4;
    public static bool LessOrEqualInt(int a, int b) => a <= b;
    public static int IfLessOrEqualInt(int a, int b) => a <= b ? 1 : 2;
    public static int UnlessLessOrEqualInt(int a, int b) => !(a <= b) ? 3 : 4;
    public static bool GreaterInt(int a, int b) => a > b;
    public static int IfGreaterInt(int a, int b) => a > b ? 1 : 2;
    public static int UnlessGreaterInt(int a, int b) => !(a > b) ? 3 : 4;
    public static bool GreaterOrEqualInt(int a, int b) => a >= b;
    public static int IfGreaterOrEqualInt(int a, int b) => a >= b ? 1 : 2;
    public static int UnlessGreaterOrEqualInt(int a, int b) => !(a >= b) ? 3 : 4;
    public static bool EqualUInt(uint a, uint b) => a == b;
    public static int IfEqualUInt(uint a, uint b) => a == b ? 1 : 2;
    public static int UnlessEqualUInt(uint a, uint b) => !(a == b) ? 3 : 4;
    public static bool NotEqualUInt(uint a, uint b) => a != b;
    public static int IfNotEqualUInt(uint a, uint b) => a != b ? 1 : 2;
    public static int UnlessNotEqualUInt(uint a, uint b) => !(a != b) ? 3 : 4;
    public static bool LessUInt(uint a, uint b) => a < b;
    public static int IfLessUInt(uint a, uint b) => a < b ? 1 : 2;
    public static int UnlessLessUInt(uint a, uint b) => !(a < b) ? 3 : 4;
    public static bool LessOrEqualUInt(uint a, uint b) => a <= b;
    public static int IfLessOrEqualUInt(uint a, uint b) => a <= b ? 1 : 2;
    public static int UnlessLessOrEqualUInt(uint a, uint b) => !(a <= b) ? 3 : 4;
    public static bool GreaterUInt(uint a, uint b) => a > b;
    public static int IfGreaterUInt(uint a, uint b) => a > b ? 1 : 2;
    public static int UnlessGreaterUInt(uint a, uint b) => !(a > b) ? 3 : 4;
    public static bool GreaterOrEqualUInt(uint a, uint b) => a >= b;
    public static int IfGreaterOrEqualUInt(uint a, uint b) => a >= b ? 1 : 2;
    public static int UnlessGreaterOrEqualUInt(uint a, uint b) => !(a >= b) ? 3 : 4;
    public static bool EqualLong(long a, long b) => a == b;
    public static int IfEqualLong(long a, long b) => a == b ? 1 : 2;
    public static int UnlessEqualLong(long a, long b) => !(a == b) ? 3 : 4;
    public static bool NotEqualLong(long a, long b) => a != b;
    public static int IfNotEqualLong(long a, long b) => a != b ? 1 : 2;
    public static int UnlessNotEqualLong(long a, long b) => !(a != b) ? 3 : 4;
    public static bool LessLong(long a, long b) => a < b;
    public static int IfLessLong(long a, long b) => a < b ? 1 : 2;
    public static int UnlessLessLong(long a, long b) => !(a < b) ? 3 : 4;
    public static bool LessOrEqualLong(long a, long b) => a <= b;
    public static int IfLessOrEqualLong(long a, long b) => a <= b ? 1 : 2;
    public static int UnlessLessOrEqualLong(long a, long b) => !(a <= b) ? 3 : 4;
    public static bool GreaterLong(long a, long b) => a > b;
    public static int IfGreaterLong(long a, long b) => a > b ? 1 : 2;
    public static int UnlessGreaterLong(long a, long b) => !(a > b) ? 3 : 4;
    public static bool GreaterOrEqualLong(long a, long b) => a >= b;
    public static int IfGreaterOrEqualLong(long a, long b) => a >= b ? 1 : 2;
    public static int UnlessGreaterOrEqualLong(long a, long b) => !(a >= b) ? 3 : 4;
    public static bool EqualULong(ulong a, ulong b) => a == b;
    public static int IfEqualULong(ulong a, ulong b) => a == b ? 1 : 2;
    public static int UnlessEqualULong(ulong a, ulong b) => !(a == b) ? 3 : 4;
    public static bool NotEqualULong(ulong a, ulong b) => a != b;
    public static int IfNotEqualULong(ulong a, ulong b) => a != b ? 1 : 2;
    public static int UnlessNotEqualULong(ulong a, ulong b) => !(a != b) ? 3 : 4;
    public static bool LessULong(ulong a, ulong b) => a < b;
    public static int IfLessULong(ulong a, ulong b) => a < b ? 1 : 2;
    public static int UnlessLessULong(ulong a, ulong b) => !(a < b) ? 3 : 4;
    public static bool LessOrEqualULong(ulong a, ulong b) => a <= b;
    public static int IfLessOrEqualULong(ulong a, ulong b) => a <= b ? 1 : 2;
    public static int UnlessLessOrEqualULong(ulong a, ulong b) => !(a <= b) ? 3 : 4;
    public static bool GreaterULong(ulong a, ulong b) => a > b;
    public static int IfGreaterULong(ulong a, ulong b) => a > b ? 1 : 2;
    public static int UnlessGreaterULong(ulong a, ulong b) => !(a > b) ? 3 : 4;
    public static bool GreaterOrEqualULong(ulong a, ulong b) => a >= b;
    public static int IfGreaterOrEqualULong(ulong a, ulong b) => a >= b ? 1 : 2;
    public static int UnlessGreaterOrEqualULong(ulong a, ulong b) => !(a >= b) ? 3 : 4;
    public static bool EqualFloat(float a, float b) => a == b;
    public static int IfEqualFloat(float a, float b) => a == b ? 1 : 2;
    public static int UnlessEqualFloat(float a, float b) => !(a == b) ? 3 : 4;
    public static bool NotEqualFloat(float a, float b) => a != b;
    public static int IfNotEqualFloat(float a, float b) => a != b ? 1 : 2;
    public static int UnlessNotEqualFloat(float a, float b) => !(a != b) ? 3 : 4;
    public static bool LessFloat(float a, float b) => a < b;
    public static int IfLessFloat(float a, float b) => a < b ? 1 : 2;
    public static int UnlessLessFloat(float a, float b) => !(a < b) ? 3 : 4;
    public static bool LessOrEqualFloat(float a, float b) => a <= b;
    public static int IfLessOrEqualFloat(float a, float b) => a <= b ? 1 : 2;
    public static int UnlessLessOrEqualFloat(float a, float b) => !(a <= b) ? 3 : 4;
    public static bool GreaterFloat(float a, float b) => a > b;
    public static int IfGreaterFloat(float a, float b) => a > b ? 1 : 2;
    public static int UnlessGreaterFloat(float a, float b) => !(a > b) ? 3 : 4;
    public static bool GreaterOrEqualFloat(float a, float b) => a >= b;
    public static int IfGreaterOrEqualFloat(float a, float b) => a >= b ? 1 : 2;
    public static int UnlessGreaterOrEqualFloat(float a, float b) => !(a >= b) ? 3 : 4;
    public static bool EqualDouble(double a, double b) => a == b;
    public static int IfEqualDouble(double a, double b) => a == b ? 1 : 2;
    public static int UnlessEqualDouble(double a, double b) => !(a == b) ? 3 : 4;
    public static bool NotEqualDouble(double a, double b) => a != b;
    public static int IfNotEqualDouble(double a, double b) => a != b ? 1 : 2;
    public static int UnlessNotEqualDouble(double a, double b) => !(a != b) ? 3 : 4;
    public static bool LessDouble(double a, double b) => a < b;
    public static int IfLessDouble(double a, double b) => a < b ? 1 : 2;
    public static int UnlessLessDouble(double a, double b) => !(a < b) ? 3 : 4;
    public static bool LessOrEqualDouble(double a, double b) => a <= b;
    public static int IfLessOrEqualDouble(double a, double b) => a <= b ? 1 : 2;
    public static int UnlessLessOrEqualDouble(double a, double b) => !(a <= b) ? 3 : 4;
    public static bool GreaterDouble(double a, double b) => a > b;
    public static int IfGreaterDouble(double a, double b) => a > b ? 1 : 2;
    public static int UnlessGreaterDouble(double a, double b) => !(a > b) ? 3 : 4;
    public static bool GreaterOrEqualDouble(double a, double b) => a >= b;
    public static int IfGreaterOrEqualDouble(double a, double b) => a >= b ? 1 : 2;
    public static int UnlessGreaterOrEqualDouble(double a, double b) => !(a >= b) ? 3 : 4;
    public static bool EqualByte(byte a, byte b) => a == b;
    public static int IfEqualByte(byte a, byte b) => a == b ? 1 : 2;
    public static int UnlessEqualByte(byte a, byte b) => !(a == b) ? 3 : 4;
    public static bool NotEqualByte(byte a, byte b) => a != b;
    public static int IfNotEqualByte(byte a, byte b) => a != b ? 1 : 2;
    public static int UnlessNotEqualByte(byte a, byte b) => !(a != b) ? 3 : 4;
    public static bool LessByte(byte a, byte b) => a < b;
    public static int IfLessByte(byte a, byte b) => a < b ? 1 : 2;
    public static int UnlessLessByte(byte a, byte b) => !(a < b) ? 3 : 4;
    public static bool LessOrEqualByte(byte a, byte b) => a <= b;
    public static int IfLessOrEqualByte(byte a, byte b) => a <= b ? 1 : 2;
    public static int UnlessLessOrEqualByte(byte a, byte b) => !(a <= b) ? 3 : 4;
    public static bool GreaterByte(byte a, byte b) => a > b;
    public static int IfGreaterByte(byte a, byte b) => a > b ? 1 : 2;
    public static int UnlessGreaterByte(byte a, byte b) => !(a > b) ? 3 : 4;
    public static bool GreaterOrEqualByte(byte a, byte b) => a >= b;
    public static int IfGreaterOrEqualByte(byte a, byte b) => a >= b ? 1 : 2;
    public static int UnlessGreaterOrEqualByte(byte a, byte b) => !(a >= b) ? 3 : 4;
    public static bool EqualShort(short a, short b) => a == b;
    public static int IfEqualShort(short a, short b) => a == b ? 1 : 2;
    public static int UnlessEqualShort(short a, short b) => !(a == b) ? 3 : 4;
    public static bool NotEqualShort(short a, short b) => a != b;
    public static int IfNotEqualShort(short a, short b) => a != b ? 1 : 2;
    public static int UnlessNotEqualShort(short a, short b) => !(a != b) ? 3 : 4;
    public static bool LessShort(short a, short b) => a < b;
    public static int IfLessShort(short a, short b) => a < b ? 1 : 2;
    public static int UnlessLessShort(short a, short b) => !(a < b) ? 3 : 4;
    public static bool LessOrEqualShort(short a, short b) => a <= b;
    public static int IfLessOrEqualShort(short a, short b) => a <= b ? 1 : 2;
    public static int UnlessLessOrEqualShort(short a, short b) => !(a <= b) ? 3 : 4;
    public static bool GreaterShort(short a, short b) => a > b;
    public static int IfGreaterShort(short a, short b) => a > b ? 1 : 2;
    public static int UnlessGreaterShort(short a, short b) => !(a > b) ? 3 : 4;
    public static bool GreaterOrEqualShort(short a, short b) => a >= b;
    public static int IfGreaterOrEqualShort(short a, short b) => a >= b ? 1 : 2;
    public static int UnlessGreaterOrEqualShort(short a, short b) => !(a >= b) ? 3 : 4;

    // Conversions between all types, unchecked.
    public static byte SByteToByte(sbyte a) => unchecked((byte)a);
    public static short SByteToShort(sbyte a) => unchecked((short)a);
    public static ushort SByteToUShort(sbyte a) => unchecked((ushort)a);
    public static int SByteToInt(sbyte a) => unchecked((int)a);
    public static uint SByteToUInt(sbyte a) => unchecked((uint)a);
    public static long SByteToLong(sbyte a) => unchecked((long)a);
    public static ulong SByteToULong(sbyte a) => unchecked((ulong)a);
    public static float SByteToFloat(sbyte a) => unchecked((float)a);
    public static double SByteToDouble(sbyte a) => unchecked((double)a);
    public static sbyte ByteToSByte(byte a) => unchecked((sbyte)a);
    public static short ByteToShort(byte a) => unchecked((short)a);
    public static ushort ByteToUShort(byte a) => unchecked((ushort)a);
    public static int ByteToInt(byte a) => unchecked((int)a);
    public static uint ByteToUInt(byte a) => unchecked((uint)a);
    public static long ByteToLong(byte a) => unchecked((long)a);
    public static ulong ByteToULong(byte a) => unchecked((ulong)a);
    public static float ByteToFloat(byte a) => unchecked((float)a);
    public static double ByteToDouble(byte a) => unchecked((double)a);
    public static sbyte ShortToSByte(short a) => unchecked((sbyte)a);
    public static byte ShortToByte(short a) => unchecked((byte)a);
    public static ushort ShortToUShort(short a) => unchecked((ushort)a);
    public static int ShortToInt(short a) => unchecked((int)a);
    public static uint ShortToUInt(short a) => unchecked((uint)a);
    public static long ShortToLong(short a) => unchecked((long)a);
    public static ulong ShortToULong(short a) => unchecked((ulong)a);
    public static float ShortToFloat(short a) => unchecked((float)a);
    public static double ShortToDouble(short a) => unchecked((double)a);
    public static sbyte UShortToSByte(ushort a) => unchecked((sbyte)a);
    public static byte UShortToByte(ushort a) => unchecked((byte)a);
    public static short UShortToShort(ushort a) => unchecked((short)a);
    public static int UShortToInt(ushort a) => unchecked((int)a);
    public static uint UShortToUInt(ushort a) => unchecked((uint)a);
    public static long UShortToLong(ushort a) => unchecked((long)a);
    public static ulong UShortToULong(ushort a) => unchecked((ulong)a);
    public static float UShortToFloat(ushort a) => unchecked((float)a);
    public static double UShortToDouble(ushort a) => unchecked((double)a);
    public static sbyte IntToSByte(int a) => unchecked((sbyte)a);
    public static byte IntToByte(int a) => unchecked((byte)a);
    public static short IntToShort(int a) => unchecked((short)a);
    public static ushort IntToUShort(int a) => unchecked((ushort)a);
    public static uint IntToUInt(int a) => unchecked((uint)a);
    public static long IntToLong(int a) => unchecked((long)a);
    public static ulong IntToULong(int a) => unchecked((ulong)a);
    public static float IntToFloat(int a) => unchecked((float)a);
    public static double IntToDouble(int a) => unchecked((double)a);
    public static sbyte UIntToSByte(uint a) => unchecked((sbyte)a);
    public static byte UIntToByte(uint a) => unchecked((byte)a);
    public static short UIntToShort(uint a) => unchecked((short)a);
    public static ushort UIntToUShort(uint a) => unchecked((ushort)a);
    public static int UIntToInt(uint a) => unchecked((int)a);
    public static long UIntToLong(uint a) => unchecked((long)a);
    public static ulong UIntToULong(uint a) => unchecked((ulong)a);
    public static float UIntToFloat(uint a) => unchecked((float)a);
    public static double UIntToDouble(uint a) => unchecked((double)a);
    public static sbyte LongToSByte(long a) => unchecked((sbyte)a);
    public static byte LongToByte(long a) => unchecked((byte)a);
    public static short LongToShort(long a) => unchecked((short)a);
    public static ushort LongToUShort(long a) => unchecked((ushort)a);
    public static int LongToInt(long a) => unchecked((int)a);
    public static uint LongToUInt(long a) => unchecked((uint)a);
    public static ulong LongToULong(long a) => unchecked((ulong)a);
    public static float LongToFloat(long a) => unchecked((float)a);
    public static double LongToDouble(long a) => unchecked((double)a);
    public static sbyte ULongToSByte(ulong a) => unchecked((sbyte)a);
    public static byte ULongToByte(ulong a) => unchecked((byte)a);
    public static short ULongToShort(ulong a) => unchecked((short)a);
    public static ushort ULongToUShort(ulong a) => unchecked((ushort)a);
    public static int ULongToInt(ulong a) => unchecked((int)a);
    public static uint ULongToUInt(ulong a) => unchecked((uint)a);
    public static long ULongToLong(ulong a) => unchecked((long)a);
    public static float ULongToFloat(ulong a) => unchecked((float)a);
    public static double ULongToDouble(ulong a) => unchecked((double)a);
    public static sbyte FloatToSByte(float a) => unchecked((sbyte)a);
    public static byte FloatToByte(float a) => unchecked((byte)a);
    public static short FloatToShort(float a) => unchecked((short)a);
    public static ushort FloatToUShort(float a) => unchecked((ushort)a);
    public static int FloatToInt(float a) => unchecked((int)a);
    public static uint FloatToUInt(float a) => unchecked((uint)a);
    public static long FloatToLong(float a) => unchecked((long)a);
    public static ulong FloatToULong(float a) => unchecked((ulong)a);
    public static double FloatToDouble(float a) => unchecked((double)a);
    public static sbyte DoubleToSByte(double a) => unchecked((sbyte)a);
    public static byte DoubleToByte(double a) => unchecked((byte)a);
    public static short DoubleToShort(double a) => unchecked((short)a);
    public static ushort DoubleToUShort(double a) => unchecked((ushort)a);
    public static int DoubleToInt(double a) => unchecked((int)a);
    public static uint DoubleToUInt(double a) => unchecked((uint)a);
    public static long DoubleToLong(double a) => unchecked((long)a);
    public static ulong DoubleToULong(double a) => unchecked((ulong)a);
    public static float DoubleToFloat(double a) => unchecked((float)a);

    // Small types: widened for arithmetic, narrowed when stored.
    public static sbyte ArithmeticSByte(sbyte a, sbyte b) => unchecked((sbyte)(a * b + (sbyte)(a - b)));
    public static int LocalSByte(int a) { sbyte x = unchecked((sbyte)a); x += 100; x++; return x * 2; }
    public static sbyte IdentitySByte(sbyte a) => a;
    public static byte ArithmeticByte(byte a, byte b) => unchecked((byte)(a * b + (byte)(a - b)));
    public static int LocalByte(int a) { byte x = unchecked((byte)a); x += 100; x++; return x * 2; }
    public static byte IdentityByte(byte a) => a;
    public static short ArithmeticShort(short a, short b) => unchecked((short)(a * b + (short)(a - b)));
    public static int LocalShort(int a) { short x = unchecked((short)a); x += 100; x++; return x * 2; }
    public static short IdentityShort(short a) => a;
    public static ushort ArithmeticUShort(ushort a, ushort b) => unchecked((ushort)(a * b + (ushort)(a - b)));
    public static int LocalUShort(int a) { ushort x = unchecked((ushort)a); x += 100; x++; return x * 2; }
    public static ushort IdentityUShort(ushort a) => a;
    public static bool IdentityBool(bool a) => a;
    public static char NextChar(char a) => (char)(a + 1);
    public static int BoolLogic(bool a, bool b, bool c) => (a & b | c ^ a ? 1 : 0) + (a && !b || c ? 2 : 0) + (a == b ? 4 : 0);
    public static bool BoolNot(bool a, bool b) => !a | !b;

    public static int ConstantLessFloat(float x) => 1.5f < x ? 3 : 4;

    public static int ConstantNotLessFloat(float x) => !(1.5f < x) ? 3 : 4;

    public static bool ConstantIsLessFloat(float x) => 1.5f < x;

    public static float ConstantIfLessFloat(float x, float y)
    {
        if (1.5f < x)
            y += 2;
        return y;
    }

    public static int ConstantLessOrEqualFloat(float x) => 1.5f <= x ? 3 : 4;

    public static int ConstantNotLessOrEqualFloat(float x) => !(1.5f <= x) ? 3 : 4;

    public static bool ConstantIsLessOrEqualFloat(float x) => 1.5f <= x;

    public static float ConstantIfLessOrEqualFloat(float x, float y)
    {
        if (1.5f <= x)
            y += 2;
        return y;
    }

    public static int ConstantGreaterFloat(float x) => 1.5f > x ? 3 : 4;

    public static int ConstantNotGreaterFloat(float x) => !(1.5f > x) ? 3 : 4;

    public static bool ConstantIsGreaterFloat(float x) => 1.5f > x;

    public static float ConstantIfGreaterFloat(float x, float y)
    {
        if (1.5f > x)
            y += 2;
        return y;
    }

    public static int ConstantGreaterOrEqualFloat(float x) => 1.5f >= x ? 3 : 4;

    public static int ConstantNotGreaterOrEqualFloat(float x) => !(1.5f >= x) ? 3 : 4;

    public static bool ConstantIsGreaterOrEqualFloat(float x) => 1.5f >= x;

    public static float ConstantIfGreaterOrEqualFloat(float x, float y)
    {
        if (1.5f >= x)
            y += 2;
        return y;
    }

    public static int ConstantLessDouble(double x) => 1.5 < x ? 3 : 4;

    public static int ConstantNotLessDouble(double x) => !(1.5 < x) ? 3 : 4;

    public static bool ConstantIsLessDouble(double x) => 1.5 < x;

    public static double ConstantIfLessDouble(double x, double y)
    {
        if (1.5 < x)
            y += 2;
        return y;
    }

    public static int ConstantLessOrEqualDouble(double x) => 1.5 <= x ? 3 : 4;

    public static int ConstantNotLessOrEqualDouble(double x) => !(1.5 <= x) ? 3 : 4;

    public static bool ConstantIsLessOrEqualDouble(double x) => 1.5 <= x;

    public static double ConstantIfLessOrEqualDouble(double x, double y)
    {
        if (1.5 <= x)
            y += 2;
        return y;
    }

    public static int ConstantGreaterDouble(double x) => 1.5 > x ? 3 : 4;

    public static int ConstantNotGreaterDouble(double x) => !(1.5 > x) ? 3 : 4;

    public static bool ConstantIsGreaterDouble(double x) => 1.5 > x;

    public static double ConstantIfGreaterDouble(double x, double y)
    {
        if (1.5 > x)
            y += 2;
        return y;
    }

    public static int ConstantGreaterOrEqualDouble(double x) => 1.5 >= x ? 3 : 4;

    public static int ConstantNotGreaterOrEqualDouble(double x) => !(1.5 >= x) ? 3 : 4;

    public static bool ConstantIsGreaterOrEqualDouble(double x) => 1.5 >= x;

    public static double ConstantIfGreaterOrEqualDouble(double x, double y)
    {
        if (1.5 >= x)
            y += 2;
        return y;
    }
}
