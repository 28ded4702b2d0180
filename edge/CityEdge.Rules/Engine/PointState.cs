using System.Runtime.InteropServices;
using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>One point inside an engine, or one subject of events of a type: its event clock, last value, recent samples and alarm instances.</summary>
internal sealed class PointState(PointContext context, long announcedMs, string? eventType = null, string? rule = null)
{
    /// <summary>Where it stands after its last reading.</summary>
    public PointClock Clock = new(announcedMs);

    private string? device;

    public PointContext Context { get; set; } = context;

    /// <summary>What its name is looked up under: its asset, or its device while it has none.</summary>
    public string Home => Context.Asset ?? (device ??= $"{Context.Id.Site}/{Context.Id.Device}");

    /// <summary>Orders what is due at one time.</summary>
    public string Key { get; } = rule is not null ? $"{context.Id} {rule}" : eventType is null ? context.Id.ToString() : $"{context.Id}\n{eventType}";

    /// <summary>Null for a point.</summary>
    public string? EventType { get; } = eventType;

    /// <summary>When the point became known; the start of its silence when it has never spoken.</summary>
    public long AnnouncedMs { get; set; } = announcedMs;

    public bool HasReading { get => Clock.HasReading; set => Clock.HasReading = value; }

    /// <inheritdoc cref="PointClock.LastEventMs" />
    public long LastEventMs { get => Clock.LastEventMs; set => Clock.LastEventMs = value; }

    /// <inheritdoc cref="PointClock.LastArrivalMs" />
    public long LastArrivalMs { get => Clock.LastArrivalMs; set => Clock.LastArrivalMs = value; }

    /// <inheritdoc cref="PointClock.LastValueMs" />
    public long LastValueMs { get => Clock.LastValueMs; set => Clock.LastValueMs = value; }

    /// <summary>False while what is due is done because a reading, or an agent, shows that its time has come.</summary>
    public bool ByClock { get; set; } = true;

    /// <summary>A rule runs on it whose holds elapse at readings: see <see cref="RuleEngineOptions.HearsAgents"/>.</summary>
    public bool HearsAgent { get; set; }

    /// <summary>The last reading came as long after the one before as it was taken after it, give or take a half, and 50 s at most: it was not kept back.</summary>
    public bool IsPaced { get; set; }

    public double LastValue { get => Clock.LastValue; set => Clock.LastValue = value; }

    /// <inheritdoc cref="PointClock.LastQuality" />
    public Quality LastQuality { get => Clock.LastQuality; set => Clock.LastQuality = value; }

    /// <inheritdoc cref="PointClock.LastText" />
    public string? LastText { get => Clock.LastText; set => Clock.LastText = value; }

    /// <inheritdoc cref="PointClock.SupportMs" />
    public long SupportMs => Clock.SupportMs;

    /// <summary>A rule on the point takes late readings.</summary>
    public bool HearsLate { get; set; }

    /// <summary>Its last two minutes; null unless <see cref="HearsLate"/>, and before the first reading or timer.</summary>
    public PointPast? Past { get; set; }

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
}
