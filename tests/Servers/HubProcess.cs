using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace CityEdge.Tests.Servers;

/// <summary>A hub as its own process, on a data directory that outlives it.</summary>
public sealed class HubProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly string ready;

    private HubProcess(ChildProcess child, string ready)
    {
        Child = child;
        var parts = ready.Split(' ');
        Http = new HttpClient { BaseAddress = new Uri(parts[1]["http=".Length..]), Timeout = TimeSpan.FromSeconds(60) };
        Mqtt = parts[2]["mqtt=".Length..];
        this.ready = ready;
    }

    public ChildProcess Child { get; }

    public HttpClient Http { get; }

    /// <summary><c>HOST:PORT</c>.</summary>
    public string Mqtt { get; }

    /// <summary>Address of a listener by its name in the ready line, such as <c>https</c> or <c>mqtts</c>.</summary>
    public string Listener(string name) => ready.Split(' ').First(p => p.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];

    public string MqttPort => Mqtt[(Mqtt.LastIndexOf(':') + 1)..];

    public static string Program => Checkout.Program("hub/CityEdge.Hub", "cityedge-hub");

    /// <summary>Starts <c>serve</c> on free ports under <c>--auth none</c> unless the arguments say otherwise, and waits until it is ready.</summary>
    public static async Task<HubProcess> StartAsync(string data, params string[] arguments)
    {
        var all = new List<string> { "serve", "--data", data };
        if (!arguments.Contains("--http")) all.AddRange(["--http", "http://127.0.0.1:0"]);
        if (!arguments.Contains("--mqtt")) all.AddRange(["--mqtt", "127.0.0.1:0"]);
        if (!arguments.Contains("--auth")) all.AddRange(["--auth", "none"]);
        all.AddRange(arguments);
        var child = new ChildProcess(Program, all);
        try
        {
            return new HubProcess(child, await child.WaitForLineAsync("ready ", StartTimeout));
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <summary>Uses a token for the API.</summary>
    public void Authorize(string token) => Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);

    public async Task<JsonElement> GetAsync(string path) => await Http.GetFromJsonAsync<JsonElement>(path);

    /// <summary>All items of a list.</summary>
    public async Task<List<JsonElement>> ListAsync(string path)
    {
        var items = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var page = await GetAsync($"{path}{(path.Contains('?') ? '&' : '?')}limit=1000{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}");
            items.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = page.GetProperty("next").GetString();
        }
        while (cursor is not null);
        return items;
    }

    public async Task<JsonElement> PostAsync(string path, object? body)
    {
        using var response = await Http.PostAsJsonAsync(path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"POST {path}: {(int)response.StatusCode} {text}");
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }

    /// <summary>Puts a rule; its id is read from the YAML.</summary>
    public async Task PutRuleAsync(string yaml)
    {
        var id = yaml.Split('\n').First(l => l.StartsWith("id:", StringComparison.Ordinal))[3..].Trim();
        using var response = await Http.PutAsync($"/api/v1/rules/{id}", new StringContent(yaml, System.Text.Encoding.UTF8, "application/yaml"));
        Assert.True(response.IsSuccessStatusCode, $"PUT rule {id}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
    }

    /// <summary>Value of a metric's line, by its whole name with labels; 0 when there is no such line.</summary>
    public async Task<double> MetricAsync(string line)
    {
        var text = await Http.GetStringAsync("/metrics");
        var found = text.Split('\n').FirstOrDefault(l => l.StartsWith(line + " ", StringComparison.Ordinal));
        return found is null ? 0 : double.Parse(found[(found.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until both consumers have handled the whole journal.</summary>
    public Task DrainAsync(TimeSpan timeout)
    {
        JsonElement last = default;
        return Wait.UntilAsync("the hub to handle its journal", async () =>
        {
            using var response = await Http.GetAsync("/readyz");
            last = await response.Content.ReadFromJsonAsync<JsonElement>();
            return last.GetProperty("rules_backlog_bytes").GetInt64() == 0 && last.GetProperty("telemetry_backlog_bytes").GetInt64() == 0;
        }, timeout, () => $"{last}\n{Child.Errors}");
    }

    public Task KillAsync() => Child.KillAsync();

    public Task<int> StopAsync() => Child.StopAsync(TimeSpan.FromSeconds(15));

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Child.DisposeAsync();
    }
}
