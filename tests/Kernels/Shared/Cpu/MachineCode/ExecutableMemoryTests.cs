using System.Runtime.Intrinsics.X86;
using BareBert.Kernels;
using Xunit;

namespace BareBert.Tests;

/// <summary>Code that was written can be called.</summary>
public sealed class ExecutableMemoryTests
{
    [Fact]
    public unsafe void WhatIsPublishedRuns()
    {
        if (!Avx.IsSupported || !OperatingSystem.IsLinux())
            Assert.Skip("needs Linux on a processor with AVX");
        var code = new Assembler();
        code.LoadAddress(Register.Rax, new Address(Register.Rdi, 5, Register.Rdi, 2));
        code.Return();
        nint function = ExecutableMemory.Publish(code.Code);
        Assert.NotEqual(0, function);
        Assert.Equal(35, ((delegate* unmanaged<nint, nint>)function)(10));
        // A page each: the first still runs.
        Assert.NotEqual(function, ExecutableMemory.Publish(code.Code));
        Assert.Equal(8, ((delegate* unmanaged<nint, nint>)function)(1));
    }
}
