using CityEdge.SegmentLog;

namespace CityEdge.Hub.Api;

/// <summary>The journal's figures in API and CLI.</summary>
public static class JournalJson
{
    /// <summary>Walks every record; the second part is whether all are sound.</summary>
    public static (object Report, bool Sound) Verify(string directory)
    {
        var report = LogInspector.Inspect(directory);
        return (report, report.Sound);
    }

    public static object Stats(AppendLog journal) => new { journal.Start, journal.End, journal.DurableEnd, Stats = journal.Stats };
}
