using System.Diagnostics;
using Xunit;

namespace BareBert.Tests;

/// <summary>A file is replaced as a whole, and nothing else is.</summary>
public sealed class AtomicFileTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void A_file_is_replaced_and_nothing_is_left_beside_it()
    {
        string path = _scratch.File("a.txt", "old"u8.ToArray());
        AtomicFile.WriteText(path, "new");
        Assert.Equal("new", File.ReadAllText(path));
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException();
        }));
        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_scratch.Root));
    }

    /// <summary>A link stays one: what it leads to is replaced, or made.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_link_is_followed(bool isThere)
    {
        string target = _scratch["target.txt"], link = _scratch["link.txt"];
        if (isThere)
            File.WriteAllText(target, "old");
        File.CreateSymbolicLink(link, "target.txt");
        AtomicFile.WriteText(link, "new");
        Assert.Equal("new", File.ReadAllText(target));
        Assert.Equal("target.txt", new FileInfo(link).LinkTarget);
    }

    /// <summary>From where the link lies, not from the name that it was come to by.</summary>
    [Fact]
    public void A_link_in_a_folder_that_is_a_link_is_followed_as_the_system_does()
    {
        Directory.CreateDirectory(_scratch["deep/b"]);
        File.CreateSymbolicLink(_scratch["a"], "deep/b");
        File.CreateSymbolicLink(_scratch["deep/b/link.txt"], "../target.txt");
        File.WriteAllText(_scratch["target.txt"], "precious");
        AtomicFile.WriteText(Path.Combine(_scratch["a"], "link.txt"), "new");
        Assert.Equal(("precious", "new"), (File.ReadAllText(_scratch["target.txt"]), File.ReadAllText(_scratch["deep/target.txt"])));
        Assert.True(UserPaths.AreSame(Path.Combine(_scratch["a"], "link.txt"), _scratch["deep/target.txt"]));
        Assert.True(UserPaths.IsWithin(_scratch["a"], _scratch["deep"]) && !UserPaths.IsWithin(_scratch["deep"], _scratch["a"]));
        Assert.False(UserPaths.IsWithin(_scratch["deeper"], _scratch["deep"]));
        File.CreateSymbolicLink(_scratch["one"], "two");
        File.CreateSymbolicLink(_scratch["two"], "one");
        Refusals.Of(() => AtomicFile.WriteText(_scratch["one"], "new"), "round in circles");
    }

    [Fact]
    public void A_device_is_written_to()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("Linux alone says what is a device");
        string nothing = _scratch["nothing"], full = _scratch["full"];
        File.CreateSymbolicLink(nothing, "/dev/null");
        File.CreateSymbolicLink(full, "/dev/full");
        AtomicFile.WriteText(nothing, "text");
        Assert.Contains("the disk is full", Assert.Throws<RunException>(() => AtomicFile.WriteText(full, "text")).Message);
        Assert.Equal(("/dev/null", "/dev/full"), (new FileInfo(nothing).LinkTarget, new FileInfo(full).LinkTarget));
        Assert.True(Disk.IsDevice("/dev/null") && Disk.IsDevice("/dev/full"));
    }

    [Fact]
    public async Task A_pipe_is_written_to()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("Linux alone says what is a pipe");
        string pipe = _scratch["pipe"];
        using (Process made = Process.Start("mkfifo", pipe))
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        Task<string> read = Task.Run(() => File.ReadAllText(pipe), TestContext.Current.CancellationToken);
        AtomicFile.Write(pipe, stream =>
        {
            stream.Write("  text"u8);
            stream.Position = 0; // as a header that is written last
            stream.Write("a "u8);
        });
        Assert.Equal("a text", await read);
        Assert.True(Disk.IsDevice(pipe));
    }
}
