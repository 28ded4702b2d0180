using CityEdge.Contracts;
using CityEdge.Mqtt;
using Microsoft.Extensions.Logging;

namespace CityEdge.Edge;

/// <summary>Keeps the retained status document current: on connecting, when an adapter or a point changes, and every <see cref="AgentConfig.StatusEvery"/>.</summary>
internal sealed class StatusReporter(AgentConfig config, Spool spool, AdapterHost adapters, IMqttLink link, TimeProvider clock, TimeProvider wireClock, ILogger logger)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private const int MaxPoints = 1000;
    private readonly SemaphoreSlim wake = new(0);
    private int connected;
    private long onlineSince;
    private volatile string? announced;

    /// <summary>The last will: the hub adds the time at which it took effect.</summary>
    public static WillMessage Will(AgentConfig config) =>
        new(Topics.Status(config.Site, config.Device), DeviceStatusJson.Encode(new DeviceStatus { State = "offline" }), QoS.AtLeastOnce, Retain: true);

    public void OnConnected()
    {
        Volatile.Write(ref onlineSince, clock.GetUtcNow().ToUnixTimeMilliseconds());
        Volatile.Write(ref connected, 1);
        wake.Release();
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        await using var looking = wireClock.CreateTimer(static wake => ((SemaphoreSlim)wake!).Release(), wake, Look, Look);
        var (last, sentAt) = ("", 0L);
        while (true)
        {
            await wake.WaitAsync(cancellation).ConfigureAwait(false);
            var now = Interlocked.Exchange(ref connected, 0) == 1;
            if (link.State != MqttLinkState.Connected) continue;
            var shape = Shape();
            if (!now && shape == last && wireClock.GetElapsedTime(sentAt) < config.StatusEvery) continue;
            (last, sentAt) = (shape, wireClock.GetTimestamp());
            await PublishOnlineAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Completes when the hub has answered a document that names every point there is. An agent that ends by itself may have sent its readings before its first document; without
    /// it the hub would never know their kinds and labels.
    /// </summary>
    public Task AnnounceAsync(CancellationToken cancellation) => announced == PointNames() ? Task.CompletedTask : PublishOnlineAsync(cancellation);

    public Task<PublishResult> PublishOfflineAsync(CancellationToken cancellation) =>
        PublishAsync(new DeviceStatus { State = "offline", Since = Now, Agent = AgentVersion.Name, Spool = spool.Status() }, cancellation);

    /// <summary>The document as it would be published now.</summary>
    public DeviceStatus Online() => new()
    {
        State = "online",
        Since = Rfc3339.Format(Volatile.Read(ref onlineSince)),
        Agent = AgentVersion.Name,
        Spool = spool.Status(),
        Adapters = [.. adapters.Adapters.Select(a => a.Health.ToStatus(a.Type))],
        Points = [.. adapters.Adapters.SelectMany(a => a.Points).DistinctBy(p => p.Name).Take(MaxPoints).Select(p => p.ToAnnouncement())],
    };

    private async Task PublishOnlineAsync(CancellationToken cancellation)
    {
        var names = PointNames();
        var result = await PublishAsync(Online(), cancellation).ConfigureAwait(false);
        announced = names;
        if (!result.IsSuccess) logger.LogWarning("The hub did not take the status document: {Code} {Reason}", result.Code, result.Reason);
    }

    private string PointNames() => string.Join(';', adapters.Adapters.SelectMany(a => a.Points).Select(p => p.Name));

    /// <summary>What makes a new document worth sending before its time.</summary>
    private string Shape() => string.Join(';', adapters.Adapters.Select(a => $"{a.Id}={a.Health.State},{a.Points.Count}"));

    private string Now => Rfc3339.Format(clock.GetUtcNow().ToUnixTimeMilliseconds());

    private Task<PublishResult> PublishAsync(DeviceStatus status, CancellationToken cancellation) =>
        link.PublishAsync(new MqttMessage(Topics.Status(config.Site, config.Device), DeviceStatusJson.Encode(status), QoS.AtLeastOnce, Retain: true), cancellation);
}
