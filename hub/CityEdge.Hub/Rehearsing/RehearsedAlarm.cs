using CityEdge.Contracts;

namespace CityEdge.Hub.Rehearsing;

/// <summary>One alarm of a rehearsal; times are event time, Unix ms.</summary>
/// <param name="Id">Id of the occurrence.</param>
/// <param name="Point">Its point.</param>
/// <param name="NoData">True for silence.</param>
/// <param name="RaisedAtMs">When it was raised.</param>
internal sealed record RehearsedAlarm(string Id, PointId Point, bool NoData, long RaisedAtMs)
{
    /// <summary>The last one, as <c>alarms</c> shows it.</summary>
    public Severity Severity { get; set; }

    /// <summary>The most severe that it had.</summary>
    public Severity Worst { get; set; }

    /// <summary>Null when it was open at the end.</summary>
    public long? ClearedAtMs { get; set; }

    public AlarmReason Reason { get; set; }

    /// <summary>Null when no published ticket had it.</summary>
    public string? Ticket { get; set; }

    /// <summary>When that ticket was opened.</summary>
    public long OpenedAtMs { get; set; }

    /// <summary>The other rule had an alarm at the same time on the same point; null when there is no other rule.</summary>
    public bool? InBoth { get; set; }

    /// <summary>How long it was open before <paramref name="toMs"/>, ms.</summary>
    public long OpenMs(long toMs) => Math.Max(0, Math.Min(ClearedAtMs ?? toMs, toMs) - RaisedAtMs);

    /// <summary>Alarms out of the transitions of one rule.</summary>
    public static List<RehearsedAlarm> Fold(IReadOnlyList<AlarmTransition> transitions)
    {
        var byId = new Dictionary<string, RehearsedAlarm>();
        foreach (var t in transitions)
        {
            if (!byId.TryGetValue(t.AlarmId, out var alarm)) byId[t.AlarmId] = alarm = new RehearsedAlarm(t.AlarmId, t.Point, t.NoData, t.RaisedAtMs) { Severity = t.Severity, Worst = t.Severity, Reason = t.Reason };
            if (t.Change is AlarmChange.VerifyBegan or AlarmChange.VerifyBroken) continue;
            (alarm.Severity, alarm.Reason) = (t.Severity, t.Reason);
            // P1 is the most severe.
            if (t.Severity < alarm.Worst) alarm.Worst = t.Severity;
            if (t.Change == AlarmChange.Cleared) alarm.ClearedAtMs = t.AtMs;
        }
        return [.. byId.Values.OrderBy(a => a.RaisedAtMs).ThenBy(a => a.Point.ToString(), StringComparer.Ordinal)];
    }

    /// <summary>Marks which alarms overlap one of the other rule on the same point.</summary>
    public static void Compare(IReadOnlyList<RehearsedAlarm> alarms, IReadOnlyList<RehearsedAlarm> others, long toMs)
    {
        var byPoint = others.ToLookup(a => (a.Point, a.NoData));
        foreach (var group in alarms.GroupBy(a => (a.Point, a.NoData)))
        {
            // Both ascend and do not overlap among themselves, so one walk is enough.
            var other = byPoint[group.Key].ToList();
            var at = 0;
            foreach (var alarm in group)
            {
                while (at < other.Count && (other[at].ClearedAtMs ?? toMs) < alarm.RaisedAtMs) at++;
                alarm.InBoth = at < other.Count && other[at].RaisedAtMs <= (alarm.ClearedAtMs ?? toMs);
            }
        }
    }
}
