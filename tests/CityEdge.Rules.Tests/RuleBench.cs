using CityEdge.Contracts;

namespace CityEdge.Rules.Tests;

/// <summary>An engine with one or more rules and points, driven in minutes since <see cref="Start"/>.</summary>
internal sealed class RuleBench
{
    public const long Minute = 60_000;

    /// <summary>Monday 2026-01-12 00:00 in Shanghai.</summary>
    public static readonly long Start = new DateTimeOffset(2026, 1, 12, 0, 0, 0, TimeSpan.FromHours(8)).ToUnixTimeMilliseconds();

    public static readonly TimeZoneInfo Shanghai = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");

    public static readonly PointId Room = new("bj-01", "dev", "room");

    private int read;

    public RuleBench(params string[] yamls)
        : this(new RuleEngineOptions(), yamls)
    {
    }

    public RuleBench(RuleEngineOptions options, params string[] yamls)
    {
        Engine = new RuleEngine(options);
        foreach (var yaml in yamls) Engine.SetRule(Rule(yaml), Start, Output);
    }

    public RuleEngine Engine { get; set; }

    public List<AlarmTransition> Output { get; } = [];

    public static RuleDefinition Rule(string yaml)
    {
        var parsed = RuleParser.Parse(yaml, "rule.yaml");
        Assert.Equal("", string.Join("\n", parsed.Errors));
        return parsed.Rule!;
    }

    /// <summary>A temperature rule with id, title and the given lines.</summary>
    public static string Yaml(string lines, string id = "the-rule", string signal = "temperature") => $"id: {id}\ntitle: {{ zh: 题, en: Title }}\nsignal: {signal}\n{lines}\n";

    public static PointContext Context(PointId? id = null, PointKind kind = PointKind.Temperature, Dictionary<string, double>? attributes = null, Dictionary<string, string>? labels = null) =>
        new(id ?? Room, kind, "room-1", labels ?? [], attributes ?? [], Shanghai);

    public RuleBench Point(PointId? id = null, Dictionary<string, double>? attributes = null, Dictionary<string, string>? labels = null, double at = 0)
    {
        Engine.SetPoint(Context(id, PointKind.Temperature, attributes, labels), Ms(at), Output);
        return this;
    }

    public static long Ms(double minutes) => Start + (long)(minutes * Minute);

    public RuleBench Read(double at, double value, double? arrival = null, Quality quality = Quality.Good, PointId? id = null)
    {
        Engine.Apply(new Reading(id ?? Room, Ms(at), ReadingValue.FromNumber(value), "Cel", quality), Ms(arrival ?? at), Output);
        return this;
    }

    public RuleBench ReadEvery(double from, double to, double every, double value)
    {
        for (var at = from; at <= to; at += every) Read(at, value);
        return this;
    }

    public RuleBench Advance(double wall)
    {
        Engine.Advance(Ms(wall), Output);
        return this;
    }

    /// <summary>What came since the last look: <c>Raised P3 at 120</c>, minutes since the start, with the reason where it is not the usual one.</summary>
    public string News()
    {
        var news = string.Join("; ", Output.Skip(read).Select(Show));
        read = Output.Count;
        return news;
    }

    public static string Show(AlarmTransition t)
    {
        var usual = t.Change switch
        {
            AlarmChange.Raised => t.NoData ? AlarmReason.NoData : AlarmReason.ConditionHeld,
            AlarmChange.Cleared => t.NoData ? AlarmReason.DataReturned : AlarmReason.ConditionCleared,
            AlarmChange.SeverityChanged or AlarmChange.VerifyBroken => AlarmReason.ConditionHeld,
            AlarmChange.CaughtUp => AlarmReason.CaughtUp,
            _ => AlarmReason.ConditionCleared,
        };
        var minutes = (t.AtMs - Start) / (double)Minute;
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(t.NoData ? "NoData " : "")}{t.Change} {t.Severity} at {minutes:0.###}{(t.Reason == usual ? "" : " " + t.Reason)}");
    }

    /// <summary>As <see cref="News"/>, without the verify transitions.</summary>
    public string Alarms()
    {
        var news = string.Join("; ", Output.Skip(read).Where(t => t.Change is not (AlarmChange.VerifyBegan or AlarmChange.VerifyBroken)).Select(Show));
        read = Output.Count;
        return news;
    }
}
