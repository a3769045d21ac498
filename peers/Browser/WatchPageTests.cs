using BareBert.Watch;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace BareBert.Tests;

/// <summary>The page of runs, in a real browser.</summary>
public sealed class WatchPageTests(Browser browser) : IClassFixture<Browser>, IAsyncDisposable
{
    private readonly WatchedFolder _folder = new();
    private WatchServer? _server;

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Curves_grow_and_runs_appear_without_a_reload()
    {
        WatchedFolder.Train(_folder.Add("one"), 1, 40);
        IPage page = await OpenAsync();
        await Expect(page.Locator("#connection")).ToHaveTextAsync("live");
        await Expect(page.Locator("#runs tbody tr")).ToHaveCountAsync(1);
        await Expect(page.Locator("figure", new() { HasText = "loss" }).First.Locator("path.train")).ToHaveCountAsync(1);
        WatchedFolder.Train(Path.Combine(_folder.Root, "one"), 41, 77);
        await Expect(page.Locator("#runs tbody tr").First).ToContainTextAsync("77");
        WatchedFolder.Train(_folder.Add("two", learningRate: 0.01), 1, 30, loss: step => 2 + Math.Sin(step));
        await Expect(page.Locator("#runs tbody tr")).ToHaveCountAsync(2);
        await Expect(page.Locator("#options")).ToContainTextAsync("0.01");
        await Expect(page.Locator("figure", new() { HasText = "loss" }).First.Locator("path.train")).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task A_run_is_hidden_and_stays_so_after_a_reload()
    {
        WatchedFolder.Train(_folder.Add("one"), 1, 40);
        WatchedFolder.Train(_folder.Add("two"), 1, 40);
        IPage page = await OpenAsync();
        ILocator curves = page.Locator("figure", new() { HasText = "loss" }).First.Locator("path.train");
        await Expect(curves).ToHaveCountAsync(2);
        await page.GetByLabel("show one").UncheckAsync();
        await Expect(curves).ToHaveCountAsync(1);
        await page.ReloadAsync();
        await Expect(page.GetByLabel("show one")).Not.ToBeCheckedAsync();
        await Expect(curves).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task The_keyboard_goes_along_a_curve_and_what_it_finds_is_said()
    {
        WatchedFolder.Train(_folder.Add("one"), 1, 40, loss: step => step);
        IPage page = await OpenAsync();
        ILocator figure = page.Locator("figure", new() { HasText = "loss" }).First;
        await figure.Locator("svg").FocusAsync();
        await page.Keyboard.PressAsync("Home");
        await Expect(figure.Locator(".readout")).ToContainTextAsync("step 1: one train 1");
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(figure.Locator(".readout")).ToContainTextAsync("step 2: one train 2");
        await page.Keyboard.PressAsync("End");
        await Expect(figure.Locator("svg")).ToHaveAttributeAsync("aria-label", "loss by step. Step 40: one train 40; one valid 1.25");
    }

    [Fact]
    public async Task Smoothing_and_logarithm_change_the_curve()
    {
        WatchedFolder.Train(_folder.Add("one"), 1, 200, loss: step => 1 + (step % 3 * 4));
        IPage page = await OpenAsync();
        ILocator path = page.Locator("figure", new() { HasText = "loss" }).First.Locator("path.train");
        string? plain = await path.GetAttributeAsync("d");
        await page.Locator("#log").CheckAsync();
        string? logarithmic = await path.GetAttributeAsync("d");
        Assert.NotEqual(plain, logarithmic);
        await page.Locator("#smoothing").FillAsync("0.9");
        await Expect(path).Not.ToHaveAttributeAsync("d", logarithmic!);
        Assert.Contains("log=1", page.Url);
    }

    [Fact]
    public async Task Ten_runs_of_a_hundred_thousand_lines_are_drawn()
    {
        for (int i = 0; i < 10; i++)
            WatchedFolder.Train(_folder.Add($"run-{i}"), 1, 100_000, loss: step => 5 / Math.Sqrt(step) + i);
        IPage page = await OpenAsync();
        await Expect(page.Locator("figure", new() { HasText = "loss" }).First.Locator("path.train")).ToHaveCountAsync(10, new() { Timeout = 60_000 });
        foreach (string path in await page.Locator("path.train").EvaluateAllAsync<string[]>("paths => paths.map(p => p.getAttribute('d'))"))
            Assert.InRange(path.Count(c => c == 'L'), 100, 600);
    }

    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(1280, ColorScheme.Dark)]
    [InlineData(390, ColorScheme.Light)]
    public async Task The_page_is_accessible_and_fits(int width, ColorScheme scheme)
    {
        WatchedFolder.Train(_folder.Add("bert/first", summary: """{"end": "finished"}"""), 1, 40);
        WatchedFolder.Train(_folder.Add("bert/second", learningRate: 0.01), 1, 40, loss: step => 3 - step / 40.0);
        File.WriteAllText(Path.Combine(_folder.Root, "bert/first", "report.html"), "<!DOCTYPE html><title>Report</title><p>Done.");
        File.WriteAllText(Path.Combine(_folder.Add("broken"), "run.json"), "{");
        IPage page = await OpenAsync(width, scheme);
        await Expect(page.Locator("#runs tbody tr")).ToHaveCountAsync(3);
        await Expect(page.Locator("#evaluations details")).ToHaveCountAsync(2);
        await Browser.PictureAsync(page, $"watch-{width}-{scheme}");
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways");
        await Browser.RequireAccessibleAsync(page);
        await page.GetByText("report", new() { Exact = true }).Last.ClickAsync();
        await Expect(page.Locator("body")).ToContainTextAsync("Done.");
    }

    private async Task<IPage> OpenAsync(int width = 1280, ColorScheme scheme = ColorScheme.Light)
    {
        IPage page = await browser.OpenAsync(width, scheme: scheme);
        page.PageError += (_, error) => throw new InvalidOperationException(error);
        _server = new WatchServer(new WatchOptions { Root = _folder.Root, Port = 0 });
        await _server.StartAsync(default);
        await page.GotoAsync(_server.Address.ToString());
        await Expect(page.Locator("#connection")).ToHaveTextAsync("live");
        await Expect(page.Locator("#evaluations details").First).ToBeVisibleAsync(new() { Timeout = 60_000 });
        return page;
    }
}
