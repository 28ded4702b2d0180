using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace CityEdge.Edge.Cli;

/// <summary>Logs adapters' faults without letting a dead sensor fill the disk: the same message of one adapter at most once a minute, with how often it came.</summary>
internal sealed class FaultLog(ILogger logger, TimeProvider clock)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<string, Told> last = new(StringComparer.Ordinal);

    private sealed class Told
    {
        public string? Message { get; set; }
        public long At { get; set; }
        public int Since { get; set; }
    }

    public void OnFault(string adapter, string message)
    {
        var told = last.GetOrAdd(adapter, _ => new Told());
        int repeated;
        lock (told)
        {
            told.Since++;
            if (told.Message == message && clock.GetElapsedTime(told.At) < Quiet) return;
            (told.Message, told.At, repeated, told.Since) = (message, clock.GetTimestamp(), told.Since, 0);
        }
        logger.LogWarning("Adapter {Id}: {Message} ({Count} faults since the last line)", adapter, message, repeated);
    }
}
