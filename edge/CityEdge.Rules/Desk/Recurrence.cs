namespace CityEdge.Rules;

/// <summary>The days of a <see cref="RecurrenceRule"/> from a first day on, each at the same local time. In the hour that clocks skip an occurrence starts with the change; in the one that comes twice, the second time.</summary>
public sealed class Recurrence
{
    // A rule with a count that is not used up within 100 years has no end that matters.
    private const int FarDays = 36_525;
    private readonly TimeZoneInfo zone;
    private readonly DateOnly first;
    private readonly TimeOnly at;
    private readonly DateOnly last;

    /// <summary>Occurrences from <paramref name="fromMs"/> (Unix ms) on; <paramref name="fromMs"/> is one only when its day is a day of the rule.</summary>
    public Recurrence(RecurrenceRule rule, long fromMs, TimeZoneInfo zone)
    {
        (Rule, this.zone) = (rule, zone);
        var local = ToLocal(fromMs);
        (first, at) = (DateOnly.FromDateTime(local), TimeOnly.FromDateTime(local));
        last = rule.Count is { } count ? Nth(count) : DateOnly.MaxValue;
    }

    /// <summary>The rule.</summary>
    public RecurrenceRule Rule { get; }

    /// <summary>Start of the newest occurrence in (<paramref name="ms"/> - <paramref name="lengthMs"/>, <paramref name="ms"/>], Unix ms; null when there is none.</summary>
    public long? LastStart(long ms, long lengthMs)
    {
        var oldest = DateOnly.FromDateTime(ToLocal(ms - lengthMs));
        for (var day = DateOnly.FromDateTime(ToLocal(ms)); day >= oldest && day >= first; day = day.AddDays(-1))
        {
            if (day > last || !Rule.Has(day, first)) continue;
            var start = ToUtcMs(day);
            if (start <= ms && ms - start < lengthMs && (Rule.UntilMs is not { } until || start <= until) && (Rule.UntilDay is not { } end || day <= end)) return start;
        }
        return null;
    }

    private DateOnly Nth(int count)
    {
        var day = first;
        for (var i = 0; i < FarDays; i++, day = day.AddDays(1))
        {
            if (Rule.Has(day, first) && --count == 0) return day;
        }
        return DateOnly.MaxValue;
    }

    private DateTime ToLocal(long ms) => TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(ms, 0, 200_000_000_000_000)), zone).DateTime;

    private long ToUtcMs(DateOnly day)
    {
        var local = day.ToDateTime(at);
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUnixTimeMilliseconds();
    }
}
