using System.Buffers;
using System.Diagnostics;
using CityEdge.Contracts;
using CityEdge.Hub.Ingest;
using CityEdge.Rules;

namespace CityEdge.Bench.Rules;

/// <summary>What a great number of instances costs in memory, in a snapshot and in a start from it.</summary>
internal sealed record StateFigures(int Instances, int InstancesPerPoint, double BytesPerPoint, double BytesPerInstance, long HeapBytes, long SnapshotBytes, double SnapshotSeconds, double LongestStallSeconds, double LoadSeconds)
{
    private const int RulesPerPoint = 4;
    private const int SmallPoints = 20_000;
    private static readonly long Start = new DateTimeOffset(2026, 1, 12, 7, 0, 0, TimeSpan.FromHours(8)).ToUnixTimeMilliseconds();

    public static StateFigures Measure(int instances)
    {
        var contexts = Contexts(SmallPoints);
        // Loaded code and static tables are not state.
        GC.KeepAlive(Fill(contexts, RulesPerPoint));
        var (none, empty) = Heap(() => Fill(contexts, 0));
        var (one, first) = Heap(() => Fill(contexts, 1));
        var (all, four) = Heap(() => Fill(contexts, RulesPerPoint));
        GC.KeepAlive((none, one, all));
        var points = instances / RulesPerPoint;
        var (big, heap) = Heap(() => (Engine: Fill(Contexts(points), RulesPerPoint), Points: points));
        var buffer = new ArrayBufferWriter<byte>();
        var (cpu, clock) = (ThreadCpu.Seconds(), Stopwatch.GetTimestamp());
        big.Engine.Save(buffer);
        var stall = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        var snapshot = ThreadCpu.Seconds() - cpu;
        var (rules, known) = (Rules(RulesPerPoint), Contexts(points));
        cpu = ThreadCpu.Seconds();
        var load = RuleEngine.Load(buffer.WrittenSpan, new RuleEngineOptions(), rules, known);
        var loading = ThreadCpu.Seconds() - cpu;
        if (load.Engine is null) throw new InvalidOperationException(load.Error);
        GC.KeepAlive(big);
        return new StateFigures(
            points * RulesPerPoint,
            RulesPerPoint,
            (double)(first - empty) / SmallPoints + (double)empty / SmallPoints,
            (double)(four - first) / SmallPoints / (RulesPerPoint - 1),
            heap,
            buffer.WrittenCount,
            snapshot,
            stall,
            loading);
    }

    private static List<RuleDefinition> Rules(int count) =>
        [.. Enumerable.Range(0, count).Select(i => RuleLoad.Parse($"id: rule-{i}\ntitle: {{ zh: 题, en: Title }}\nsignal: temperature\n{RuleLoad.HoldRule.Replace("18", $"{18 - i}", StringComparison.Ordinal)}\n", $"rule-{i}.yaml"))];

    private static List<PointContext> Contexts(int count)
    {
        var labels = new Dictionary<string, string> { ["role"] = "room" };
        var attributes = new Dictionary<string, AttributeValue>();
        return [.. Enumerable.Range(0, count).Select(i => RuleLoad.Context(i, PointKind.Temperature, labels, attributes))];
    }

    private static RuleEngine Fill(List<PointContext> contexts, int rules)
    {
        var engine = new RuleEngine(new RuleEngineOptions());
        var output = new List<AlarmTransition>();
        foreach (var rule in Rules(rules)) engine.SetRule(rule, Start, output);
        foreach (var context in contexts) engine.SetPoint(context, Start, output);
        for (var minute = 0; minute < 12; minute++)
        {
            var time = Start + minute * 60_000L;
            for (var i = 0; i < contexts.Count; i++) engine.Apply(new Reading(contexts[i].Id, time, RuleLoad.AroundHold(i, minute), null), time, output);
        }
        return engine;
    }

    private static (T Made, long Bytes) Heap<T>(Func<T> make)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var made = make();
        return (made, GC.GetTotalMemory(forceFullCollection: true) - before);
    }
}
