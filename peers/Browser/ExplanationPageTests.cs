using BareBert.Bert.Explanations;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace BareBert.Tests;

/// <summary>The page of explanations, in a real browser.</summary>
public sealed class ExplanationPageTests(Browser browser) : IClassFixture<Browser>, IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1280, ColorScheme.Light, 1)]
    [InlineData(1280, ColorScheme.Dark, 2)]
    [InlineData(390, ColorScheme.Light, 1)]
    public async Task The_page_is_accessible_and_fits(int width, ColorScheme scheme, int models)
    {
        IPage page = await OpenAsync(width, scheme, models);
        await Expect(page.Locator("section")).ToHaveCountAsync(models);
        await page.Locator(".token").Nth(3).ClickAsync();
        await Browser.PictureAsync(page, $"explain-{width}-{scheme}");
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways");
        await Browser.RequireAccessibleAsync(page);
    }

    [Fact]
    public async Task The_keyboard_chooses_heads_and_tokens()
    {
        IPage page = await OpenAsync(1280, ColorScheme.Light, 1);
        ILocator readout = page.Locator(".readout");
        await page.GetByRole(AriaRole.Button, new() { NameString = "layer 1, head 1" }).FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowDown");
        await Expect(readout).ToContainTextAsync("layer 2, head 2");
        await page.Locator("canvas").FocusAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("ArrowDown");
        await Expect(readout).ToContainTextAsync("</script> (1) looks at ");
    }

    [Fact]
    public async Task What_the_tokens_are_given_can_be_seen_both_ways()
    {
        IPage page = await OpenAsync(1280, ColorScheme.Light, 1);
        await page.GetByText("as a table").ClickAsync();
        ILocator row = page.Locator("section table").First.Locator("tbody tr").Nth(1);
        await Expect(row).ToContainTextAsync("0.200");
        await page.GetByLabel("gradient × input").CheckAsync();
        await Expect(row).ToContainTextAsync("-0.100");
        await Expect(page.Locator("section")).ToContainTextAsync("Its answer: good, 80.0 %");
    }

    private static Explanation Made(string model)
    {
        string[] texts = ["[CLS]", "</script>", "film", "was", "<b>good</b>", "&amp;", "[SEP]"];
        int n = texts.Length;
        float[] Map(int layer, int head) => [.. Enumerable.Range(0, n * n).Select(at => at / n == at % n ? 0.4f + 0.1f * layer : (0.6f - 0.1f * layer) / (n - 1))];
        return new Explanation(model, "classification", [.. texts.Select((text, i) => new ExplainedToken(text, i is 0 or 6 ? -1 : 5 * i, i is 0 or 6 ? -1 : 5 * i + 4, 0))],
            [.. from layer in Enumerable.Range(0, 3) from head in Enumerable.Range(0, 4) select new AttentionMap(layer, head, Map(layer, head))],
            [.. Enumerable.Range(0, 4).Select(layer => new LayerAnswers(layer, [new ExplainedAnswer("good", 0.5 + 0.1 * layer), new ExplainedAnswer("bad", 0.5 - 0.1 * layer)]))],
            new Attribution("good", 1.5, 0.5, [.. Enumerable.Range(0, n).Select(i => -0.1 * i)], [.. Enumerable.Range(0, n).Select(i => i is 0 or 6 ? 0 : 0.2 * (i % 2 == 0 ? -1 : 1))]));
    }

    private async Task<IPage> OpenAsync(int width, ColorScheme scheme, int models)
    {
        string path = Path.Combine(_folder.Path, "page.html");
        ExplanationPage.Save(path, "a <title>", [.. Enumerable.Range(1, models).Select(i => Made($"runs/model-{i}"))]);
        IPage page = await browser.OpenAsync(width, scheme: scheme);
        page.PageError += (_, error) => throw new InvalidOperationException(error);
        page.Request += (_, request) => Assert.StartsWith("file:", request.Url);
        await page.GotoAsync(new Uri(path).ToString());
        await Expect(page.Locator(".heads button").First).ToBeVisibleAsync();
        return page;
    }
}
