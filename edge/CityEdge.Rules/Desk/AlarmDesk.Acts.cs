using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>What people do to alarms.</summary>
public sealed partial class AlarmDesk
{
    /// <summary>Somebody has seen the alarm. Of an alarm that is over the desk knows nothing; its row says that it was seen.</summary>
    public void Acknowledge(string alarmId, List<DeskDecision> output)
    {
        if (active.Find(alarmId) is not { } alarm) return;
        var before = alarm.Standing;
        Move(alarm, StandingTrigger.Acknowledged);
        if (alarm.Standing != before) output.Add(new DeskDecision(alarm.Id, alarm.Raised.Point, null, alarm.Status));
    }

    /// <summary>Shelves a rule on a point until a wall time, at most <see cref="MaxShelfMs"/> from now; again moves its end. It returns by itself: what stands then is told anew.</summary>
    /// <returns>When it ends.</returns>
    public long Shelve(string rule, PointId point, long untilMs, long wallMs, List<DeskDecision> output)
    {
        var ends = Math.Min(untilMs, wallMs + MaxShelfMs);
        shelves[(rule, point)] = ends;
        FindFirstShelf();
        JudgeAll(Of(rule, point), wallMs, output);
        return ends;
    }

    /// <summary>Ends a shelf; without one nothing happens.</summary>
    public void Unshelve(string rule, PointId point, long wallMs, List<DeskDecision> output)
    {
        if (!shelves.Remove((rule, point))) return;
        FindFirstShelf();
        JudgeAll(Of(rule, point), wallMs, output);
    }

    /// <summary>Adds a maintenance window, or replaces the one of the same id. Alarms that were offered before stay offered; others are judged by it from now on.</summary>
    public void SetMaintenance(MaintenanceWindow window, long wallMs, List<DeskDecision> output)
    {
        windows.Put(window);
        JudgeAll(active.SuppressedBy(window.Id), wallMs, output);
    }

    /// <summary>Removes a maintenance window; what it suppressed is judged at once.</summary>
    public void RemoveMaintenance(string id, long wallMs, List<DeskDecision> output)
    {
        if (windows.Remove(id)) JudgeAll(active.SuppressedBy(id), wallMs, output);
    }

    /// <summary>The point has moved in the asset tree: its alarms have other parents and other children now.</summary>
    public void Moved(PointId point, long wallMs, List<DeskDecision> output)
    {
        if (active.Of(point).Count == 0) return;
        var path = site.PathOf(point);
        foreach (var alarm in active.Of(point).Where(alarm => !alarm.Path.SequenceEqual(path)).Order().ToList())
        {
            active.Remove(alarm);
            alarm.Path = path;
            active.Add(alarm);
            if (alarm.Suppression is not null) Judge(alarm, Now(alarm, wallMs), wallMs, null, output);
            Release(alarm.Id, wallMs, output);
        }
    }

    private List<DeskAlarm> Of(string rule, PointId point) => [.. active.Of(point).Where(alarm => alarm.Raised.Rule == rule).Order()];

    private void JudgeAll(List<DeskAlarm> alarms, long wallMs, List<DeskDecision> output)
    {
        foreach (var alarm in alarms) Judge(alarm, Now(alarm, wallMs), wallMs, null, output);
    }
}
