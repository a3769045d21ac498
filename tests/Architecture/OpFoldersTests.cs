using Xunit;

namespace BareBert.Tests;

/// <summary>An operation of the devices is one folder, and its tests lie in one of the same name.</summary>
public sealed class OpFoldersTests
{
    public static TheoryData<string> Operations => [.. Folders("src", "Kernels").Except(["Devices", "Shared"])];

    [Theory, MemberData(nameof(Operations))]
    public void An_operation_has_its_parts_and_its_conformance_test(string operation)
    {
        string folder = Sources.At("src", "Kernels", operation);
        Assert.Contains(Directory.GetFiles(folder, "*.cs"), file => File.ReadAllText(file).Contains("partial interface IDeviceKernels", StringComparison.Ordinal));
        Assert.All(["Cpu.cs", "Gpu.cs", "README.md"], part => Assert.True(File.Exists(Path.Combine(folder, part)), $"{operation} has no {part}"));
        Assert.True(File.Exists(Sources.At("tests", "Kernels", operation, operation + "Conformance.cs")), $"{operation} has no conformance test of its name");
    }

    [Fact]
    public void Tests_lie_in_folders_of_the_sources() => Assert.Empty(Below(Sources.At("tests", "Kernels")).Except(Below(Sources.At("src", "Kernels"))).Except(["Conformance"]));

    private static IEnumerable<string> Folders(params string[] parts) =>
        Directory.GetDirectories(Sources.At(parts)).Select(path => Path.GetFileName(path)!).Where(name => name is not ("bin" or "obj")).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Below(string root) =>
        Directory.EnumerateDirectories(root, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(root, path));
}
