using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Aggregates a series: days that the roll-up holds and whose hours each lie in one bucket out of the roll-up, also where the readings themselves are gone by
/// retention; the rest out of the readings. Safe for many threads.
/// </summary>
internal sealed class HourReader(StoreFiles files, RollUp rollUp, SeriesReader reader, ILogger? logger)
{
    public void Aggregate(Series series, long fromMs, long toMs, long horizonMs, BucketCalendar calendar, AggregateFunction function, BucketAggregator into, CancellationToken cancellation)
    {
        var reached = fromMs;
        void Raw(long untilMs)
        {
            reader.Visit(series, Math.Max(reached, horizonMs), untilMs, (rows, start, end) =>
            {
                into.Add(rows, start, end);
                return true;
            }, cancellation);
            reached = untilMs;
        }
        if (fromMs < toMs && calendar.MayHaveWholeHours)
        {
            // What is in memory is not in the roll-up. It is looked at first: what moves to disk after that is marked in the roll-up before.
            var inMemory = series.Picture(fromMs, toMs).Select(r => Partition.DayOf(r.TimeMs)).ToHashSet();
            var usable = rollUp.UsableDays(Partition.DayOf(fromMs), Partition.DayOf(toMs - 1), series.Id);
            usable.RemoveAll(d => inMemory.Contains(d) || !Fits(d, fromMs, toMs, calendar));
            if (usable.Count > 0)
            {
                var bodies = files.Rolled.Read(series.Id, usable[0], usable[^1]);
                var (at, hours) = (0, new List<HourRow>(24));
                foreach (var day in usable)
                {
                    cancellation.ThrowIfCancellationRequested();
                    while (at < bodies.Count && bodies[at].Day < day) at++;
                    hours.Clear();
                    if (at < bodies.Count && bodies[at].Day == day && !HourCodec.TryDecode(bodies[at].Body, function, hours, out var error))
                    {
                        TelemetryMetrics.Corrupt.Add(1);
                        logger?.LogError("The roll-up of series {Series} on day {Day} since 1970 cannot be read: {Error}. Its readings are read instead.", series.Id, day, error);
                        continue;
                    }
                    var dayMs = day * Partition.DayMs;
                    if (reached < dayMs) Raw(dayMs);
                    foreach (var hour in hours)
                    {
                        if (hour.HourMs >= fromMs && hour.HourMs < toMs) into.Add(hour);
                    }
                    reached = dayMs + Partition.DayMs;
                }
            }
        }
        if (reached < toMs) Raw(toMs);
    }

    /// <summary>The ends of the question do not cut an hour of the day, and no bucket does.</summary>
    private static bool Fits(int day, long fromMs, long toMs, BucketCalendar calendar)
    {
        var start = day * Partition.DayMs;
        var end = start + Partition.DayMs;
        return (fromMs <= start || fromMs % HourAccumulator.HourLength == 0) && (toMs >= end || toMs % HourAccumulator.HourLength == 0) && calendar.HasWholeHours(start);
    }
}
