using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>What the agent beside the sensor says of the alarm.</summary>
internal sealed partial class AlarmInstance
{
    /// <summary>The clock alone decides nothing: an agent knows newer values, perhaps.</summary>
    private bool WaitsForAgent => Rule.AtEdge && options.HearsAgents && Point.ByClock;

    /// <summary>The agent has heard nothing newer than is known here, up to a time: what is due by then is due.</summary>
    public void FireAtWord(long timeMs, long decidedMs, List<AlarmTransition> output)
    {
        Point.ByClock = false;
        for (var due = NextDue(); due <= timeMs; due = NextDue()) FireDue(due, decidedMs, output);
        Point.ByClock = true;
    }

    /// <summary>
    /// When an alarm that waits for its point to catch up is dispatched because nothing more has come: so long after the last arrival, whatever that told. In event time, like all timers, but no reading brings
    /// it nearer. <see cref="long.MaxValue"/> when nothing waits, or the last reading is older than <see cref="RuleEngineOptions.MaxAge"/>.
    /// </summary>
    public long QuietDue() => Memory is { AwaitsWord: false } and ({ Open: true, Dispatched: false } or { NoDataOpen: true, NoDataDispatched: false }) && !IsTooOld(Point.LastArrivalMs, Point.LastEventMs)
        ? Point.LastEventMs + (long)options.EdgeLateness.TotalMilliseconds
        : long.MaxValue;

    /// <summary>Dispatches what has waited for the point to catch up.</summary>
    public void CatchUp(long timeMs, List<AlarmTransition> output)
    {
        ref var m = ref Memory;
        if (m is { Open: true, Dispatched: false })
        {
            m.Dispatched = true;
            Emit(AlarmChange.CaughtUp, timeMs, AlarmReason.CaughtUp, output);
        }
        if (!m.NoDataOpen || m.NoDataDispatched) return;
        m.NoDataDispatched = true;
        output.Add(Transition(true, AlarmChange.CaughtUp, m.NoDataSeverity, Math.Max(timeMs, m.NoDataRaisedAtMs), null, AlarmReason.CaughtUp, true));
    }

    /// <summary><paramref name="newest"/>: no reading has come that the agent had not heard when it said so.</summary>
    public EdgeVerdict Hear(EdgeAlarm said, bool newest, long decidedMs, List<AlarmTransition> output)
    {
        var verdict = said switch
        {
            { Change: EdgeAlarmChange.Raised or EdgeAlarmChange.Standing, NoData: false } => HearRaised(said, newest, decidedMs, output),
            { Change: EdgeAlarmChange.Raised or EdgeAlarmChange.Standing } => HearSilence(said, newest, decidedMs, output),
            { Change: EdgeAlarmChange.SeverityChanged } => HearSeverity(said, newest, output),
            _ => HearCleared(said, newest, output),
        };
        ref var m = ref Memory;
        m.AwaitsWord = m is { Open: true, Dispatched: false } or { NoDataOpen: true, NoDataDispatched: false };
        // The agent had readings that never came here: what was running by the last one that did is not running any more.
        if (verdict == EdgeVerdict.Adopted && Point.HasReading && said.SeenMs > Point.LastEventMs) (m.Raw, m.True, m.Elapsed) = (0, 0, 0);
        return verdict;
    }

    private EdgeVerdict HearRaised(EdgeAlarm said, bool newest, long decidedMs, List<AlarmTransition> output)
    {
        ref var m = ref Memory;
        var verdict = m.Open ? m.RaisedAtMs == said.RaisedAtMs ? EdgeVerdict.Same : EdgeVerdict.OpenAlready : EdgeVerdict.Adopted;
        if (!m.Open)
        {
            if (said.RaisedAtMs == m.RaisedAtMs) return EdgeVerdict.Same;
            if (!newest || said.RaisedAtMs < m.RaisedAtMs) return EdgeVerdict.Outdated;
            SyncActive(said.RaisedAtMs, output);
            if (!m.Active || Rule.Steps.Length == 0) return EdgeVerdict.Outdated;
            m.Verified = Rule.Verify?.Test(ContextAt(Point.LastValueMs)) == Truth.True;
            (m.Open, m.Severity, m.RaisedAtMs, m.ClearSinceMs) = (true, said.Severity, said.RaisedAtMs, None);
            var late = Late(decidedMs, said.RaisedAtMs);
            m.Dispatched = late is null;
            output.Add(Transition(false, AlarmChange.Raised, m.Severity, m.RaisedAtMs, said.Value, late ?? AlarmReason.SeenAtEdge, m.Dispatched));
            if (m.Verified) Emit(AlarmChange.VerifyBegan, m.RaisedAtMs, AlarmReason.ConditionCleared, output);
        }
        if (m.Dispatched || !StandsNow(said, decidedMs)) return verdict;
        CatchUp(said.AtMs, output);
        return verdict;
    }

