using System.Collections.Concurrent;
using System.Net;

namespace CityEdge.Hub.Telemetry.Tests;

/// <summary>An InfluxDB whose answers to writes the test gives, one by one and whenever it likes. Probe points are kept and given back.</summary>
public sealed class ScriptedServer : HttpMessageHandler
{
    private readonly SemaphoreSlim arrived = new(0);
    private readonly ProbeKeeper probe = new();

    public string? Version { get; set; } = "1.8.10";

    public ConcurrentQueue<Write> Writes { get; } = new();

    /// <summary>The next write; fails the test after 20 s.</summary>
    public async Task<Write> NextAsync()
    {
        if (!await arrived.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)) throw new TimeoutException("no write arrived within 20 s");
        Assert.True(Writes.TryDequeue(out var write));
        return write;
    }

    public bool IsIdle => Writes.IsEmpty;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        var path = request.RequestUri!.AbsolutePath;
        if (path == "/ping")
        {
            var pong = new HttpResponseMessage(HttpStatusCode.NoContent);
            if (Version is not null) pong.Headers.Add("X-Influxdb-Version", Version);
            return pong;
        }
        if (await probe.AnswerAsync(request, cancellation) is { } proven) return proven;
        if (request.Content is null) return new HttpResponseMessage(HttpStatusCode.NotFound);
        var body = await request.Content.ReadAsByteArrayAsync(cancellation);
        var write = new Write(request.RequestUri.PathAndQuery, request.Headers.Authorization?.ToString(), string.Join(",", request.Content.Headers.ContentEncoding), body);
        Writes.Enqueue(write);
        arrived.Release();
        return await write.Answer.Task.WaitAsync(cancellation);
    }

    public sealed record Write(string Path, string? Authorization, string Encoding, byte[] Body)
    {
        public TaskCompletionSource<HttpResponseMessage> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Text => System.Text.Encoding.UTF8.GetString(Body);

        public void Reply(int status, string body = "", int? retryAfter = null)
        {
            var answer = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body) };
            if (retryAfter is not null) answer.Headers.RetryAfter = new(TimeSpan.FromSeconds(retryAfter.Value));
            Answer.SetResult(answer);
        }
    }
}
