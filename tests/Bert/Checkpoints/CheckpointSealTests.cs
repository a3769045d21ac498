using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BareBert.Tests;

public sealed class CheckpointSealTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public CheckpointSealTests()
    {
        _scratch.File("config.json", "{}");
        _scratch.File("model.safetensors", [1, 2, 3]);
        _scratch.File("README.md", "card");
        CheckpointSeal.Write(_scratch.Root);
    }

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void WhatWasSavedPasses()
    {
        CheckpointSeal.Verify(_scratch.Root);
        CheckpointSeal.Verify(_scratch.Root, "config.json", "model.safetensors");
        _scratch.File("README.md", "edited");
        CheckpointSeal.Verify(_scratch.Root);
        // The SHA-256 of "{}" and of the bytes 1 2 3, as sha256sum prints them.
        Assert.Equal(
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a  config.json\n"
            + "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81  model.safetensors\n",
            File.ReadAllText(_scratch["SHA256SUMS"]));
    }

    [Fact]
    public void AnyChangeIsNoticedAndTheFileNamed()
    {
        _scratch.File("model.safetensors", [1, 2]);
        Refusals.Of(() => CheckpointSeal.Verify(_scratch.Root), "model.safetensors", "damaged");
        _scratch.File("model.safetensors", [1, 2, 4]);
        Refusals.Of(() => CheckpointSeal.Verify(_scratch.Root), "model.safetensors", "damaged");
        File.Delete(_scratch["model.safetensors"]);
        Refusals.Of(() => CheckpointSeal.Verify(_scratch.Root), "model.safetensors", "missing");
    }

    /// <summary>Large files are looked at while their reader goes on, and what is wrong with one is told to whoever waits.</summary>
    [Fact]
    public void LargeFilesAreLookedAtMeanwhile()
    {
        var large = new byte[5 << 20];
        _scratch.File("model.safetensors", large);
        CheckpointSeal.Write(_scratch.Root);
        Assert.Equal(["config.json", "model.safetensors"], CheckpointSeal.Begin(_scratch.Root).Wait().Keys);
        large[^1] = 1;
        _scratch.File("model.safetensors", large);
        SealedFiles files = CheckpointSeal.Begin(_scratch.Root);
        Refusals.Of(() => files.Wait(), "model.safetensors", "damaged");
        _scratch.File("config.json", "[]");
        Refusals.Of(() => CheckpointSeal.Begin(_scratch.Root), "config.json", "damaged");
    }

    [Fact]
    public void AFolderWithoutHashesPassesUnlessTheyAreRequired()
    {
        File.Delete(_scratch["SHA256SUMS"]);
        CheckpointSeal.Verify(_scratch.Root);
        Refusals.Of(() => CheckpointSeal.Verify(_scratch.Root, "config.json"), "SHA256SUMS", "an incomplete checkpoint");
    }

    [Fact]
    public void WhatIsRequiredMustBeListed() =>
        Refusals.Of(() => CheckpointSeal.Verify(_scratch.Root, "optimizer.safetensors"), "optimizer.safetensors", "incomplete");

    /// <summary>Whatever happens to the list of hashes, it either still vouches for the files or is refused.</summary>
    [Fact]
    public void SurvivesSpoiltHashes()
    {
        byte[] good = File.ReadAllBytes(_scratch["SHA256SUMS"]);
        Prop.ForAll(Gen.OneOf(Mutations.Of(good), Mutations.Noise(100)).ToArbitrary(), bytes =>
        {
            _scratch.File("SHA256SUMS", bytes);
            return Refusals.SucceedsOrRefuses(() => CheckpointSeal.Verify(_scratch.Root));
        }).HoldsFor(300);
        foreach (string name in (string[])["../x", "/etc/passwd", "..", "a\\b", "a//b", "a/../b"])
        {
            _scratch.File("SHA256SUMS", new string('0', 64) + "  " + name + "\n");
            Refusals.Of(() => CheckpointSeal.Verify(_scratch.Root), "not a hash and a file name");
        }
    }
}