    private EdgeVerdict HearSilence(EdgeAlarm said, bool newest, long decidedMs, List<AlarmTransition> output)
    {
        ref var m = ref Memory;
        var verdict = m.NoDataOpen ? m.NoDataRaisedAtMs == said.RaisedAtMs ? EdgeVerdict.Same : EdgeVerdict.OpenAlready : EdgeVerdict.Adopted;
        if (!m.NoDataOpen)
        {
            if (said.RaisedAtMs == m.NoDataRaisedAtMs) return EdgeVerdict.Same;
            if (Rule.Definition.NoData is not { } noData || !newest || said.RaisedAtMs < m.NoDataRaisedAtMs) return EdgeVerdict.Outdated;
            if (clock is not null && !clock.SeasonAt(said.RaisedAtMs).Active) return EdgeVerdict.Outdated;
            var late = Late(decidedMs, said.RaisedAtMs);
            (m.NoDataOpen, m.NoDataRaisedAtMs, m.NoDataSeverity, m.NoDataDispatched) = (true, said.RaisedAtMs, noData.Severity, late is null);
            output.Add(Transition(true, AlarmChange.Raised, m.NoDataSeverity, said.RaisedAtMs, null, late ?? AlarmReason.SeenAtEdge, m.NoDataDispatched));
        }
        if (m.NoDataDispatched || !StandsNow(said, decidedMs)) return verdict;
        CatchUp(said.AtMs, output);
        return verdict;
    }

    private EdgeVerdict HearSeverity(EdgeAlarm said, bool newest, List<AlarmTransition> output)
    {
        ref var m = ref Memory;
        if (!m.Open || m.RaisedAtMs != said.RaisedAtMs || !newest) return EdgeVerdict.Outdated;
        if (m.Severity == said.Severity) return EdgeVerdict.Same;
        if (m.Elapsed != 0) return EdgeVerdict.Outdated;
        m.Severity = said.Severity;
        Emit(AlarmChange.SeverityChanged, said.AtMs, AlarmReason.SeenAtEdge, output);
        return EdgeVerdict.Adopted;
    }

    private EdgeVerdict HearCleared(EdgeAlarm said, bool newest, List<AlarmTransition> output)
    {
        ref var m = ref Memory;
        if (said.NoData)
        {
            // A reading ends silence; the hub has it, or will.
            return m.NoDataRaisedAtMs == said.RaisedAtMs && !m.NoDataOpen ? EdgeVerdict.Same : EdgeVerdict.Outdated;
        }
        if (m.RaisedAtMs != said.RaisedAtMs) return EdgeVerdict.Outdated;
        if (!m.Open) return EdgeVerdict.Same;
        if (!newest || m.Elapsed != 0) return EdgeVerdict.Outdated;
        Close(said.AtMs, AlarmReason.SeenAtEdge, output);
        return EdgeVerdict.Adopted;
    }

    /// <summary>What was told over a link that is up, or after it came back, is so now; what was found while it was down may be over.</summary>
    private bool StandsNow(EdgeAlarm said, long decidedMs) => (said.LinkUp || said.Change == EdgeAlarmChange.Standing) && !IsTooOld(decidedMs, said.AtMs);

    /// <summary>Why an alarm raised then is recorded only, for now or for good; null: dispatch it.</summary>
    private AlarmReason? Late(long decidedMs, long timeMs) => IsTooOld(decidedMs, timeMs) ? AlarmReason.TooOld : IsLate(decidedMs, timeMs) ? AlarmReason.CatchingUp : null;

    private bool IsLate(long decidedMs, long timeMs) => Rule.AtEdge && options.MaxAge is not null && decidedMs - timeMs > (long)options.EdgeLateness.TotalMilliseconds;

    /// <summary>A reading of that time is no longer part of what was kept back: it is recent, or readings come at the pace at which they are taken, as from a device with a slow clock.</summary>
    private bool HasCaughtUp(long decidedMs, long timeMs) => !IsTooOld(decidedMs, timeMs) && (!IsLate(decidedMs, timeMs) || Point.IsPaced);
}
