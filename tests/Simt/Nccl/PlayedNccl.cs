using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using BareBert.Simt;
using Xunit;

namespace BareBert.Tests;

/// <summary>NCCL as nccl.c beside this plays it, built when a test first wants it.</summary>
internal static unsafe class PlayedNccl
{
    private static readonly Lazy<(string? Path, string Why)> Built = new(Build);
    private static readonly Lazy<nint> Handle = new(() => NativeLibrary.Load(Path));

    /// <summary>The library's file; skips the test where there is no compiler.</summary>
    public static string Path
    {
        get
        {
            Assert.SkipWhen(Built.Value.Path is null, Built.Value.Why);
            return Built.Value.Path!;
        }
    }

    public static NcclLibrary Library => NcclLibrary.Load(Path) ?? throw new InvalidOperationException($"{Path} lacks a function");

    /// <summary>What was called since this was last asked, a line each.</summary>
    public static string[] Journal()
    {
        var text = new byte[1 << 16];
        fixed (byte* to = text)
            ((delegate* unmanaged<byte*, nuint, void>)NativeLibrary.GetExport(Handle.Value, "played_journal"))(to, (nuint)text.Length);
        return Encoding.UTF8.GetString(text, 0, Array.IndexOf(text, (byte)0)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Has calls fail with a code; 0: no more.</summary>
    public static void Fail(int code) => ((delegate* unmanaged<int, void>)NativeLibrary.GetExport(Handle.Value, "played_fail"))(code);

    /// <summary>How long one waits for the others.</summary>
    public static void Patience(int milliseconds) => ((delegate* unmanaged<int, void>)NativeLibrary.GetExport(Handle.Value, "played_patience"))(milliseconds);

    /// <summary>Puts sums on the streams of <see cref="FakeDriver"/>, or takes them at once.</summary>
    public static void UsesStreams(bool uses) => ((delegate* unmanaged<delegate* unmanaged<delegate* unmanaged<nint, void>, nint, nint, void>, void>)
        NativeLibrary.GetExport(Handle.Value, "played_queue"))(uses ? &Enqueue : null);

    [UnmanagedCallersOnly]
    private static void Enqueue(delegate* unmanaged<nint, void> work, nint argument, nint stream)
    {
        nint function = (nint)work;
        FakeDriver.Queue(stream, () => ((delegate* unmanaged<nint, void>)function)(argument));
    }

    private static (string?, string) Build()
    {
        string source = Sources.At("tests", "Simt", "Nccl", "nccl.c"), library = System.IO.Path.Combine(AppContext.BaseDirectory, "libplayed-nccl.so");
        foreach (string compiler in new[] { "gcc", "cc", "clang" })
        {
            var start = new ProcessStartInfo(compiler, ["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library, source, "-lpthread", "-lrt"]) { RedirectStandardError = true };
            try
            {
                using Process process = Process.Start(start)!;
                string errors = process.StandardError.ReadToEnd();
                process.WaitForExit();
                return process.ExitCode == 0 ? (library, "") : throw new InvalidOperationException(errors);
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // the next one
            }
        }
        return (null, "no C compiler for a played NCCL: apt-get install gcc");
    }
}
