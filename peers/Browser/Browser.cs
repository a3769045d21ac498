using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;

namespace BareBert.Tests;

/// <summary>The system's chromium, started once.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Where it is; null: there is none.</summary>
    public static string? Executable => Places.FirstOrDefault(File.Exists);

    public async ValueTask InitializeAsync()
    {
        if (Executable is null)
            return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Executable, Args = ["--no-sandbox"] });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>A new page.</summary>
    /// <param name="width">Of the window.</param>
    /// <param name="height">Of the window.</param>
    /// <param name="scheme">Light or dark.</param>
    public async Task<IPage> OpenAsync(int width = 1280, int height = 900, ColorScheme scheme = ColorScheme.Light)
    {
        Assert.SkipWhen(_browser is null, $"no chromium at {string.Join(", ", Places)}");
        IBrowserContext context = await _browser!.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme });
        return await context.NewPageAsync();
    }

    /// <summary>axe-core finds nothing in a page that would keep somebody out.</summary>
    public static async Task RequireAccessibleAsync(IPage page)
    {
        AxeResult result = await page.RunAxe();
        Assert.True(result.Violations.Length == 0, string.Join("\n", result.Violations.Select(v => $"{v.Id}: {v.Help}: {string.Join(", ", v.Nodes.Select(n => n.Html))}")));
    }

    /// <summary>A picture of a page, where BAREBERT_PICTURES names a folder.</summary>
    public static async Task PictureAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("BAREBERT_PICTURES") is string folder)
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), FullPage = true });
    }
}
