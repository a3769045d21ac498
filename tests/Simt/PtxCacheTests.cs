using System.Reflection;
using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>Compiled kernels on disk.</summary>
public sealed class PtxCacheTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("barebert-ptx").FullName;
    private static readonly MethodInfo Saxpy = typeof(SampleKernels).GetMethod(nameof(SampleKernels.Saxpy))!;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string[] Files => Directory.GetFiles(_folder, "*.ptx", SearchOption.AllDirectories);

    [Fact]
    public void WhatWasCompiledIsReadBack()
    {
        PtxModule first = new PtxCache(_folder).Of(Saxpy, "sm_80");
        DateTime written = File.GetLastWriteTimeUtc(Assert.Single(Files));
        PtxModule second = new PtxCache(_folder).Of(Saxpy, "sm_80");
        Assert.Equal(first, second);
        Assert.Equal((first.StaticSharedBytes, first.UsesDynamicShared), (second.StaticSharedBytes, second.UsesDynamicShared));
        Assert.Equal(written, File.GetLastWriteTimeUtc(Assert.Single(Files)));
    }

    [Fact]
    public void EachChipHasItsOwn()
    {
        Assert.Contains(".target sm_80", new PtxCache(_folder).Of(Saxpy, "sm_80").Text);
        Assert.Contains(".target sm_90", new PtxCache(_folder).Of(Saxpy, "sm_90").Text);
        Assert.Equal(2, Files.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    [InlineData(500)]
    public void ADamagedFileIsCompiledAgain(int length)
    {
        PtxModule whole = new PtxCache(_folder).Of(Saxpy, "sm_80");
        using (FileStream file = File.OpenWrite(Assert.Single(Files)))
            file.SetLength(length);
        Assert.Equal(whole, new PtxCache(_folder).Of(Saxpy, "sm_80"));
        Assert.Equal(whole, new PtxCache(_folder).Of(Saxpy, "sm_80"));
    }

    [Fact]
    public void AChangedTextIsNotTrusted()
    {
        PtxModule whole = new PtxCache(_folder).Of(Saxpy, "sm_80");
        string file = Assert.Single(Files);
        File.WriteAllText(file, File.ReadAllText(file).Replace("add.f32", "sub.f32", StringComparison.Ordinal).Replace("fma.rn.f32", "mul.f32", StringComparison.Ordinal));
        Assert.Equal(whole, new PtxCache(_folder).Of(Saxpy, "sm_80"));
    }

    [Fact]
    public void OldBuildsAreForgotten()
    {
        for (int i = 0; i < 6; i++)
            Directory.CreateDirectory(Path.Combine(_folder, $"build{i}"));
        new PtxCache(_folder).Of(Saxpy, "sm_80");
        Assert.Equal(4, Directory.GetDirectories(_folder).Length);
    }

    [Fact]
    public void AFolderThatCannotBeWrittenCostsTimeOnly()
    {
        string file = Path.Combine(_folder, "a file");
        File.WriteAllText(file, "");
        Assert.NotEmpty(new PtxCache(Path.Combine(file, "below")).Of(Saxpy, "sm_80").Text);
    }

    /// <summary>Names in ILGPU's text differ from run to run; ours do not.</summary>
    [Fact]
    public void TwoCompilationsGiveOneText() => Assert.Equal(SimtKernel.Of(SimtKernels.MmaBf16Pipelined).Ptx, SimtKernel.Of(SimtKernels.MmaBf16Pipelined).Ptx);
}
