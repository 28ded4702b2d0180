using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>Readings that come late, or that a timer has overtaken (design §4, "Late readings").</summary>
public sealed partial class RuleEngine
{
    /// <summary>
    /// A reading that is not simply next. By up to two minutes late it is put in its place: the point goes back to before it, hears it and all since in order, and what comes out differently is told, reason
    /// <see cref="AlarmReason.Revised"/>. False when it is too far behind a timer for that, but next all the same.
    /// </summary>
    private bool HearLate(PointState point, in PastReading late, List<AlarmTransition> output)
    {
        var next = !point.HasReading || late.TimeMs > point.LastEventMs;
        if (point.Past is not { } past || late.TimeMs < past.ReachMs(point.Clock) || past.Knows(late.TimeMs))
        {
            if (next) point.Past?.Forget(point.Clock);
            else IgnoredReadings++;
            return !next;
        }
        var alarms = point.Alarms.FindAll(alarm => alarm.Rule.HearsLate);
        var before = alarms.ConvertAll(alarm => alarm.Memory);
        var firedMs = past.FiredMs;
        var (again, told) = past.GoBack(point, late.TimeMs);
        var scratch = new List<AlarmTransition>();
        again.Insert(0, late);
        for (var i = 0; i < again.Count; i++) HearAgain(point, again[i], alarms, i == 0 && next, late.ArrivalMs, scratch, output);
        foreach (var alarm in alarms) alarm.FireAgain(firedMs, late.ArrivalMs, scratch);
        past.FiredMs = firedMs;
        for (var i = 0; i < alarms.Count; i++)
        {
            var alarm = alarms[i];
            alarm.KeepDispatch(before[i]);
            Revision.Tell(Of(told, alarm, late.TimeMs), Of(past.Told, alarm, late.TimeMs), alarm, output);
        }
        var due = point.NextDue();
        if (due != long.MaxValue) queue.Lower(point, point.WallOf(due));
        return true;
    }

    /// <summary>One reading after going back; <paramref name="isNews"/> when it is the point's newest and nobody has heard it yet.</summary>
    private void HearAgain(PointState point, in PastReading reading, List<AlarmInstance> alarms, bool isNews, long decidedMs, List<AlarmTransition> scratch, List<AlarmTransition> output)
    {
        var (time, valued, first) = (reading.TimeMs, reading.Valued, !point.HasReading);
        foreach (var alarm in alarms) alarm.FireAgain(time - 1, decidedMs, scratch);
        var others = isNews ? point.Alarms.FindAll(alarm => !alarm.Rule.HearsLate) : [];
        foreach (var alarm in others)
        {
            if (alarm.Rule.AtEdge) alarm.FireAtWord(time - 1, decidedMs, output);
        }
        point.ByClock = !isNews;
        if (valued) point.Clock.ObserveInterval(time);
        point.Past!.NowMs = time;
        var heard = reading;
        if (valued)
        {
            foreach (var alarm in alarms) alarm.Pause(time);
            foreach (var alarm in others) alarm.Pause(time);
            if (isNews && reading.Text is null) Learn(point, time, reading.Value);
            heard = reading with { Lost = Remember(point, reading) };
        }
        point.Past!.Add(heard);
        if (isNews) point.IsPaced = IsPaced(point, time, reading.ArrivalMs);
        (point.HasReading, point.LastEventMs, point.LastArrivalMs) = (true, time, reading.ArrivalMs);
        foreach (var alarm in alarms) alarm.HearReading(time, valued, first, decidedMs, scratch);
        if (!isNews) return;
        foreach (var alarm in others) alarm.HearReading(time, valued, first, decidedMs, output);
        point.ByClock = true;
        foreach (var member in point.Memberships) Hear(member, time, valued, decidedMs, output);
    }

    /// <summary>A usable number, before it becomes the point's last, for what is not taken back.</summary>
    private static void Learn(PointState point, long timeMs, double value)
    {
        foreach (var days in point.DayValues) days.Add(timeMs, value, point.LastValueMs, point.LastValueMs == long.MinValue ? long.MinValue : point.LastValueMs + point.SupportMs, point.Context.Zone);
        point.Learn(timeMs, value);
    }

    /// <summary>A usable value becomes the point's last. Gives what it pushes out of the last values, NaN when nothing.</summary>
    private static (double Value, Quality Quality) Remember(PointState point, in PastReading reading)
    {
        if (point.KeepMs > 0)
        {
            var gap = point.LastValueMs == long.MinValue ? 0 : Math.Max(0, reading.TimeMs - point.LastValueMs - point.SupportMs);
            // What has left a window comes back into it when a late reading takes the point back.
            (point.History ??= new SampleHistory()).Add(reading.TimeMs, reading.Value, gap, point.KeepMs, point.Past?.SettledMs ?? long.MaxValue);
        }
        (point.LastValueMs, point.LastValue, point.LastQuality) = (reading.TimeMs, reading.Value, reading.Quality);
        if (reading.Text is null) return point.Recent?.Add(reading.Value, reading.Quality) ?? reading.Lost;
        point.LastText = reading.Text;
        return reading.Lost;
    }

    private static List<AlarmTransition> Of(List<PastTold> told, AlarmInstance alarm, long fromMs) => [.. told.Where(t => t.Alarm == alarm && t.TimeMs >= fromMs).Select(t => t.Transition)];
}
