using Xunit;

namespace BareBert.Tests;

public sealed class AtomicDirectoryTests : IDisposable
{
    private sealed class Killed : Exception;

    private readonly Scratch _scratch = new();

    private string Target => _scratch["checkpoint"];

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void ReplacesAndLeavesNothingElse()
    {
        AtomicDirectory.Replace(Target, Fill("one"));
        Assert.Equal("one", Content());
        AtomicDirectory.Replace(Target + "/", Fill("two"));
        Assert.Equal("two", Content());
        AssertNoLitter();
    }

    /// <summary>One operation fails, whichever: the caller hears of it, what is there is whole, nothing else is.</summary>
    [Fact]
    public void OneFailureAnywhereLeavesOldOrNewAndNoLitter()
    {
        int steps = CountSteps();
        Assert.True(steps >= 8);
        for (int failing = 0; failing < steps; failing++)
        {
            StartFrom("old");
            int at = 0;
            AtomicStep last = default;
            Exception? thrown = Record.Exception(() => AtomicDirectory.Replace(Target, Fill("new"), step =>
            {
                if (at++ == failing)
                {
                    last = step;
                    throw new IOException("No space left on device", 28);
                }
            }));
            if (last == AtomicStep.Delete)
                Assert.Null(thrown); // The new one is in place; tidying is made up for by the next write.
            else
                Assert.Contains("the disk is full", Assert.IsType<RunException>(thrown).Message);
            Assert.Contains(Content(), (string[])["old", "new"]);
            if (last < AtomicStep.MoveNewIn)
                Assert.Equal("old", Content());
            if (last != AtomicStep.Delete)
                AssertNoLitter();
            AtomicDirectory.Replace(Target, Fill("next"));
            Assert.Equal("next", Content());
            AssertNoLitter();
        }
    }

    /// <summary>From one operation on nothing works any more, as when the process is killed there.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void BeingKilledAnywhereLeavesTheNewestWholeOneToBeFound(bool startsWithOld)
    {
        for (int dying = 0; ; dying++)
        {
            StartFrom(startsWithOld ? "old" : null);
            int at = 0;
            bool sealedWhole = false;
            try
            {
                AtomicDirectory.Replace(Target, Fill("new"), step =>
                {
                    sealedWhole |= step is AtomicStep.MoveOldAway or AtomicStep.MoveNewIn;
                    if (at++ >= dying)
                        throw new Killed();
                });
                break;
            }
            catch (Killed)
            {
            }
            string? found = AtomicDirectory.Find(Target);
            if (sealedWhole)
                Assert.Equal("new", ReadWhole(found));
            else
                Assert.Contains(found is null ? null : ReadWhole(found), startsWithOld ? ["old", "new"] : (string?[])[null, "new"]);
            KillTheNextWriterToo(dying % 5);
            AtomicDirectory.Replace(Target, Fill("next"));
            Assert.Equal("next", Content());
            AssertNoLitter();
        }
    }

    /// <summary>The tidying up after a kill may be killed as well: a whole one stays whole.</summary>
    private void KillTheNextWriterToo(int dying)
    {
        string? before = AtomicDirectory.Find(Target) is string found ? ReadWhole(found) : null;
        int at = 0;
        Assert.Throws<Killed>(() => AtomicDirectory.Replace(Target, _ => throw new Killed(), _ =>
        {
            if (at++ >= dying)
                throw new Killed();
        }));
        Assert.Equal(before, AtomicDirectory.Find(Target) is string after ? ReadWhole(after) : null);
    }

    [Fact]
    public void CancellingWhileWritingKeepsTheOldOne()
    {
        StartFrom("old");
        Assert.Throws<OperationCanceledException>(() => AtomicDirectory.Replace(Target, directory =>
        {
            File.WriteAllText(Path.Combine(directory, "a"), "half");
            throw new OperationCanceledException();
        }));
        Assert.Equal("old", Content());
        AssertNoLitter();
    }

    [Fact]
    public void NoPermissionIsOneLineThatNamesThePath()
    {
        _scratch.File("file", "not a directory");
        Refusals.OfRun(() => AtomicDirectory.Replace(_scratch["file/checkpoint"], Fill("x")), "cannot write", "file/checkpoint");
        Refusals.OfRun(() => AtomicDirectory.Replace(_scratch["file"], Fill("x")), "cannot write");
        Assert.Equal("not a directory", File.ReadAllText(_scratch["file"]));
        Refusals.OfRun(
            () => AtomicDirectory.Replace(Target, _ => throw new UnauthorizedAccessException("denied")), "cannot write", Target, "no permission");
        Assert.Equal([_scratch["file"]], Directory.EnumerateFileSystemEntries(_scratch.Root));
    }

    [Fact]
    public void AFileIsReplacedWholeOrNotAtAll()
    {
        string path = _scratch["folder/run.json"];
        AtomicFile.WriteText(path, "one");
        Refusals.OfRun(() => AtomicFile.Write(path, stream =>
        {
            stream.Write("half"u8);
            throw new IOException("No space left on device", 28);
        }), path, "the disk is full");
        Assert.Equal("one", File.ReadAllText(path));
        AtomicFile.WriteText(path, "two");
        Assert.Equal("two", File.ReadAllText(path));
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(_scratch["folder"]));
    }

    private int CountSteps()
    {
        StartFrom("old");
        int count = 0;
        AtomicDirectory.Replace(Target, Fill("new"), _ => count++);
        return count;
    }

    private void StartFrom(string? content)
    {
        foreach (string directory in Directory.EnumerateDirectories(_scratch.Root))
            Directory.Delete(directory, recursive: true);
        if (content is not null)
            AtomicDirectory.Replace(Target, Fill(content));
    }

    private static Action<string> Fill(string content) => directory =>
    {
        File.WriteAllText(Path.Combine(directory, "a"), content);
        Directory.CreateDirectory(Path.Combine(directory, "sub"));
        File.WriteAllText(Path.Combine(directory, "sub", "b"), content);
    };

    private string Content() => ReadWhole(Target);

    private static string ReadWhole(string? directory)
    {
        Assert.NotNull(directory);
        string a = File.ReadAllText(Path.Combine(directory, "a"));
        Assert.Equal(a, File.ReadAllText(Path.Combine(directory, "sub", "b")));
        return a;
    }

    private void AssertNoLitter() => Assert.Equal([Target], Directory.EnumerateFileSystemEntries(_scratch.Root));
}
