using System.Security.Cryptography;
using System.Text;
using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>A rule inside an engine: the definition plus what the hot path wants ready in arrays and milliseconds.</summary>
internal sealed class RuleRuntime
{
    private readonly Dictionary<(string Zone, GeoPosition? Place), ActiveClock> clocks = [];
    private readonly KeyValuePair<string, string[]>[] where;

    public RuleRuntime(RuleDefinition definition)
    {
        Definition = definition;
        where = [.. definition.Where.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.ToArray()))];
        Steps = [.. definition.Raise.Select(step => step.When.Condition)];
        StepForMs = [.. definition.Raise.Select(step => (long)step.For.TotalMilliseconds)];
        StepSeverity = [.. definition.Raise.Select(step => step.Severity)];
        Clear = definition.Clear.When?.Condition;
        ClearForMs = (long)definition.Clear.For.TotalMilliseconds;
        Verify = definition.Verify.When?.Condition;
        NoDataAfterMs = definition.NoData is { } noData ? (long)noData.After.TotalMilliseconds : null;
        MaxGapMs = (long?)(definition.MaxGap ?? definition.NoData?.After)?.TotalMilliseconds;
        WindowMs = definition.SampleWindowMs;
        MemberConditions = [.. definition.MemberConditions];
        AtEdge = definition.At == RulePlacement.Edge;
        HearsLate = definition is { UsesLearnedNormal: false, DayWindows.Count: 0, References.Count: 0, EventType: null, Level: null, At: not RulePlacement.Edge };
        SourceHash = BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(definition.SourceYaml)));
    }

    public RuleDefinition Definition { get; }

    /// <summary>An agent runs it too, and says what it finds.</summary>
    public bool AtEdge { get; }

    public ConditionNode[] Steps { get; }

    public long[] StepForMs { get; }

    public Severity[] StepSeverity { get; }

    public ConditionNode? Clear { get; }

    public long ClearForMs { get; }

    public ConditionNode? Verify { get; }

    public long? NoDataAfterMs { get; }

    /// <summary>Null: three times the point's interval.</summary>
    public long? MaxGapMs { get; }

    public long WindowMs { get; }

    public ConditionNode[] MemberConditions { get; }

    public NumberNode? Headline => Definition.Headline;

    /// <summary>The assets with an alarm of this rule, by site and id; empty when it has one alarm a point.</summary>
    public Dictionary<(string Site, string Asset), AssetGroup> Groups { get; } = [];

    public long[] AgeThresholdsMs => Definition.AgeThresholdsMs;

    public bool UsesAge => AgeThresholdsMs.Length > 0;

    /// <summary>Its conditions change as time passes, with nothing new.</summary>
    public bool FollowsTime => UsesAge || Definition.Events is { WindowsMs.Length: > 0 };

    /// <summary>
    /// A late reading is put in its place. Not where a condition asks what was learned, which cannot be unlearned, or for hours of days, of which only sums are kept, nor where it asks other points, whose values of then are not kept; events are put in order by
    /// <see cref="EventMemory"/>, groups hear their points as these come, and of a rule at the edge the agent tells.
    /// </summary>
    public bool HearsLate { get; }

    /// <summary>With the version it says whether a snapshot's state is of this very rule.</summary>
    public ulong SourceHash { get; }

    /// <summary><paramref name="eventType"/> is null for a point, the type for a subject of events.</summary>
    public bool Matches(PointContext point, string? eventType = null)
    {
        if (Definition.EventType != eventType) return false;
        if (Definition.Signal is { } signal && signal != point.Kind) return false;
        foreach (var (key, patterns) in where)
        {
            if (point.Label(key) is not { } label || !Array.Exists(patterns, pattern => LabelPattern.Matches(pattern, label))) return false;
        }
        return true;
    }

    public ActiveClock? ClockFor(PointContext point, SeasonCalendar seasons)
    {
        if (Definition.Active is not { } window) return null;
        // A tenth of a degree is less than half a minute of the sun's time: neighbours share a clock.
        GeoPosition? place = window.FromSun is not null && point.Position is { } at ? new GeoPosition(Math.Round(at.Lat, 1), Math.Round(at.Long, 1)) : null;
        if (!clocks.TryGetValue((point.Zone.Id, place), out var clock)) clocks[(point.Zone.Id, place)] = clock = new ActiveClock(window, point.Zone, seasons, place);
        return clock;
    }
}
