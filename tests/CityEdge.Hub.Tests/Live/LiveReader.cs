using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Threading.Channels;

namespace CityEdge.Hub.Tests;

/// <summary>One event of the live stream.</summary>
public sealed record Heard(string Name, long? Id, JsonElement Data);

/// <summary>A client of <c>GET /api/v1/live</c>.</summary>
public sealed class LiveReader : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly Channel<Heard> heard = Channel.CreateUnbounded<Heard>();
    private Task reading = Task.CompletedTask;

    /// <summary>Everything taken so far, in order.</summary>
    public List<Heard> All { get; } = [];

    /// <summary>Connects and waits for the first event, which is the clock.</summary>
    public static async Task<LiveReader> ConnectAsync(RunningHub hub, long? lastEventId = null)
    {
        var reader = new LiveReader();
        reader.reading = Task.Run(() => reader.ReadAsync(hub, lastEventId));
        Assert.Equal("clock", (await reader.NextAsync()).Name);
        return reader;
    }

    public async Task<Heard> NextAsync()
    {
        var next = await heard.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        All.Add(next);
        return next;
    }

    /// <summary>The next event that fits; those before it are in <see cref="All"/>.</summary>
    public async Task<Heard> UntilAsync(string name, Func<JsonElement, bool> fits)
    {
        while (true)
        {
            var next = await NextAsync();
            if (next.Name == name && fits(next.Data)) return next;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await reading;
        stop.Dispose();
    }

    private async Task ReadAsync(RunningHub hub, long? lastEventId)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/live");
            if (lastEventId is { } last) request.Headers.TryAddWithoutValidation("Last-Event-ID", last.ToString(CultureInfo.InvariantCulture));
            using var response = await hub.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
            await using var stream = await response.Content.ReadAsStreamAsync(stop.Token);
            await foreach (var item in SseParser.Create(stream).EnumerateAsync(stop.Token))
            {
                heard.Writer.TryWrite(new Heard(item.EventType, item.EventId is { Length: > 0 } id ? long.Parse(id, CultureInfo.InvariantCulture) : null, JsonSerializer.Deserialize<JsonElement>(item.Data)));
            }
            heard.Writer.TryComplete();
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or HttpRequestException or Xunit.Sdk.XunitException)
        {
            heard.Writer.TryComplete(error);
        }
    }
}
