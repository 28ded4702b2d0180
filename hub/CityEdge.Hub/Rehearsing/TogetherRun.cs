using CityEdge.Contracts;
using CityEdge.Hub.Telemetry;
using CityEdge.Rules;

namespace CityEdge.Hub.Rehearsing;

/// <summary>
/// Rules that look at other points: all points that they run on or look at, in one engine a rule, every reading at its own time, in the order of time and then of the point's id. A point is announced at its
/// first stored reading, as in service. Memory is bounded by <see cref="MostReadings"/> and what a point stores in a <see cref="Least"/>.
/// </summary>
internal sealed class TogetherRun
{
    /// <summary>Readings that a part of the time should have at most.</summary>
    private const int MostReadings = 400_000;

    private static readonly TimeSpan Least = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(7);
    private readonly (RuleEngine Engine, List<AlarmTransition> Transitions)[] runs;

    public TogetherRun(IEnumerable<RuleDefinition> rules, SeasonCalendar calendar, long startMs)
    {
        // Stored readings are history by definition, so none is too old.
        runs = [.. rules.Select(rule =>
        {
            var (engine, transitions) = (new RuleEngine(new RuleEngineOptions { MaxAge = null, Seasons = calendar }), new List<AlarmTransition>());
            engine.SetRule(rule, startMs, transitions);
            return (engine, transitions);
        })];
    }

    /// <summary>What happened by each rule, in order.</summary>
    public IReadOnlyList<AlarmTransition> Transitions(int rule) => runs[rule].Transitions;

    /// <summary>Runs to the end; <paramref name="told"/> hears of the number of readings of each part, and of all transitions so far.</summary>
    public async Task RunAsync(ITelemetryStore store, IReadOnlyList<PointContext> points, long startMs, long toMs, Action<int, int> told, CancellationToken ct)
    {
        var waiting = new Dictionary<PointId, PointContext>();
        foreach (var point in points)
        {
            if ((await store.ReadAsync(point.Id, point.Kind, DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), startMs, 1, ct)).Count > 0) Announce(point, startMs);
            else waiting[point.Id] = point;
        }
        var asked = points.Select(p => new TelemetryPoint(p.Id, p.Kind)).ToList();
        var part = new List<Reading>();
        for (var (from, length) = (startMs, (long)TimeSpan.FromHours(1).TotalMilliseconds); from < toMs;)
        {
            var end = Math.Min(toMs, from + length);
            part.Clear();
            foreach (var point in asked)
            {
                await store.ScanAsync(point, from, end, readings =>
                {
                    foreach (ref readonly var reading in readings) part.Add(new Reading(point.Point, reading.TimeMs, reading.Value, null, reading.Quality));
                    return true;
                }, ct);
                ct.ThrowIfCancellationRequested();
            }
            // Stable, and the points come in the order of their ids.
            foreach (var reading in part.OrderBy(r => r.TimeMs))
            {
                if (waiting.Remove(reading.Point, out var begun)) Announce(begun, reading.TimeMs);
                foreach (var (engine, transitions) in runs) engine.Apply(reading, reading.TimeMs, transitions);
            }
            told(part.Count, runs.Sum(r => r.Transitions.Count));
            from = end;
            if (part.Count > MostReadings) length = Math.Max((long)Least.TotalMilliseconds, length / 2);
            else if (part.Count < MostReadings / 4) length = Math.Min((long)Longest.TotalMilliseconds, length * 2);
        }
        // The clock stops: what is due before still happens.
        foreach (var (engine, transitions) in runs) engine.Advance(toMs, transitions);
    }

    private void Announce(PointContext point, long atMs)
    {
        foreach (var (engine, transitions) in runs) engine.SetPoint(point, atMs, transitions);
    }
}
