using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using CityEdge.City.World;

namespace CityEdge.City.Crew;

/// <summary>
/// The simulated crew: takes open tickets from the hub's API as a phone would, travels, repairs what is broken at the ticket's asset and reports it
/// fixed. It knows of a fault only through its ticket.
/// </summary>
public sealed class CrewWorker(HttpClient http, CityWorld world, TimeProvider clock, Action<string> log)
{
    private static readonly TimeSpan ToAccept = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan ToRepair = TimeSpan.FromMinutes(60);

    /// <summary>How often the crew looks for tickets, real time: an API is not asked 600 times as often because a clock is fast.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, DateTimeOffset> acceptAt = [];
    private readonly Dictionary<string, DateTimeOffset> fixAt = [];

    /// <summary>A client of the hub's API with the crew's token.</summary>
    public static HttpClient Client(Uri api, string? token)
    {
        var http = new HttpClient { BaseAddress = api, Timeout = TimeSpan.FromSeconds(20) };
        if (token is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await RoundAsync(ct);
            }
            catch (Exception error) when (error is HttpRequestException or IOException or JsonException || (error is TaskCanceledException && !ct.IsCancellationRequested))
            {
                log($"crew: the hub does not answer ({error.Message}); trying again");
            }
            await Task.Delay(Poll, TimeProvider.System, ct);
        }
    }

    private async Task RoundAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var page = await http.GetFromJsonAsync<JsonElement>("/api/v1/tickets?state=open,accepted,reopened&limit=1000", ct);
        var open = page.GetProperty("items").EnumerateArray().Select(t => t.GetProperty("id").GetString()!).ToHashSet();
        foreach (var gone in acceptAt.Keys.Concat(fixAt.Keys).Where(id => !open.Contains(id)).ToList())
        {
            acceptAt.Remove(gone);
            fixAt.Remove(gone);
        }
        foreach (var ticket in page.GetProperty("items").EnumerateArray())
        {
            var id = ticket.GetProperty("id").GetString()!;
            var asset = ticket.GetProperty("asset").GetString();
            if (ticket.GetProperty("state").GetString() == "accepted")
            {
                if (!fixAt.TryGetValue(id, out var due)) fixAt[id] = due = now + ToRepair;
                if (due > now) continue;
                fixAt.Remove(id);
                acceptAt.Remove(id);
                var mended = asset is not null && Repair(asset);
                await CommandAsync(id, "fixed", mended ? "repaired on site" : "checked on site, nothing broken found", ct);
            }
            else
            {
                if (!acceptAt.TryGetValue(id, out var due)) acceptAt[id] = due = now + ToAccept;
                if (due <= now) await CommandAsync(id, "accept", null, ct);
            }
        }
    }

    // A roof's ticket may be about its building: the crew looks at everything that stands there.
    private bool Repair(string asset) => world.Repair(asset) | world.Roofs.Where(r => r.Building == asset || r.Id == asset).Select(r => world.Repair(r.Id)).ToList().Contains(true);

    private async Task CommandAsync(string id, string name, string? reason, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/tickets/{id}/commands/{name}") { Content = JsonContent.Create(new { reason }) };
        request.Headers.Add("Idempotency-Key", $"crew-{id}-{name}-{clock.GetUtcNow().ToUnixTimeMilliseconds() / 600_000}");
        using var response = await http.SendAsync(request, ct);
        log($"crew: {id} {name}: {(int)response.StatusCode}");
    }
}
