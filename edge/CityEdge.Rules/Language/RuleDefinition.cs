using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>A rule as read from its file, compiled, with all defaults filled in (design §5, <c>Rules</c>).</summary>
public sealed record RuleDefinition
{
    /// <summary><c>[a-z0-9-]{3,64}</c>.</summary>
    public required string Id { get; init; }

    public required LocalizedText Title { get; init; }

    /// <summary>Kind of the points it runs on; null for <c>signal: any</c>.</summary>
    public PointKind? Signal { get; init; }

    /// <summary>CloudEvents type of an event rule, which has one alarm per subject of such events; null for a rule on points.</summary>
    public string? EventType { get; init; }

    /// <summary>Label to patterns: every label must match any of its patterns.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Where { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Steps, the most severe first; at most one a severity. Empty for a rule about silence alone.</summary>
    public IReadOnlyList<RaiseStep> Raise { get; init; } = [];

    public ClearPolicy Clear { get; init; } = new(null, TimeSpan.Zero);

    /// <summary>Season, hours and days; null: always.</summary>
    public ActiveWindow? Active { get; init; }

    public NoDataPolicy? NoData { get; init; }

    /// <summary>A longer gap pauses a hold; null: three times the point's observed interval.</summary>
    public TimeSpan? MaxGap { get; init; }

    /// <summary>The ancestor asset whose incident this joins.</summary>
    public string? GroupBy { get; init; }

    /// <summary>Rules whose alarms on the same or an ancestor asset inhibit this one.</summary>
    public IReadOnlyList<string> InhibitedBy { get; init; } = [];

    public RulePlacement At { get; init; }

    public required TicketPolicy Ticket { get; init; }

    public VerifyPolicy Verify { get; init; } = new(null, TimeSpan.Zero);

    public LocalizedText? Action { get; init; }

    public IReadOnlyList<RuleTestCase> Tests { get; init; } = [];

    /// <summary>The file's text.</summary>
    public required string SourceYaml { get; init; }

    /// <summary>Set by the hub: rises with each accepted change.</summary>
    public int Version { get; init; }

    /// <summary>Attributes that the expressions read, by slot.</summary>
    public IReadOnlyList<string> AttributeNames { get; init; } = [];

    /// <summary>What each of them is taken for, by slot.</summary>
    internal IReadOnlyList<AttributeUse> AttributeUses { get; init; } = [];

    /// <summary>Attributes of points and assets that have none of that name (<c>defaults</c>).</summary>
    public IReadOnlyDictionary<string, AttributeValue> Defaults { get; init; } = new Dictionary<string, AttributeValue>();

    /// <summary>Hours of days that its expressions look back on, and how many days.</summary>
    internal IReadOnlyDictionary<DayWindowSpec, int> DayWindows { get; init; } = new Dictionary<DayWindowSpec, int>();

    /// <summary>Longest of its windows over samples, ms; 0 when none.</summary>
    internal long SampleWindowMs { get; init; }

    /// <summary>How far back its expressions look in time, days of <c>window(…, 14d)</c> included; 0 when they do not.</summary>
    public TimeSpan LongestWindow { get; init; }

    /// <summary>Most values that a <c>last(N, …)</c> looks back on; 0 when none.</summary>
    public int LongestRun { get; init; }

    /// <summary>Its expressions use <c>anomaly()</c> or <c>forecast(d)</c>: each point it runs on learns what is normal (<see cref="LearnedNormal.StateBytes"/>).</summary>
    public bool UsesLearnedNormal { get; init; }

    /// <summary>How far ahead its forecasts look, ms, ascending; empty when it has none.</summary>
    internal long[] ForecastsMs { get; init; } = [];

    /// <summary>Level of the asset tree of whose assets each has one alarm (<c>share(building, …)</c>), <c>asset</c> for the points' own assets; null: one alarm a point.</summary>
    public string? Level { get; init; }

    /// <summary>Conditions over one point of such an asset, by slot.</summary>
    internal IReadOnlyList<ConditionNode> MemberConditions { get; init; } = [];

    /// <summary>What the alarm of an asset tells as its value.</summary>
    internal NumberNode? Headline { get; init; }

    /// <summary>Other points that the expressions look at, by slot.</summary>
    internal IReadOnlyList<PointReference> References { get; init; } = [];

    /// <summary>Its expressions look at other points than the one it runs on.</summary>
    public bool LooksAtOtherPoints => References.Count > 0 || Level is not null;

    /// <summary>Names, without site and device, of the points that it looks at by <c>point("…")</c>.</summary>
    public IEnumerable<string> OtherPointNames => References.Select(reference => reference.Name);

    /// <summary>Null for a rule on points.</summary>
    internal EventNeeds? Events { get; init; }

    /// <summary>Ages at which a condition over <c>age</c> may change, ms, ascending; empty when no expression uses it.</summary>
    internal long[] AgeThresholdsMs { get; init; } = [];
}
