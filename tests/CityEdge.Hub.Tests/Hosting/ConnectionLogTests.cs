using CityEdge.Hub.Hosting;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Tests;

/// <summary>Who comes and goes is told, and a burst of them is told in few lines.</summary>
public sealed class ConnectionLogTests
{
    [Fact]
    public void A_burst_is_named_in_part_and_counted_in_full()
    {
        var lines = new Lines();
        var log = new ConnectionLog(lines);
        for (var i = 0; i < 10_000; i++) log.Connected($"kiosk-{i}", "bj-01/kiosk");
        for (var i = 0; i < 7; i++) log.Disconnected($"kiosk-{i}", "bj-01/kiosk", "the peer closed");

        Assert.Equal(ConnectionLog.LinesPerSecond, lines.All.Count);
        Assert.Equal("kiosk-0 (bj-01/kiosk) is connected.", lines.All[0]);
        log.NextSecond();
        Assert.Equal($"{10_000 - ConnectionLog.LinesPerSecond} more connected and 7 more are gone within a second; only the first {ConnectionLog.LinesPerSecond} are named.", lines.All[^1]);

        lines.All.Clear();
        log.Disconnected("kiosk-8", "bj-01/kiosk", "the peer closed");
        log.NextSecond();
        Assert.Equal(["kiosk-8 (bj-01/kiosk) is gone: the peer closed"], lines.All);
    }

    [Fact]
    public void Nothing_is_counted_where_nothing_is_logged()
    {
        var lines = new Lines { Least = LogLevel.Warning };
        var log = new ConnectionLog(lines);
        for (var i = 0; i < 100; i++) log.Connected($"kiosk-{i}", "bj-01/kiosk");
        log.NextSecond();

        Assert.Empty(lines.All);
    }

    private sealed class Lines : ILogger
    {
        public List<string> All { get; } = [];

        public LogLevel Least { get; init; } = LogLevel.Information;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= Least;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) All.Add(formatter(state, exception));
        }
    }
}
