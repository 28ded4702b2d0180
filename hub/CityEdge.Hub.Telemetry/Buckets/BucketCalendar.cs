namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Buckets on the wall clock of a zone: up to a day they count from local midnight (the last one of a day is cut at the next midnight), longer ones from the
/// midnight of 1970-01-01 local. On the day of a clock change the bucket that holds the change is shorter or longer; an hour that comes twice is two buckets.
/// </summary>
internal sealed class BucketCalendar
{
    private const long DayMs = 86_400_000;
    private static readonly long EarliestMs = DateTimeOffset.MinValue.ToUnixTimeMilliseconds() + (2 * DayMs);
    private static readonly long LatestMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() - (2 * DayMs);
    private readonly TimeZoneInfo zone;
    private readonly long every;
    private long start;
    private long safeFrom;
    private long safeUntil;

    public BucketCalendar(TimeSpan every, TimeZoneInfo zone)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(every, TimeSpan.FromMilliseconds(1));
        this.zone = zone;
        this.every = (long)every.TotalMilliseconds;
    }

    /// <summary>Up to here <see cref="StartOf"/> gives what it gave last.</summary>
    public long Until => safeUntil;

    /// <summary>True when buckets are whole hours long.</summary>
    public bool MayHaveWholeHours => every % 3_600_000 == 0;

    /// <summary>True when no bucket of this calendar begins or ends inside a UTC hour of a day that begins at this instant.</summary>
    public bool HasWholeHours(long dayStartMs)
    {
        const long Hour = 3_600_000;
        var offset = OffsetAt(dayStartMs);
        return every % Hour == 0 && offset % Hour == 0 && OffsetAt(dayStartMs + DayMs - 1) == offset && OffsetAt(dayStartMs + (DayMs / 2)) == offset;
    }

    /// <summary>Start of the bucket that holds an instant, Unix ms. Cheap for ascending times.</summary>
    public long StartOf(long timeMs)
    {
        if (timeMs >= safeFrom && timeMs < safeUntil) return start;
        var offset = OffsetAt(timeMs);
        var local = timeMs + offset;
        var origin = every <= DayMs ? Floor(local, DayMs) : 0;
        var localStart = origin + Floor(local - origin, every);
        var localEnd = every <= DayMs ? Math.Min(localStart + every, origin + DayMs) : localStart + every;
        start = localStart - offset;
        if (OffsetAt(start) != offset) start = AcrossChange(localStart, start, timeMs);
        safeFrom = timeMs;
        var end = localEnd - offset;
        safeUntil = OffsetAt(end - 1) == offset ? end : timeMs + 1;
        return start;
    }

    /// <summary>Offset of the zone from UTC, ms.</summary>
    public long OffsetAt(long timeMs) =>
        (long)zone.GetUtcOffset(DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(timeMs, EarliestMs, LatestMs))).TotalMilliseconds;

    private static long Floor(long value, long unit) => value - (((value % unit) + unit) % unit);

    /// <summary>The clock changed inside the bucket: its start is read on the clock before the change, or is the change itself when that clock time never was.</summary>
    private long AcrossChange(long localStart, long low, long high)
    {
        var before = OffsetAt(low);
        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            if (OffsetAt(middle) == before) low = middle;
            else high = middle;
        }
        return Math.Min(localStart - before, high);
    }
}
