using System.Diagnostics;
using Xunit;

namespace BareBert.Tests;

/// <summary>A file system of a few hundred kilobytes, in memory, that a test may fill; unmounted when disposed of.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _filler;

    /// <summary>Mounts it on a new folder; skips the test where that is not allowed.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="kibibytes">Its size.</param>
    public SmallDisk(string path, int kibibytes)
    {
        (Path, _filler) = (Directory.CreateDirectory(path).FullName, System.IO.Path.Combine(path, "filler"));
        Assert.SkipWhen(!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || Command("mount", "-t", "tmpfs", "-o", $"size={kibibytes}k", "tmpfs", Path) != 0,
            "needs the right to mount a small tmpfs");
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Leaves no room, or no more than so much.</summary>
    public void Fill(int butFor = 0)
    {
        using FileStream file = File.Create(_filler);
        byte[] block = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(block);
                file.Flush(flushToDisk: true);
            }
        }
        catch (IOException)
        {
            // Full: that is what was wanted.
        }
        file.SetLength(file.Length - butFor * 1024);
    }

    /// <summary>Makes room again.</summary>
    public void Free() => File.Delete(_filler);

    public void Dispose() => Assert.Equal(0, Command("umount", Path));

    private static int Command(string name, params string[] args)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(name, args) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
