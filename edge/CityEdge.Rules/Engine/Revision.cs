using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>
/// After an event or a reading that came late: turns what was told into what is so now, all of it with <see cref="AlarmReason.Revised"/>. A raise that is refuted is cleared at its own time, so that it never was; a
/// refuted clear raises its occurrence again; of an occurrence that comes to light when it is over only the clear is told, since there is nothing to open.
/// </summary>
internal static class Revision
{
    public static void Tell(List<AlarmTransition> told, List<AlarmTransition> now, AlarmInstance alarm, List<AlarmTransition> output)
    {
        var from = output.Count;
        foreach (var was in told)
        {
            if (was.Change == AlarmChange.Raised && !now.Exists(other => Same(was, other))) output.Add(was with { Change = AlarmChange.Cleared, AtMs = was.RaisedAtMs, Reason = AlarmReason.Revised });
        }
        foreach (var was in told)
        {
            if (was.Change == AlarmChange.Cleared && !Refuted(was) && !Ends(now, was.AlarmId)) output.Add(was with { Change = AlarmChange.Raised, Reason = AlarmReason.Revised });
        }
        foreach (var next in now)
        {
            var over = ComesToLightOver(next);
            if (over && next.Change != AlarmChange.Cleared) continue;
            // Of one that is over, as it was, only its end is of interest.
            if ((next.Change is AlarmChange.SeverityChanged or AlarmChange.CaughtUp) && Ends(told, next.AlarmId) && Ends(now, next.AlarmId)) continue;
            if (!told.Exists(other => Same(next, other))) output.Add(next with { Reason = AlarmReason.Revised, Dispatch = next.Dispatch && !over });
        }
        Correct(told, now, alarm, output, from);

        static bool Ends(List<AlarmTransition> list, string id) => list.Exists(t => t.AlarmId == id && t.Change == AlarmChange.Cleared);

        bool ComesToLightOver(AlarmTransition next) => !told.Exists(other => other.AlarmId == next.AlarmId) && now.Exists(other => other.AlarmId == next.AlarmId && other.Change == AlarmChange.Raised)
            && Ends(now, next.AlarmId);

        bool Refuted(AlarmTransition was) => output.FindIndex(from, other => other.AlarmId == was.AlarmId && other.AtMs == other.RaisedAtMs && other.Reason == AlarmReason.Revised) >= 0;
    }

    /// <summary>Severity and verification of the occurrence at hand, where what was told last is not what is so.</summary>
    private static void Correct(List<AlarmTransition> told, List<AlarmTransition> now, AlarmInstance alarm, List<AlarmTransition> output, int from)
    {
        ref readonly var m = ref alarm.Memory;
        if (m.RaisedAtMs == AlarmMemory.None) return;
        var (raisedAt, severity, verified) = (m.RaisedAtMs, m.Severity, m.Verified);
        var heard = told.Concat(output.Skip(from)).Where(t => !t.NoData && t.RaisedAtMs == raisedAt).ToList();
        if (m.Open && heard.FindLast(t => t.Change is AlarmChange.Raised or AlarmChange.SeverityChanged) is { } graded && graded.Severity != severity)
            output.Add(graded with { Change = AlarmChange.SeverityChanged, Severity = severity, Reason = AlarmReason.Revised });
        if (heard.FindLast(t => t.Change is AlarmChange.VerifyBegan or AlarmChange.VerifyBroken) is { } proof && proof.Change == AlarmChange.VerifyBegan != verified)
            output.Add(proof with { Change = verified ? AlarmChange.VerifyBegan : AlarmChange.VerifyBroken, Reason = AlarmReason.Revised });
    }

    private static bool Same(AlarmTransition a, AlarmTransition b) =>
        a.AlarmId == b.AlarmId && a.Change == b.Change && (a.Change is AlarmChange.Raised or AlarmChange.CaughtUp || (a.AtMs == b.AtMs && a.Severity == b.Severity));
}
