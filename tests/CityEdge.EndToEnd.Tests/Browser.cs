using Microsoft.Playwright;

namespace CityEdge.EndToEnd.Tests;

/// <summary>Debian's Chromium, without a head, on one page.</summary>
public sealed class Browser : IAsyncDisposable
{
    /// <summary>How long a page may take to show something, ms; the machine may be busy.</summary>
    public const float TimeoutMs = 60_000;

    private readonly IPlaywright playwright;
    private readonly IBrowser browser;

    private Browser(IPlaywright playwright, IBrowser browser, IPage page) => (this.playwright, this.browser, Page) = (playwright, browser, page);

    public IPage Page { get; }

    public static async Task<Browser> OpenAsync(string language, string url)
    {
        if (!File.Exists("/usr/bin/chromium")) throw new FileNotFoundException("/usr/bin/chromium is missing: install Debian's package chromium (tests/run.sh does).");
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = "/usr/bin/chromium",
            Headless = true,
            Timeout = TimeoutMs,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        var context = await browser.NewContextAsync(new() { Locale = language, TimezoneId = "Asia/Shanghai" });
        var opened = new Browser(playwright, browser, await context.NewPageAsync());
        await opened.GoAsync(url);
        return opened;
    }

    public Task GoAsync(string url) => Page.GotoAsync(url, new() { Timeout = TimeoutMs, WaitUntil = WaitUntilState.DOMContentLoaded });

    /// <summary>Waits until the text is on the page.</summary>
    public Task SeeAsync(string text) => Assertions.Expect(Page.GetByText(text).First).ToBeVisibleAsync(new() { Timeout = TimeoutMs });

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await browser.DisposeAsync();
        playwright.Dispose();
    }
}
