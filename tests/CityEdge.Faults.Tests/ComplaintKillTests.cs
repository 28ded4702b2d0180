using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace CityEdge.Faults.Tests;

/// <summary>kill -9 of the hub while complaints come in: every one that was answered is there afterwards, once, and none that was sent again is there twice (design §2, promises 1 and 2).</summary>
public sealed class ComplaintKillTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task An_answered_complaint_survives_the_hub()
    {
        var kills = Checkout.Long ? 40 : 5;
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var hub = new MortalHub(folder["hub"]);
        var answered = new ConcurrentDictionary<string, string>();
        var sent = 0;
        for (var life = 0; life <= kills; life++)
        {
            await hub.StartAsync();
            using var http = new HttpClient { BaseAddress = hub.Now.Http.BaseAddress };
            var until = answered.Count + random.Next(5, 60);
            var first = sent;
            // Four callers, one of whom says again what the last life may or may not have heard.
            var callers = Enumerable.Range(0, 4).Select(caller => Task.Run(async () =>
            {
                try
                {
                    while (true)
                    {
                        var number = caller == 0 ? random.Next(Math.Max(1, first)) : Interlocked.Increment(ref sent);
                        await ComplainAsync(http, answered, number.ToString(System.Globalization.CultureInfo.InvariantCulture));
                    }
                }
                catch (Exception gone) when (gone is HttpRequestException or TaskCanceledException or IOException)
                {
                    // The hub was killed under the call.
                }
            })).ToList();
            await Wait.UntilAsync($"{until} answers (seed {seed})", () => Task.FromResult(answered.Count >= until), TimeSpan.FromMinutes(3));
            await hub.KillAsync();
            await Task.WhenAll(callers);
        }
        await hub.StartAsync();
        using var last = new HttpClient { BaseAddress = hub.Now.Http.BaseAddress };
        var stored = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var page = await last.GetFromJsonAsync<JsonElement>($"/api/v1/complaints?limit=1000{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}", TestContext.Current.CancellationToken);
            stored.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = page.GetProperty("next").GetString();
        }
        while (cursor is not null);
        var byNumber = stored.ToDictionary(c => c.GetProperty("external_id").GetString()!, c => c.GetProperty("id").GetString()!);
        Assert.NotEmpty(answered);
        Assert.All(answered, a => Assert.Equal(a.Value, byNumber.GetValueOrDefault(a.Key)));
        // All of one place: one incident, one ticket, which counts them.
        var ticket = Assert.Single(stored.Select(c => c.GetProperty("ticket").GetString()).Distinct());
        Assert.Equal(stored.Count, (await last.GetFromJsonAsync<JsonElement>($"/api/v1/tickets/{ticket}", TestContext.Current.CancellationToken)).GetProperty("complaints").GetInt32());
    }

    private static async Task ComplainAsync(HttpClient http, ConcurrentDictionary<string, string> answered, string number)
    {
        using var answer = await http.PostAsJsonAsync("/api/v1/complaints", new { external_id = number, channel = "hotline", category = "heating.room", text = "冷", lat = 39.9, @long = 116.4 });
        Assert.True(answer.StatusCode is HttpStatusCode.Created or HttpStatusCode.OK, $"{(int)answer.StatusCode}");
        var id = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        // Whoever was answered once is answered the same again.
        Assert.Equal(id, answered.GetOrAdd(number, id));
    }

    public void Dispose() => folder.Dispose();
}
