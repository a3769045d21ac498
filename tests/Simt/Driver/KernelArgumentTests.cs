using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>How the arguments of a launch are handed to the driver.</summary>
public sealed unsafe class KernelArgumentTests
{
    [Fact]
    public void AViewIsOneParameterOfTwoNumbers()
    {
        int[] expected = [0, 2, 3, 5];
        KernelArgument[] arguments = [DeviceView.At<float>(4096, 10), 7, DeviceView.At<int>(8192, 3), 1.5f];
        var values = new ulong[6];
        void** pointers = stackalloc void*[6];
        fixed (ulong* first = values)
        {
            KernelArgument.Point(pointers, first, arguments);
            for (int i = 0; i < expected.Length; i++)
                Assert.Equal((nint)(first + expected[i]), (nint)pointers[i]);
        }
    }
}
