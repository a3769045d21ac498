using BareBert.Bert.Tasks;
using Microsoft.Playwright;
using Xunit;

namespace BareBert.Tests;

/// <summary>The report that a training leaves, in a real browser.</summary>
public sealed class ReportPageTests(Browser browser) : IClassFixture<Browser>, IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(1280, ColorScheme.Dark)]
    [InlineData(390, ColorScheme.Light)]
    public async Task A_classifiers_report_is_accessible_and_fits(int width, ColorScheme scheme)
    {
        string data = Path.Combine(_folder.Path, "data.csv"), run = Path.Combine(_folder.Path, "run");
        File.WriteAllText(data, "text,label\n" + string.Concat(Enumerable.Range(0, 40).Select(i => i % 2 == 0 ? $"film {i} was good,pos\n" : $"a dull story {i},neg\n")));
        new FineTuner(new FineTunerOptions
        {
            Task = new ClassificationOptions { Baseline = true, Examples = ["a good film", "a dull film"] }, Data = data, Model = "tiny", Method = FineTuningMethod.Full, Epochs = 2, BatchSize = 8, Out = run,
        }).Run();
        IPage page = await browser.OpenAsync(width, scheme: scheme);
        await page.GotoAsync(new Uri(Path.Combine(run, "report.html")).ToString());
        await Browser.PictureAsync(page, $"report-{width}-{scheme}");
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways");
        await Browser.RequireAccessibleAsync(page);
    }
}
