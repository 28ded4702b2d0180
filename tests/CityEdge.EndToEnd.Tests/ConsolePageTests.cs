using System.Globalization;
using Microsoft.Playwright;

namespace CityEdge.EndToEnd.Tests;

/// <summary>The console in a real browser: what a facility manager sees of a cold room, in both languages.</summary>
public sealed class ConsolePageTests : IAsyncLifetime
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(90);
    private readonly TemporaryFolder folder = new();
    private HubProcess hub = null!;
    private string ticket = null!;

    public async ValueTask InitializeAsync()
    {
        hub = await HubProcess.StartAsync(folder["hub"]);
        await hub.PutRuleAsync("""
            id: room-cold
            title: { zh: 室温不达标, en: Room too cold }
            signal: temperature
            raise: [ { severity: P2, when: "value < 18", for: 0s } ]
            clear: { when: "value >= 18.5", for: 10m }
            ticket: { category: heating.room, public: true, wait: 0s }
            """);
        await PublishAsync(16.25);
        ticket = (await Wait.ForAsync<object>("the ticket", async () => (await hub.ListAsync("/api/v1/tickets")) is [var one] ? one.GetProperty("id").GetString() : null, Timeout)).ToString()!;
    }

    [Theory]
    [InlineData("zh-CN", "#/points", "room.temperature", "16.25", "P2")]
    [InlineData("en", "#/points", "room.temperature", "16.25", "P2")]
    [InlineData("zh-CN", "#/tickets", "室温不达标", "site-1", "P2")]
    [InlineData("en", "#/tickets", "Room too cold", "site-1", "P2")]
    [InlineData("zh-CN", "#/devices", "site-1/room-1")]
    public async Task A_page_shows(string language, string page, params string[] texts)
    {
        await using var browser = await Browser.OpenAsync(language, hub.Http.BaseAddress + page);
        foreach (var text in texts) await browser.SeeAsync(text);
    }

    [Fact]
    public async Task A_new_reading_appears_on_an_open_page_and_a_command_moves_the_ticket()
    {
        await using var browser = await Browser.OpenAsync("en", $"{hub.Http.BaseAddress}#/points");
        await browser.SeeAsync("16.25");
        await PublishAsync(15.75);
        await browser.SeeAsync("15.75");
        await browser.GoAsync($"{hub.Http.BaseAddress}#/tickets/{ticket}");
        await browser.SeeAsync("Timeline");
        await browser.Page.GetByRole(AriaRole.Button, new() { Name = "Accept" }).First.ClickAsync();
        // The command is confirmed in a dialog.
        await browser.Page.Locator(".ant-modal button.ant-btn-primary").First.ClickAsync();
        await Wait.UntilAsync("the ticket to be accepted", async () => (await hub.GetAsync($"/api/v1/tickets/{ticket}")).GetProperty("state").GetString() == "accepted", Timeout);
        await browser.SeeAsync("Accepted");
    }

    [Fact]
    public async Task A_point_shows_its_chart_and_its_alarm()
    {
        await using var browser = await Browser.OpenAsync("en", $"{hub.Http.BaseAddress}#/points/{Uri.EscapeDataString("site-1/room-1/room.temperature")}");
        await Assertions.Expect(browser.Page.Locator("canvas").First).ToBeVisibleAsync(new() { Timeout = Browser.TimeoutMs });
        await browser.SeeAsync("room-cold");
    }

    private async Task PublishAsync(double value)
    {
        await using var publisher = new ChildProcess("mosquitto_pub",
            ["-h", "127.0.0.1", "-p", hub.MqttPort, "-q", "1", "-t", "cityedge/v1/site-1/room-1/telemetry", "-m", string.Create(CultureInfo.InvariantCulture, $$"""[{"n":"room.temperature","u":"Cel","v":{{value}}}]""")]);
        Assert.Equal(0, await publisher.WaitForExitAsync(Timeout));
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        folder.Dispose();
    }
}
