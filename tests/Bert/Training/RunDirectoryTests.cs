using Xunit;

namespace BareBert.Tests;

/// <summary>Which directories a new run may take.</summary>
public sealed class RunDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Runs_that_start_at_once_get_directories_of_their_own()
    {
        var paths = new string[24];
        Parallel.For(0, paths.Length, i => paths[i] = RunDirectory.OpenFree(_temporary.Path, "pretrain").Path);
        Assert.Equal(paths.Length, paths.Distinct().Count());
        Assert.Equal(Enumerable.Range(1, paths.Length).Select(i => Path.Combine(_temporary.Path, $"pretrain-{i}")).Order(), paths.Order());
    }

    [Fact]
    public void A_run_without_a_checkpoint_makes_room_for_the_next()
    {
        RunDirectory failed = RunDirectory.Open(_temporary.Path, RunOpening.New);
        failed.WriteOptions(new System.Text.Json.Nodes.JsonObject { ["verb"] = "pretrain" });
        File.WriteAllText(failed.Metrics, "{}\n");
        string notes = _temporary.Write("notes.txt", "mine");
        RunDirectory.Open(_temporary.Path, RunOpening.New);
        Assert.False(File.Exists(failed.Metrics));
        Assert.Equal("", File.ReadAllText(failed.Options));
        Assert.Equal("mine", File.ReadAllText(notes));
    }

    [Theory]
    [InlineData("checkpoint")]
    [InlineData("best")]
    public void A_run_with_a_model_makes_none(string folder)
    {
        RunDirectory run = RunDirectory.Open(_temporary.Path, RunOpening.New);
        AtomicDirectory.Replace(Path.Combine(run.Path, folder), directory => File.WriteAllText(Path.Combine(directory, "model.txt"), "learned"));
        Refusals.Of(() => RunDirectory.Open(_temporary.Path, RunOpening.New), "not empty", "`RunOpening.Overwrite`");
        Assert.Equal("learned", File.ReadAllText(Path.Combine(run.Path, folder, "model.txt")));
    }

    [Fact]
    public void What_no_run_wrote_is_no_run()
    {
        string thesis = _temporary.Write("thesis.txt", "years of work");
        Refusals.Of(() => RunDirectory.Open(_temporary.Path, RunOpening.New), "not empty");
        Assert.Equal("years of work", File.ReadAllText(thesis));
    }
}
