using BareBert.Simt;
using ILGPU;
using Xunit;

namespace BareBert.Tests;

/// <summary>What cannot become a kernel is refused, with the place and the reason.</summary>
public sealed class CompileErrorTests
{
    private static class Refused
    {
        private static int counter;

        public static void NewObject(ArrayView<int> x) => x[0] = new List<int>().Count;

        public static void NewArray(ArrayView<int> x) => x[0] = new int[3].Length;

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

        public static void AmbiguousReference(ArrayView<int> x)
        {
            (int a, int b) = (x[0], x[1]);
            ref int chosen = ref x[2] > 0 ? ref a : ref b;
            chosen = 5;
            x[3] = a + b;
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

        public static void ReadBeforeWrite(ArrayView<int> x)
        {
            ArrayView<int> array = LocalMemory.Allocate<int>(4);
            array[0] = 1;
            x[0] = array[3];
        }

        public static void OutsideRegisterArray(ArrayView<int> x)
        {
            ArrayView<int> array = LocalMemory.Allocate<int>(4);
            for (int i = 0; i <= 4; i++)
                array[i] = i;
            x[0] = array[0];
        }

        public static int Returns(ArrayView<int> x) => x.IntLength;

        public static void TakesObject(string text) => _ = text.Length;

        public static void FloatRemainder(ArrayView<float> x) => x[0] = x[1] % x[2];
    }

    [Theory]
    [InlineData("NewObject", "NewObject", "new List`1")]
    [InlineData("NewArray", "NewArray", "ArrayView<T>")]
    [InlineData("Recursion", "Factorial", "recursion")]
    [InlineData("TryCatch", "TryCatch", "try/catch/finally")]
    [InlineData("MutableStatic", "MutableStatic", "static field counter")]
    [InlineData("Checked", "Checked", "checked arithmetic")]
    [InlineData("Delegate", "Delegate", "")]
    [InlineData("AmbiguousReference", "AmbiguousReference", "different variables")]
    [InlineData("MixedSpaces", "MixedSpaces", "different address spaces")]
    [InlineData("ViewOfAnEarlierRound", "ViewOfAnEarlierRound", "one thing in the first round of a loop")]
    [InlineData("DynamicAllocation", "DynamicAllocation", "known when the kernel is compiled")]
    [InlineData("ReadBeforeWrite", "ReadBeforeWrite", "read before it is written")]
    [InlineData("OutsideRegisterArray", "OutsideRegisterArray", "index 4 is outside the local array of 4")]
    [InlineData("Returns", "Returns", "returns void")]
    [InlineData("TakesObject", "TakesObject", "a parameter of type String")]
    [InlineData("FloatRemainder", "FloatRemainder", "% on floating-point")]
    public void NamesMethodOffsetAndReason(string kernel, string place, string reason)
    {
        SimtCompileException error = Assert.Throws<SimtCompileException>(() => SimtKernel.Of(typeof(Refused).GetMethod(kernel)!));
        Assert.Equal(place, error.Method.Name);
        Assert.Contains(reason, error.Reason);
        Assert.Contains($"{place}(", error.Message);
        Assert.Contains($"IL_{error.Offset:x4}", error.Message);
    }

    [Fact]
    public void KernelMembersSaySoOnTheHost()
    {
        var error = Assert.Throws<NotSupportedException>(() => Group.IdxX);
        Assert.Contains("kernels run through the compiler", error.Message);
        Assert.Throws<NotSupportedException>(() => default(ArrayView<int>)[0]);
    }

    [Fact]
    public void WithoutADriverTheReasonIsGiven()
    {
        if (CudaDeviceInfo.All(out string reason).Count > 0)
            Assert.Skip("this machine has a GPU");
        Assert.NotEmpty(reason);
        Assert.Contains(reason, Assert.Throws<InputException>(() => new CudaDevice()).Message);
    }

    [Fact]
    public void MovesThatSwapGoThroughATemporary()
    {
        Register A = new(PtxType.Int32, 1), B = new(PtxType.Int32, 2), C = new(PtxType.Int32, 3);
        var values = new Dictionary<int, int> { [1] = 10, [2] = 20, [3] = 30 };
        int next = 100;
        foreach (var (target, source) in ParallelMoves.InOrder([(A, B), (B, A), (C, B)], type => new Register(type, next++)))
            values[target.Id] = values[((Register)source).Id];
        Assert.Equal([20, 10, 20], [values[1], values[2], values[3]]);
    }
}
