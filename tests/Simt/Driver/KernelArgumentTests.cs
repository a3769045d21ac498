using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>How the arguments of a launch are handed to the driver.</summary>
public sealed unsafe class KernelArgumentTests
{
    [Theory]
    [InlineData(false, new[] { 0, 1, 2, 3, 4, 5 })]
    [InlineData(true, new[] { 0, 2, 3, 5 })]
    public void AViewIsTwoParametersOrOne(bool viewsWhole, int[] expected)
    {
        KernelArgument[] arguments = [DeviceView.At<float>(4096, 10), 7, DeviceView.At<int>(8192, 3), 1.5f];
        var values = new ulong[6];
        void** pointers = stackalloc void*[6];
        fixed (ulong* first = values)
        {
            KernelArgument.Point(pointers, first, arguments, viewsWhole);
            for (int i = 0; i < expected.Length; i++)
                Assert.Equal((nint)(first + expected[i]), (nint)pointers[i]);
        }
    }
}
