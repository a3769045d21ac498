using BareBert.Simt;
using ILGPU;
using Xunit;

namespace BareBert.Tests;

/// <summary>What cannot become a kernel is refused, with the place and the reason.</summary>
public sealed class CompileErrorTests
{
    private sealed class Refused
    {
        private static int counter;

        public static void NewObject(ArrayView<int> x) => x[0] = new List<int>().Count;

        public static void Recursion(ArrayView<int> x) => x[0] = Factorial(x[1]);

        private static int Factorial(int n) => n < 2 ? 1 : n * Factorial(n - 1);

        public static void TryCatch(ArrayView<int> x)
        {
            try
            {
                x[0] = 1;
            }
            finally
            {
                x[1] = 2;
            }
        }

        public static void MutableStatic(ArrayView<int> x) => x[0] = counter++;

        public static void Checked(ArrayView<int> x) => x[0] = checked(x[1] + 1);

        public static void Delegate(ArrayView<int> x)
        {
            Func<int, int> f = Factorial;
            x[0] = f(1);
        }

        public static void MixedSpaces(ArrayView<int> x)
        {
            ArrayView<int> shared = SharedMemory.Allocate<int>(4);
            ArrayView<int> chosen = x[0] > 0 ? shared : x;
            chosen[1] = 3;
        }

        public static void ViewOfAnEarlierRound(ArrayView<int> x)
        {
            ArrayView<int> view = x, shared = SharedMemory.Allocate<int>(4);
            for (int i = 0; i < x[0]; i++)
            {
                view[1] = i;
                view = shared;
            }
        }

        public static void DynamicAllocation(ArrayView<int> x) => SharedMemory.Allocate<int>(x[0])[0] = 1;

        public static int Returns(ArrayView<int> x) => x.IntLength;

        public static void TakesObject(string text) => _ = text.Length;

        public static void Throws(ArrayView<int> x)
        {
            if (x[0] < 0)
                throw new ArgumentException();
        }

        public void Instance(ArrayView<int> x) => x[0] = 1;

        public static void TakesBools(ArrayView<bool> x) => x[0] = true;

        public static void TakesChar(ArrayView<int> x, char c) => x[0] = c;

        public static void LocalChar(ArrayView<int> x)
        {
            var c = (char)x[0];
            for (int i = 0; i < x[1]; i++)
                c++;
            x[0] = c;
        }

        public static void Epsilon(ArrayView<float> x) => x[0] = x[1] > 0 ? float.Epsilon : 0;

        public static void DividesWhatIsLoaded(ArrayView<int> x) => x[0] = x[1] / 4;

        public static void DividesADifference(ArrayView<int> x, int n) => x[0] = (n - Group.IdxX) / 8;

        public static void DividesUnsigned(ArrayView<int> x, uint n) => x[0] = (int)(n / 16);

        public static void ShiftsWhatIsLoaded(ArrayView<int> x) => x[0] = x[1] >> 3;

        public static void ConstantOnTheLeft(ArrayView<float> x)
        {
            if (1.5f < x[0])
                x[1] = 2;
        }

        public static void SmallOrLarge(ArrayView<int> x) => x[0] = x[1] > 0 ? x[2] : (byte)x[1];

        public static void SmallPartOfAFloat(ArrayView<float> x) => x[0] = (byte)(int)x[1];

        public static void SmallConstant(ArrayView<int> x)
        {
            int i = -56;
            x[0] = (byte)i;
        }

        public static void SignOfASmallNumber(ArrayView<int> x) => x[0] = Widened(x[1]);

        private static int Widened(int x) => (ushort)(sbyte)x;
    }

    [Theory]
    [InlineData("NewObject", "NewObject", "List`1")]
    [InlineData("Recursion", "Recursion", "calls itself")]
    [InlineData("TryCatch", "TryCatch", "Leave")]
    [InlineData("MutableStatic", "MutableStatic", "static field 'Int32 counter'")]
    [InlineData("Checked", "Checked", "IL_0012: checked arithmetic")]
    [InlineData("Delegate", "Delegate", "Ldftn")]
    [InlineData("MixedSpaces", "MixedSpaces", "whether it is global, shared or local")]
    [InlineData("ViewOfAnEarlierRound", "ViewOfAnEarlierRound", "whether it is global, shared or local")]
    [InlineData("DynamicAllocation", "DynamicAllocation", "must be statically known")]
    [InlineData("Returns", "Returns", "returns void")]
    [InlineData("TakesObject", "TakesObject", "'string'")]
    [InlineData("Throws", "Throws", "Throw")]
    [InlineData("Instance", "Instance", "static method")]
    [InlineData("TakesBools", "TakesBools", "whose size differs")]
    [InlineData("TakesChar", "TakesChar", "whose size differs")]
    [InlineData("LocalChar", "LocalChar", "IL_0000: a char")]
    [InlineData("Epsilon", "Epsilon", "Epsilon")]
    [InlineData("DividesWhatIsLoaded", "DividesWhatIsLoaded", "a division by 4")]
    [InlineData("DividesADifference", "DividesADifference", "a division by 8")]
    [InlineData("DividesUnsigned", "DividesUnsigned", "a division by 16")]
    [InlineData("ShiftsWhatIsLoaded", "ShiftsWhatIsLoaded", "DeviceMath.ShiftRight")]
    [InlineData("SignOfASmallNumber", "Widened", "IL_0002: conv.u2 of what was converted to 8 bits with a sign")]
    [InlineData("ConstantOnTheLeft", "ConstantOnTheLeft", "a float constant on its left")]
    [InlineData("SmallOrLarge", "SmallOrLarge", "a choice between a small integer and another")]
    [InlineData("SmallPartOfAFloat", "SmallPartOfAFloat", "conv.u1 of what was converted to 32 bits")]
    [InlineData("SmallConstant", "SmallConstant", "write 200")]
    public void NamesMethodAndReason(string kernel, string place, string reason)
    {
        SimtCompileException error = Assert.Throws<SimtCompileException>(() => SimtKernel.Of(typeof(Refused).GetMethod(kernel)!));
        Assert.Equal(place, error.Method.Name);
        Assert.Contains(reason, error.Reason);
        Assert.Contains($"{place}(", error.Message);
    }

    // The first parameter is divided, the second is not.
    private static void Halves(ArrayView<int> x, int n, int m) => x[Group.IdxX] = n / 2 + m;

    [Fact]
    public void AParameterThatIsDividedMustNotBeNegativeAtALaunch()
    {
        using var device = new EmulatedDevice();
        using var x = new DeviceBuffer<int>(device, 1);
        SimtKernel kernel = SimtKernel.Of(Halves);
        device.Launch(kernel, 1, 1, 0, x.View, 7, -1);
        Assert.Equal([2], x.Download());
        Assert.Contains("n is negative", Assert.Throws<ArgumentException>(() => device.Launch(kernel, 1, 1, 0, x.View, -7, 1)).Message);
    }

    [Fact]
    public void WhatOnlyAGpuHasSaysSoOnTheHost() =>
        Assert.Contains("an instruction of a GPU", Assert.Throws<NotSupportedException>(() => WarpVote.Ballot(true)).Message);

    [Fact]
    public void WithoutADriverTheReasonIsGiven()
    {
        if (CudaDeviceInfo.All(out string reason).Count > 0)
            Assert.Skip("this machine has a GPU");
        Assert.NotEmpty(reason);
        Assert.Contains(reason, Assert.Throws<InputException>(() => new CudaDevice()).Message);
    }
}
