namespace CityEdge.Hub.Hosting;

/// <summary>
/// Says who connected and who is gone: a line each, at most <see cref="LinesPerSecond"/> a second, and of those beyond it one line with their number. A log that is written
/// faster than it is read makes its writer wait, and the writer is the broker's one thread: a burst of connects would then hold up everybody's acknowledgements.
/// </summary>
public sealed class ConnectionLog(ILogger logger)
{
    /// <summary>Lines about single connections in a second.</summary>
    public const int LinesPerSecond = 50;

    private int lines;
    private int connected;
    private int gone;

    /// <summary>A client has a session now. Any thread.</summary>
    public void Connected(string clientId, string identity)
    {
        if (May()) logger.LogInformation("{Client} ({Identity}) is connected.", clientId, identity);
        else Interlocked.Increment(ref connected);
    }

    /// <summary>A client's connection has ended. Any thread.</summary>
    public void Disconnected(string clientId, string identity, string reason)
    {
        if (May()) logger.LogInformation("{Client} ({Identity}) is gone: {Reason}", clientId, identity, reason);
        else Interlocked.Increment(ref gone);
    }

    /// <summary>A second is over: tells how many were not named in it. Called by one thread, once a second.</summary>
    public void NextSecond()
    {
        Interlocked.Exchange(ref lines, 0);
        var (more, fewer) = (Interlocked.Exchange(ref connected, 0), Interlocked.Exchange(ref gone, 0));
        if (more > 0 || fewer > 0) logger.LogInformation("{Connected} more connected and {Gone} more are gone within a second; only the first {Lines} are named.", more, fewer, LinesPerSecond);
    }

    private bool May() => logger.IsEnabled(LogLevel.Information) && Volatile.Read(ref lines) < LinesPerSecond && Interlocked.Increment(ref lines) <= LinesPerSecond;
}
