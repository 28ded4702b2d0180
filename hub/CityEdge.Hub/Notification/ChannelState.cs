namespace CityEdge.Hub.Notification;

/// <summary>One channel at work: its rate, its wake-up, and how its last try went.</summary>
public sealed class ChannelState(ChannelOptions options) : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly Queue<DateTimeOffset> sent = new();
    private readonly Lock gate = new();
    private TaskCompletionSource signal = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HttpClient? http = options.Kind == ChannelKind.Smtp ? null : new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = 1 << 20 };
    private IChannel? channel;

    public ChannelOptions Options => options;

    public IChannel Channel => channel ??= options.Kind switch
    {
        ChannelKind.Smtp => new SmtpChannel(options),
        ChannelKind.Webhook => new WebhookChannel(options, http!),
        _ => new RobotChannel(options, http!),
    };

    /// <summary>What was said at the last try; null when it was taken, or there was none.</summary>
    public string? Error { get; private set; }

    /// <summary>Time of the last try; null when there was none.</summary>
    public DateTimeOffset? TriedAt { get; private set; }

    /// <summary>Completes at the next <see cref="Signal"/>; taken before one looks for work.</summary>
    public Task Signalled => Volatile.Read(ref signal).Task;

    public void Signal() => Interlocked.Exchange(ref signal, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    /// <summary>Waits for a signal; with something to do later, at most a second: the hub's clock may be set, or run faster than the real one.</summary>
    public static Task WaitAsync(Task signalled, bool more, CancellationToken ct) =>
        more ? Task.WhenAny(signalled, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, ct)) : signalled.WaitAsync(ct);

    /// <summary>Messages that the rate leaves for this minute; null: no limit.</summary>
    public int? Left(DateTimeOffset now)
    {
        if (options.PerMinute == 0) return null;
        lock (gate)
        {
            while (sent.TryPeek(out var first) && now - first >= Minute) sent.Dequeue();
            return Math.Max(0, options.PerMinute - sent.Count);
        }
    }

    /// <summary>A message goes out.</summary>
    public void Used(DateTimeOffset now)
    {
        if (options.PerMinute == 0) return;
        lock (gate) sent.Enqueue(now);
    }

    /// <summary>How a try went.</summary>
    public void Told(SendResult result, DateTimeOffset now) => (Error, TriedAt) = (result.Error, now);

    /// <inheritdoc />
    public void Dispose() => http?.Dispose();
}
