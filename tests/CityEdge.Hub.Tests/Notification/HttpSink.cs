using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Tests;

/// <summary>A receiver of webhooks and robots' messages: keeps what it took, and answers as the test says.</summary>
public sealed class HttpSink : IAsyncDisposable
{
    private readonly WebApplication app;

    private HttpSink(WebApplication app) => this.app = app;

    public ConcurrentQueue<Received> All { get; } = new();

    /// <summary>Status and body of the next answers; by default 200 and what robots say when they took it.</summary>
    public Func<Received, (int Status, string Body, string? RetryAfter)> Answer { get; set; } = _ => (200, """{"errcode":0,"code":0,"errmsg":"ok"}""", null);

    public string Url => app.Urls.First();

    public static async Task<HttpSink> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var sink = new HttpSink(builder.Build());
        sink.app.MapPost("/{**path}", sink.TakeAsync);
        await sink.app.StartAsync();
        return sink;
    }

    /// <summary>Waits until so many messages have come; fails when more are there.</summary>
    public async Task<IReadOnlyList<Received>> CountAsync(int count)
    {
        await Wait.UntilAsync($"{count} messages at the sink", () => Task.FromResult(All.Count >= count), TimeSpan.FromSeconds(20), () => $"{All.Count} came");
        Assert.Equal(count, All.Count);
        return [.. All];
    }

    private async Task TakeAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        var received = new Received(http.Request.Path, http.Request.QueryString.Value ?? "", http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray());
        All.Enqueue(received);
        var (status, answer, retryAfter) = Answer(received);
        http.Response.StatusCode = status;
        if (retryAfter is not null) http.Response.Headers.RetryAfter = retryAfter;
        await http.Response.WriteAsync(answer);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => app.DisposeAsync();
}
