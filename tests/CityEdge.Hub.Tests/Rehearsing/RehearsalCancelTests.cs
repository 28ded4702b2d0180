using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using CityEdge.Contracts;
using CityEdge.Hub.Api;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Telemetry;
using CityEdge.Hub.Tickets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Tests;

/// <summary>A rehearsal whose caller goes away stops, and only one runs at a time: the same endpoint over a store that never ends.</summary>
public sealed class RehearsalCancelTests
{
    private const string Yaml = "id: endless\ntitle: { zh: 冷, en: Cold }\nsignal: temperature\nraise:\n  - { severity: P3, when: \"value < 18\" }\n";

    /// <summary>Gives one reading, then waits until the reader is cancelled.</summary>
    private sealed class EndlessStore : ITelemetryStore
    {
        public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long DurablePosition => 0;

        public async IAsyncEnumerable<PointReadings> ReadManyAsync(IReadOnlyList<TelemetryPoint> points, long fromMs, long toMs, int limit, [EnumeratorCancellation] CancellationToken cancellation)
        {
            yield return new PointReadings(points[0], [new StoredReading(fromMs, ReadingValue.FromNumber(20), Quality.Good)]);
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            }
            finally
            {
                Cancelled.TrySetResult();
            }
        }

        public ValueTask WriteAsync(IReadOnlyList<TelemetryRow> rows, long nextPosition, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask FlushAsync(CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<StoredReading>> ReadAsync(PointId point, PointKind kind, long fromMs, long toMs, int limit, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<StoredReading>> AggregateAsync(PointId point, PointKind kind, long fromMs, long toMs, TimeSpan every, AggregateFunction function, TimeZoneInfo zone, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<StoredReading?> LastAsync(PointId point, PointKind kind, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask MaintainAsync(long nowMs, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_caller_that_goes_away_stops_the_work_and_meanwhile_nobody_else_may_begin()
    {
        var ct = TestContext.Current.CancellationToken;
        await using var store = new EndlessStore();
        await using var tickets = TicketStore.OpenInMemory(TimeProvider.System);
        var registry = new HubRegistry();
        registry.Put(new PointEntry(new PointId("s", "d", "t"), PointKind.Temperature, "Cel", ReadingType.Number));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(registry).AddSingleton<ITelemetryStore>(store).AddSingleton(tickets).AddSingleton(TimeProvider.System)
            .AddSingleton(new HubOptions { Data = "none", Telemetry = new TelemetryOptions { Directory = "none" } })
            .Configure<JsonOptions>(json => HubJson.Configure(json.SerializerOptions));
        await using var app = builder.Build();
        RehearsalApi.Map(app.MapGroup("/api/v1"));
        await app.StartAsync(ct);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        HttpRequestMessage Request()
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/rules/endless/rehearse") { Content = JsonContent.Create(new { from = "2026-01-01", to = "2026-02-01", yaml = Yaml }) };
            request.Headers.Accept.ParseAdd("application/x-ndjson");
            return request;
        }

        using (var running = await http.SendAsync(Request(), HttpCompletionOption.ResponseHeadersRead, ct))
        {
            using var reader = new StreamReader(await running.Content.ReadAsStreamAsync(ct));
            Assert.StartsWith("{\"progress\":", await reader.ReadLineAsync(ct), StringComparison.Ordinal);
            using var second = await http.SendAsync(Request(), ct);
            Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
            Assert.False(store.Cancelled.Task.IsCompleted);
        }
        await store.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20), ct);
        // And then the next may.
        await Wait.UntilAsync("a second rehearsal to begin", async () =>
        {
            using var next = await http.SendAsync(Request(), HttpCompletionOption.ResponseHeadersRead, ct);
            return next.StatusCode == HttpStatusCode.OK;
        }, TimeSpan.FromSeconds(20));
    }
}
