using System.Buffers;
using System.Globalization;
using System.Text.Json;
using CityEdge.Contracts;
using static CityEdge.Rules.Tests.RuleBench;

namespace CityEdge.Rules.Tests;

/// <summary>An engine with event rules, driven in minutes since <see cref="RuleBench.Start"/>.</summary>
internal sealed class EventBench
{
    public const string Session = "cityedge.kiosk.session";

    public static readonly PointId Kiosk = new("bj", "kiosk-7", "kiosk-7");

    private int read;
    private int sent;

    public EventBench(params string[] yamls)
    {
        foreach (var yaml in yamls) Engine.SetRule(Rule(yaml), Start, Output);
    }

    public RuleEngine Engine { get; set; } = new(new RuleEngineOptions());

    public List<AlarmTransition> Output { get; } = [];

    public static string Yaml(string lines, string id = "the-rule", string type = Session) => $"id: {id}\ntitle: {{ zh: 题, en: Title }}\nevent: {type}\n{lines}\n";

    public static PointContext ContextOf(PointId id) => new(id, PointKind.Value, id.Name, new Dictionary<string, string> { ["role"] = id.Name.Split('-')[0] }, new Dictionary<string, double> { ["limit"] = 3 }, Shanghai);

    public EventBench Send(double at, string data = "null", double? arrival = null, string? id = null, PointId? subject = null, string type = Session, bool timed = true)
    {
        var cloudEvent = new CloudEvent { Id = id ?? (sent++).ToString(CultureInfo.InvariantCulture), Source = "bj/kiosk-7", Type = type, TimeMs = timed ? Ms(at) : null, Data = JsonSerializer.Deserialize<JsonElement>(data) };
        Engine.ApplyEvent(subject ?? Kiosk, cloudEvent, ContextOf, Ms(arrival ?? at), Output);
        return this;
    }

    public EventBench Ok(double at, double? arrival = null) => Send(at, """{"ok":true}""", arrival);

    public EventBench Failed(double at, double? arrival = null) => Send(at, """{"ok":false}""", arrival);

    public EventBench Advance(double wall)
    {
        Engine.Advance(Ms(wall), Output);
        return this;
    }

    public string News()
    {
        var news = string.Join("; ", Output.Skip(read).Where(t => t.Change is not (AlarmChange.VerifyBegan or AlarmChange.VerifyBroken)).Select(Show));
        read = Output.Count;
        return news;
    }

    public EventBench Restart(Func<IEnumerable<RuleDefinition>, IEnumerable<RuleDefinition>>? change = null)
    {
        var load = RuleEngine.Load(Save(Engine), new RuleEngineOptions(), change?.Invoke(Engine.Rules) ?? Engine.Rules, [], ContextOf);
        Assert.Null(load.Error);
        Output.AddRange(load.Transitions);
        Engine = load.Engine!;
        return this;
    }

    public static byte[] Save(RuleEngine engine)
    {
        var buffer = new ArrayBufferWriter<byte>();
        engine.Save(buffer);
        return buffer.WrittenSpan.ToArray();
    }
}
