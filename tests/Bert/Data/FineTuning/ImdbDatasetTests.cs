using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Xunit;

namespace BareBert.Tests;

public sealed class ImdbDatasetTests : IDisposable
{
    private static readonly (string, string)[] Small =
    [
        ("aclImdb/test/neg/0_2.txt", "bad test"), ("aclImdb/test/pos/0_10.txt", "good test"), ("aclImdb/train/pos/10_9.txt", "ten"),
        ("aclImdb/train/pos/2_7.txt", "two <br />"), ("aclImdb/train/neg/1_1.txt", "é"), ("aclImdb/train/unsup/0_0.txt", "who knows"),
        ("aclImdb/train/urls_pos.txt", "not a review"), ("aclImdb/README", "nor this"),
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void FolderAndArchiveGiveTheSameRows()
    {
        foreach (var (name, text) in Small)
            _folder.Write(name, text);
        string archive = _folder.Write("a.tar.gz", TarGz(Small));
        foreach (string path in new[] { _folder.Root, _folder.At("aclImdb"), archive })
        {
            var imdb = ImdbDataset.Read(path, ImdbParts.Train | ImdbParts.Test | ImdbParts.Unlabelled);
            Assert.Equal([("é", 0), ("two <br />", 1), ("ten", 1)], imdb.Train!.Examples.Select(e => (e.Text, e.Label)));
            Assert.Equal([("bad test", 0), ("good test", 1)], imdb.Test!.Examples.Select(e => (e.Text, e.Label)));
            Assert.Equal(["who knows"], imdb.Unlabelled!);
        }
        Assert.Null(ImdbDataset.Read(archive, ImdbParts.Unlabelled).Train);
        Assert.Equal(3, ClassificationData.Read(archive).Train.Examples.Count);
        Assert.Equal(2, ClassificationData.Read(_folder.Root).Test!.Examples.Count);
    }

    [Theory]
    [InlineData("../evil.txt")]
    [InlineData("/etc/evil.txt")]
    [InlineData("aclImdb/train/pos/../../../../x_1.txt")]
    [InlineData("C:\\evil.txt")]
    public void RefusesNamesThatLeadOutside(string name) =>
        Assert.Contains("leads outside", Error(TarGz([("aclImdb/train/pos/0_9.txt", "a"), (name, "x")])));

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    public void RefusesLinks(TarEntryType type) =>
        Assert.Contains("link", Error(TarGz([("aclImdb/train/pos/0_9.txt", "a")], new PaxTarEntry(type, "aclImdb/train/pos/1_9.txt") { LinkName = "/etc/passwd" })));

    [Fact]
    public void RefusesBombs()
    {
        byte[] zeros = TarGz([("aclImdb/train/pos/0_9.txt", new string('\0', 3 << 20))]);
        Assert.Contains("too large", Error(zeros, new ArchiveLimits(10, 1 << 20, 1 << 30)));
        Assert.Contains("unpacks to over", Error(zeros, new ArchiveLimits(10, 1 << 30, 1 << 20)));
        Assert.Contains("unpacks to over", Error(TarGz([("skipped.bin", new string('\0', 3 << 20))]), new ArchiveLimits(10, 1 << 30, 1 << 20)));
        Assert.Contains("over 3 entries", Error(TarGz(Small), new ArchiveLimits(3, 1 << 20, 1 << 20)));
    }

    [Fact]
    public void RefusesAnArchiveCutShortWherever()
    {
        byte[] whole = TarGz([.. Enumerable.Range(0, 40).Select(i => ($"aclImdb/train/{(i % 2 == 0 ? "pos" : "neg")}/{i}_9.txt", Convert.ToHexString(Guid.NewGuid().ToByteArray())))]);
        for (int length = 0; length < whole.Length * 9 / 10; length += 97)
            Assert.Contains("cut short", Error(whole[..length]));
    }

    [Fact]
    public void SaysWhenThereAreNoReviews()
    {
        Assert.Contains("no train reviews", Error(TarGz([("README", "x")])));
        Assert.Contains("no train reviews", Assert.Throws<InputException>(() => ImdbDataset.Read(_folder.Root)).Message);
        Assert.Contains("no such file", Assert.Throws<InputException>(() => ImdbDataset.Read(_folder.At("none.tar.gz"))).Message);
    }

    [Fact]
    public void AnyBytesAreReadOrRefused()
    {
        Fuzz.ReadsOrRefuses(TarGz(Small), bytes => ImdbDataset.Read(_folder.Write("f.tar.gz", bytes)), 150);
        // Damage inside the tar, with the compression around it whole.
        Fuzz.ReadsOrRefuses(Tar(Small, null), bytes => ImdbDataset.Read(_folder.Write("f.tar.gz", Gzip(bytes))), 300);
    }

    [Fact]
    public void ReadsTheRealArchive()
    {
        var imdb = ImdbDataset.Read(SharedData.Require("imdb", "aclImdb.tar.gz"));
        Assert.Equal([12_500, 12_500], imdb.Train!.Balance.Counts);
        Assert.Equal([12_500, 12_500], imdb.Test!.Balance.Counts);
        Assert.StartsWith("Story of a man who has unnatural feelings for a pig.", imdb.Train.Examples[0].Text);
        Assert.Empty(imdb.Train.Notices);
    }

    private string Error(byte[] archive, ArchiveLimits? limits = null) =>
        Assert.Throws<InputException>(() => ImdbDataset.Read(_folder.Write("a.tar.gz", archive), ImdbParts.Train, limits)).Message;

    private static byte[] TarGz((string Name, string Text)[] files, TarEntry? last = null) => Gzip(Tar(files, last));

    private static byte[] Tar((string Name, string Text)[] files, TarEntry? last)
    {
        var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, leaveOpen: true))
        {
            foreach (var (name, text) in files)
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
            if (last is not null)
                tar.WriteEntry(last);
        }
        return bytes.ToArray();
    }

    private static byte[] Gzip(byte[] bytes)
    {
        var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return zipped.ToArray();
    }
}
