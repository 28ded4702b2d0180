using CityEdge.Contracts;

namespace CityEdge.Rules;

public sealed partial class AlarmDesk
{
    private readonly PriorityQueue<DeskAlarm, (long WallMs, DeskAlarm Alarm)> queue = new(DueOrder.Instance);
    private int timed;
    private (string Rule, PointId Point, long UntilMs) firstShelf = NoShelf;

    private static (string Rule, PointId Point, long UntilMs) NoShelf => ("", default, long.MaxValue);

    /// <summary>Wall time up to which nothing happens by itself, and a millisecond; null when nothing is due.</summary>
    public long? NextDueMs => Math.Min(FirstTimer(), firstShelf.UntilMs) is var due and < long.MaxValue ? due + 1 : null;

    /// <summary>A reading of the point was applied: its event clock is at <paramref name="eventMs"/> now.</summary>
    public void OnReading(PointId point, long eventMs, long wallMs, List<DeskDecision> output)
    {
        if (timed == 0) return;
        Catch(point, eventMs, wallMs, output);
        foreach (var alarm in active.Of(point)) Schedule(alarm);
    }

    /// <summary>Advances engine and desk by turns, in the order of what is due, so that it does not matter how often one looks. <paramref name="scratch"/> is cleared and used.</summary>
    public void Advance(RuleEngine engine, long wallMs, List<AlarmTransition> scratch, List<DeskDecision> output)
    {
        while (true)
        {
            var (rule, held) = (engine.NextDueMs ?? long.MaxValue, NextDueMs ?? long.MaxValue);
            if (Math.Min(rule, held) > wallMs) return;
            if (held < rule)
            {
                Advance(held, output);
                continue;
            }
            scratch.Clear();
            engine.Advance(rule, scratch);
            foreach (var transition in scratch) Apply(transition, rule, output);
        }
    }

    /// <summary>Does what is due before <paramref name="wallMs"/>, in its order.</summary>
    public void Advance(long wallMs, List<DeskDecision> output)
    {
        while (true)
        {
            var timer = FirstTimer();
            if (Math.Min(timer, firstShelf.UntilMs) >= wallMs) return;
            if (firstShelf.UntilMs <= timer)
            {
                Unshelve(firstShelf.Rule, firstShelf.Point, firstShelf.UntilMs, output);
                continue;
            }
            var alarm = queue.Dequeue();
            alarm.QueuedMs = long.MaxValue;
            Judge(alarm, alarm.DueMs, timer, null, output);
            Schedule(alarm);
        }
    }

    /// <summary>Judges what was due on the point before an instant of its clock.</summary>
    private void Catch(PointId point, long eventMs, long wallMs, List<DeskDecision> output)
    {
        while (timed > 0)
        {
            DeskAlarm? first = null;
            foreach (var alarm in active.Of(point))
            {
                if (alarm.DueMs < eventMs && (first is null || alarm.DueMs < first.DueMs || (alarm.DueMs == first.DueMs && alarm.CompareTo(first) < 0))) first = alarm;
            }
            if (first is null) return;
            Judge(first, first.DueMs, wallMs, null, output);
        }
    }

    private void Schedule(DeskAlarm alarm)
    {
        if (alarm.DueMs == long.MaxValue) return;
        var place = Place(alarm);
        if (place.WallMs >= alarm.QueuedMs) return;
        alarm.QueuedMs = place.WallMs;
        queue.Enqueue(alarm, place);
    }

    private (long WallMs, DeskAlarm Alarm) Place(DeskAlarm alarm) => (site.WallOf(alarm.Raised.Point, alarm.DueMs), alarm);

    /// <summary>Wall time of the first timer. Places in the queue are never late; those that are early or void are set right here.</summary>
    private long FirstTimer()
    {
        while (queue.TryPeek(out var alarm, out var place))
        {
            // Another, earlier place of the same alarm counts.
            var stale = place.WallMs != alarm.QueuedMs;
            if (!stale && alarm.DueMs != long.MaxValue && Place(alarm).WallMs <= place.WallMs) return place.WallMs;
            queue.Dequeue();
            if (stale) continue;
            alarm.QueuedMs = long.MaxValue;
            Schedule(alarm);
        }
        return long.MaxValue;
    }

    private void FindFirstShelf()
    {
        firstShelf = NoShelf;
        foreach (var ((rule, point), until) in shelves)
        {
            if (until < firstShelf.UntilMs || (until == firstShelf.UntilMs && Before(rule, point))) firstShelf = (rule, point, until);
        }

        bool Before(string rule, PointId point) => string.CompareOrdinal(rule, firstShelf.Rule) is var order && (order < 0 || (order == 0 && string.CompareOrdinal(point.ToString(), firstShelf.Point.ToString()) < 0));
    }

    private sealed class DueOrder : IComparer<(long WallMs, DeskAlarm Alarm)>
    {
        public static readonly DueOrder Instance = new();

        public int Compare((long WallMs, DeskAlarm Alarm) x, (long WallMs, DeskAlarm Alarm) y)
        {
            var order = x.WallMs.CompareTo(y.WallMs);
            return order != 0 ? order : x.Alarm.CompareTo(y.Alarm);
        }
    }
}
