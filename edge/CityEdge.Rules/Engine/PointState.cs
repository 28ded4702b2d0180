using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>The last five intervals between a point's values, ms; 0 where not seen yet.</summary>
[InlineArray(Length)]
internal struct Intervals
{
    public const int Length = 5;
    private long first;
}

/// <summary>One point inside an engine, or one subject of events of a type: its event clock, last value, recent samples and alarm instances.</summary>
internal sealed class PointState(PointContext context, long announcedMs, string? eventType = null, string? rule = null)
{
    /// <summary>Least support of one value, and what a single value has before any interval is known.</summary>
    public const long LeastSupportMs = 60_000;

    private string? device;

    private Intervals intervals;

    /// <summary>0: not known since the last interval; most readings nobody asks.</summary>
    private long supportMs;

    public PointContext Context { get; set; } = context;

    /// <summary>What its name is looked up under: its asset, or its device while it has none.</summary>
    public string Home => Context.Asset ?? (device ??= $"{Context.Id.Site}/{Context.Id.Device}");

    /// <summary>Orders what is due at one time.</summary>
    public string Key { get; } = rule is not null ? $"{context.Id} {rule}" : eventType is null ? context.Id.ToString() : $"{context.Id}\n{eventType}";

    /// <summary>Null for a point.</summary>
    public string? EventType { get; } = eventType;

    /// <summary>When the point became known; the start of its silence when it has never spoken.</summary>
    public long AnnouncedMs { get; set; } = announcedMs;

    public bool HasReading { get; set; }

    /// <summary>Event time of the last reading; the announcement's time before the first.</summary>
    public long LastEventMs { get; set; } = announcedMs;

    /// <summary>Arrival of the last reading; the announcement's time before the first.</summary>
    public long LastArrivalMs { get; set; } = announcedMs;

    /// <summary>Event time of the last reading that carried a usable number; <see cref="long.MinValue"/> before one.</summary>
    public long LastValueMs { get; set; } = long.MinValue;

    /// <summary>False while what is due is done because a reading, or an agent, shows that its time has come.</summary>
    public bool ByClock { get; set; } = true;

    /// <summary>A rule runs on it whose holds elapse at readings: see <see cref="RuleEngineOptions.HearsAgents"/>.</summary>
    public bool HearsAgent { get; set; }

    /// <summary>The last reading came as long after the one before as it was taken after it, give or take a half, and 50 s at most: it was not kept back.</summary>
    public bool IsPaced { get; set; }

    public double LastValue { get; set; } = double.NaN;

    /// <summary>What is in doubt about the last value.</summary>
    public Quality LastQuality { get; set; }

    /// <summary>The last value of a text point, cut where no rule compares further; null before one, and for other kinds.</summary>
    public string? LastText { get; set; }

    /// <summary>Three times the usual interval between values, at least <see cref="LeastSupportMs"/>.</summary>
    public long SupportMs => supportMs != 0 ? supportMs : supportMs = LearnSupport();

    public SampleHistory? History { get; set; }

    public long KeepMs { get; set; }

    /// <summary>Values of some hours of each day, for rules that look at them; few, so they are looked through.</summary>
    public List<DayValues> DayValues { get; } = [];

    /// <summary>The last values one by one; null when no rule counts over them.</summary>
    public RecentValues? Recent { get; set; }

    /// <summary>A rule on the point asks what is normal for it.</summary>
    public bool Learns { get; set; }

    /// <summary>What is normal for it, as learned from its values in their order; null unless <see cref="Learns"/>, and before the first value.</summary>
    public LearnedNormal? Normal { get; set; }

    /// <summary>The points that it stands for; null for a point with readings of its own.</summary>
    public AssetGroup? Group { get; set; }

    /// <summary>Its places in the groups of rules over assets, in the order of the rules' ids.</summary>
    public List<GroupMember> Memberships { get; } = [];

    /// <summary>Alarm instances in the order of their rules' ids.</summary>
    public List<AlarmInstance> Alarms { get; } = [];

    /// <summary>Place in the queue; -1 when nothing is due.</summary>
    public int QueueIndex { get; set; } = -1;

    /// <summary>Wall time that the queue goes by: never later than the true due time, so that readings which only postpone timers leave the queue alone.</summary>
    public long QueueKey { get; set; }

    public Span<long> Intervals => intervals;

    public long EventNow(long wallMs) => LastEventMs + (wallMs - LastArrivalMs);

    public long WallOf(long eventMs) => eventMs == long.MaxValue ? long.MaxValue : LastArrivalMs + (eventMs - LastEventMs);

    public long NextDue() => Math.Min(NextEventDue(), NextQuietDue());

    /// <summary>As <see cref="NextDue"/>, without what waits for readings to stay away: a reading overtakes that.</summary>
    public long NextEventDue()
    {
        var due = Group?.NextExpiryMs() ?? long.MaxValue;
        foreach (var alarm in CollectionsMarshal.AsSpan(Alarms)) due = Math.Min(due, alarm.NextDue());
        return due;
    }

    /// <inheritdoc cref="AlarmInstance.QuietDue" />
    public long NextQuietDue()
    {
        var due = long.MaxValue;
        foreach (var alarm in CollectionsMarshal.AsSpan(Alarms))
        {
            if (alarm.Rule.AtEdge) due = Math.Min(due, alarm.QuietDue());
        }
        return due;
    }

    /// <summary>Gives the newest value to what learns the point's normal.</summary>
    public void Learn(long timeMs, double value)
    {
        if (Learns) (Normal ??= new LearnedNormal()).Observe(timeMs, value, Context.OffsetMs(timeMs));
    }

    /// <summary>
    /// Learns from the interval that ends at <paramref name="timeMs"/>. The median of the last five: one outage does not stretch it, and a changed interval is learnt in three readings. The lower of two
    /// middle values, so that the first outage after the first interval does not count either.
    /// </summary>
    public void ObserveInterval(long timeMs)
    {
        if (LastValueMs == long.MinValue) return;
        for (var i = Rules.Intervals.Length - 1; i > 0; i--) intervals[i] = intervals[i - 1];
        intervals[0] = timeMs - LastValueMs;
        supportMs = 0;
    }

    private long LearnSupport()
    {
        Span<long> sorted = stackalloc long[Rules.Intervals.Length];
        var count = 0;
        foreach (var interval in intervals)
        {
            if (interval <= 0) continue;
            var place = count++;
            while (place > 0 && sorted[place - 1] > interval)
            {
                sorted[place] = sorted[place - 1];
                place--;
            }
            sorted[place] = interval;
        }
        return count > 0 ? Math.Max(LeastSupportMs, sorted[(count - 1) / 2] * 3) : LeastSupportMs;
    }
}
