using System.Runtime.InteropServices;
using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>
/// Folds readings into alarm transitions (design §4): (state, reading or wall time) to (state, transitions with reasons). Deterministic and free of I/O; not thread-safe, one owner calls it.
/// Every point has an event clock, <c>last event time + (wall - last arrival)</c>, so live devices, skewed clocks, recordings at any speed and a demo's fast clock behave alike. Timers are due in event
/// time and fire in the order (wall due, point, rule) before any reading that arrives later, which makes replaying a journal the same as having been there. Applying a reading allocates nothing unless
/// something happens. All times are Unix ms.
/// </summary>
public sealed partial class RuleEngine
{
    private readonly RuleEngineOptions options;
    private readonly Dictionary<PointId, PointState> points = [];
    private readonly SortedDictionary<string, RuleRuntime> rules = new(StringComparer.Ordinal);
    private readonly PointQueue queue = new();
    private readonly PointIndex index = new();
    private PointState[]? byKey;
    private long wallMs = long.MinValue;

    public RuleEngine(RuleEngineOptions options) => this.options = options;

    /// <summary>Readings not newer than their point's last: duplicates and stragglers.</summary>
    public long IgnoredReadings { get; private set; }

    /// <summary>Readings marked <see cref="Quality.FutureTime"/>, which rules are not given.</summary>
    public long FutureReadings { get; private set; }

    /// <summary>Readings of points that were never announced with <see cref="SetPoint"/>.</summary>
    public long UnknownPointReadings { get; private set; }

    /// <summary>The rules, by id.</summary>
    public IReadOnlyCollection<RuleDefinition> Rules => [.. rules.Values.Select(rule => rule.Definition)];

    /// <summary>Earliest wall time at which <see cref="Advance"/> has work; null when nothing is due.</summary>
    public long? NextDueMs
    {
        get
        {
            Refresh();
            // A timer fires when the wall is past its due time, so that a reading of the due instant is heard first.
            return queue.First is null ? null : queue.FirstKey + 1;
        }
    }

    /// <summary>Applies a reading that arrived at <paramref name="arrivalMs"/>, after everything that was due before.</summary>
    public void Apply(in Reading reading, long arrivalMs, List<AlarmTransition> output)
    {
        if (queue.FirstKey < arrivalMs) Advance(arrivalMs, output);
        wallMs = Math.Max(wallMs, arrivalMs);
        if ((reading.Quality & Quality.FutureTime) != 0)
        {
            FutureReadings++;
            return;
        }
        if (!points.TryGetValue(reading.Point, out var point))
        {
            UnknownPointReadings++;
            return;
        }
        var time = reading.TimeMs;
        var first = !point.HasReading;
        // A sensor that reports its own fault is alive, so not silent, but has no value: neither raises nor clears.
        var isFault = (reading.Quality & Quality.SensorFault) != 0;
        var value = isFault ? double.NaN : reading.Value.AsNumber;
        var text = isFault || point.Context.Kind != PointKind.Text ? null : reading.Value.Text;
        // One character more than any text that a rule compares, so that a longer one equals none.
        if (text is { Length: > AttributeValue.MaxTextLength }) text = text[..(AttributeValue.MaxTextLength + 1)];
        var heard = new PastReading(time, arrivalMs, value, reading.Quality, text);
        var past = point.Past;
        if (((!first && time <= point.LastEventMs) || (past is not null && time <= past.FiredMs)) && HearLate(point, heard, output)) return;
        var valued = heard.Valued;
        // The queue's key is never late, so it answers for almost every reading that nothing was due before it.
        point.ByClock = false;
        if (point.HearsAgent || point.QueueIndex >= 0 && point.QueueKey - point.LastArrivalMs + point.LastEventMs < time) FireUntil(point, time - 1, arrivalMs, output);
        var alarms = CollectionsMarshal.AsSpan(point.Alarms);
        if (point.HearsLate) (past = point.Past ??= new PointPast(point.Clock)).NowMs = time;
        if (valued)
        {
            point.Clock.ObserveInterval(time);
            foreach (var alarm in alarms) alarm.Pause(time);
            if (text is null) Learn(point, time, value);
            heard = heard with { Lost = Remember(point, heard) };
        }
        past?.Add(heard);
        point.IsPaced = IsPaced(point, time, arrivalMs);
        (point.HasReading, point.LastEventMs, point.LastArrivalMs) = (true, time, arrivalMs);
        foreach (var alarm in alarms) alarm.HearReading(time, valued, first, arrivalMs, output);
        point.ByClock = true;
        foreach (var member in point.Memberships) Hear(member, time, valued, arrivalMs, output);
        var due = point.NextDue();
        if (due != long.MaxValue) queue.Lower(point, point.WallOf(due));
    }

    /// <summary>Fires what is due before <paramref name="wallNowMs"/>: the wall clock of a drained consumer, or the arrival time of the next record.</summary>
    public void Advance(long wallNowMs, List<AlarmTransition> output)
    {
        wallMs = Math.Max(wallMs, wallNowMs);
        while (queue.FirstKey < wallNowMs)
        {
            var point = queue.First!;
            var due = point.NextDue();
            var wallDue = point.WallOf(due);
            if (wallDue <= point.QueueKey)
            {
                FireAt(point, due, wallDue, output);
                if (point.NextQuietDue() <= due) CatchUp(point, due, output);
                due = point.NextDue();
                wallDue = point.WallOf(due);
            }
            queue.Set(point, wallDue);
        }
    }

    /// <summary>The event clock of a point, or else of a subject of events, at a wall time; the wall time itself for an unknown one.</summary>
    public long EventNow(PointId point, long wallNowMs) => Clock(point)?.EventNow(wallNowMs) ?? wallNowMs;

    /// <summary>The wall time at which the point's event clock reaches <paramref name="eventMs"/>, if nothing else arrives; null for an unknown point.</summary>
    public long? WallTimeOf(PointId point, long eventMs) => Clock(point)?.WallOf(eventMs);

    private static void FireUntil(PointState point, long limitMs, long decidedMs, List<AlarmTransition> output)
    {
        while (true)
        {
            var due = point.NextEventDue();
            if (due > limitMs) return;
            FireAt(point, due, decidedMs, output);
        }
    }

    /// <summary>Brings the queue's head to its true time: keys only promise not to be late.</summary>
    private void Refresh()
    {
        while (queue.First is { } point)
        {
            var due = point.WallOf(point.NextDue());
            if (due <= point.QueueKey) return;
            queue.Set(point, due);
        }
    }
}
