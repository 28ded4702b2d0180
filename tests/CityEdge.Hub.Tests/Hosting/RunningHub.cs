using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Telemetry;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Tests;

/// <summary>A hub inside the test's process, on free ports and a clock that the test moves.</summary>
public sealed class RunningHub : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private WireClient? publisher;

    private RunningHub(HubHost host, ManualTimeProvider clock, string data)
    {
        (Host, Clock, Data) = (host, clock, data);
        // No cookies of one test in another.
        Http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = host.Http, Timeout = TimeSpan.FromSeconds(60) };
    }

    public HubHost Host { get; }

    public ManualTimeProvider Clock { get; }

    public string Data { get; }

    public HttpClient Http { get; }

    /// <summary>Under <c>--auth none</c> unless <paramref name="change"/> says otherwise.</summary>
    public static async Task<RunningHub> StartAsync(string data, Func<HubOptions, HubOptions>? change = null, ManualTimeProvider? clock = null)
    {
        clock ??= new ManualTimeProvider();
        var options = new HubOptions
        {
            Data = data,
            Http = new Uri("http://127.0.0.1:0"),
            Mqtt = "127.0.0.1:0",
            Auth = AuthMode.None,
            Telemetry = new TelemetryOptions { Directory = Path.Combine(data, "telemetry") },
            Broker = new BrokerOptions { AuthenticationFailureDelay = TimeSpan.Zero },
        };
        var host = await HubHost.StartAsync(change?.Invoke(options) ?? options, clock, logging => logging.SetMinimumLevel(LogLevel.Error).AddProvider(new TestLog()), TestContext.Current.CancellationToken);
        return new RunningHub(host, clock, data);
    }

    public void Authorize(string token) => Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);

    public async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return await Answer.OfAsync(response);
    }

    public Task<Answer> SendJsonAsync(HttpMethod method, string path, object? body, params (string Name, string Value)[] headers) =>
        SendAsync(method, path, body is null ? null : JsonContent.Create(body), headers);

    public Task<Answer> TryGetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public async Task<JsonElement> GetAsync(string path) => (await TryGetAsync(path)).Is(HttpStatusCode.OK).Body;

    /// <summary>All items, page by page; every page is at most <paramref name="limit"/> long.</summary>
    public async Task<List<JsonElement>> ListAsync(string path, int limit = 1000)
    {
        var items = new List<JsonElement>();
        string? cursor = null;
        for (var pages = 0; pages < 10_000; pages++)
        {
            var page = await GetAsync($"{path}{(path.Contains('?') ? '&' : '?')}limit={limit}{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}");
            var part = page.GetProperty("items").EnumerateArray().ToList();
            Assert.InRange(part.Count, 0, limit);
            items.AddRange(part);
            cursor = page.GetProperty("next").GetString();
            if (cursor is null) return items;
            Assert.NotEmpty(part);
        }
        throw new Xunit.Sdk.XunitException($"{path} never ends.");
    }

    public Task<Answer> PutRuleAsync(string id, string yaml) => SendAsync(HttpMethod.Put, $"/api/v1/rules/{id}", new StringContent(yaml, Encoding.UTF8, "application/yaml"));

    public Task<Answer> PutAssetAsync(string id, object asset) => SendJsonAsync(HttpMethod.Put, $"/api/v1/assets/{Uri.EscapeDataString(id)}", asset);

    public Task<WireClient> ConnectAsync(string clientId, string? user = null, string? password = null) => WireClient.ConnectAsync(Host.Mqtt, clientId, user, password);

    /// <summary>Publishes below <c>cityedge/v1/</c> (an admin under <c>--auth none</c>) and waits until the rule consumer has stored its effects.</summary>
    public async Task PublishAsync(string device, string channel, byte[] payload)
    {
        publisher ??= await ConnectAsync("test-publisher");
        Assert.InRange(await publisher.PublishAsync($"cityedge/v1/{device}/{channel}", payload), 0, 0x7f);
        await FoldedAsync();
    }

    public Task PublishAsync(string device, string channel, string payload) => PublishAsync(device, channel, Encoding.UTF8.GetBytes(payload));

    public Task TelemetryAsync(string device, string senml) => PublishAsync(device, "telemetry", senml);

    /// <summary>One temperature at an event time.</summary>
    public Task TemperatureAsync(string device, double value, long? timeMs = null, string name = "t") =>
        TelemetryAsync(device, string.Create(System.Globalization.CultureInfo.InvariantCulture, $$"""[{"n":"{{name}}","u":"Cel","v":{{value}},"t":{{(timeMs ?? Clock.NowMs) / 1000m}}}]"""));

    /// <summary>The rule consumer has handled what is in the journal.</summary>
    public Task FoldedAsync() => Host.State.Rules.Folded.WaitAsync(Host.State.Journal.DurableEnd, TestContext.Current.CancellationToken).WaitAsync(Patience);

    /// <summary>Both consumers have handled what is in the journal.</summary>
    public async Task DrainAsync()
    {
        await FoldedAsync();
        var end = Host.State.Journal.DurableEnd;
        await Wait.UntilAsync("the telemetry consumer to reach the journal's end", () => Task.FromResult(Host.State.TelemetryConsumer.Position >= end), Patience);
    }

    /// <summary>Moves the clock, and lets the rule engine hear of it.</summary>
    public async Task AdvanceAsync(TimeSpan by)
    {
        Clock.Advance(by);
        (await PutAssetAsync("clock-tick", new { kind = "tick", name = "tick" })).Text.ToString();
        await FoldedAsync();
    }

    /// <summary>Waits until a page's item fits.</summary>
    public Task<JsonElement> EventuallyAsync(string path, Func<JsonElement, bool> fits)
    {
        JsonElement last = default;
        return Until();

        async Task<JsonElement> Until()
        {
            await Wait.UntilAsync(path, async () => fits(last = await GetAsync(path)), Patience, () => last.ToString());
            return last;
        }
    }

    /// <summary>Value of a metric's line, by its whole name with labels; 0 when there is no such line.</summary>
    public async Task<double> MetricAsync(string line)
    {
        var text = await Http.GetStringAsync("/metrics");
        var found = text.Split('\n').FirstOrDefault(l => l.StartsWith(line + " ", StringComparison.Ordinal));
        return found is null ? 0 : double.Parse(found[(found.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (publisher is not null) await publisher.DisposeAsync();
        await Host.DisposeAsync();
    }
}
