using System.Numerics;
using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>
/// One rule on one point: the alarm state machine (domain reference §5.1). Time is the point's event time. Everything it waits for is answered by <see cref="NextDue"/> out of its memory, so a timer
/// is data: nothing is lost by saving and loading, and asking earlier or more often changes nothing.
/// </summary>
internal sealed partial class AlarmInstance
{
    private const long None = AlarmMemory.None;

    /// <summary>How far a device's clock may be ahead; later readings are not given to rules.</summary>
    private const long FastestClockMs = 300_000;

    private readonly RuleEngineOptions options;
    private readonly RuleInputs inputs;
    private ActiveClock? clock;

    public AlarmInstance(RuleRuntime rule, PointState point, RuleEngineOptions options, PointIndex index, long startMs)
    {
        (Rule, Point, this.options, inputs) = (rule, point, options, new RuleInputs(rule, point, index));
        Memory = AlarmMemory.Fresh(startMs);
        Bind();
        if (rule.Definition.Events is { } needs) Events = new EventMemory(needs, Memory);
    }

    public AlarmMemory Memory;

    public RuleRuntime Rule { get; set; }

    public PointState Point { get; }

    public ActiveClock? Clock => clock;

    public string? MissingAttribute => inputs.MissingAttribute;

    /// <inheritdoc cref="RuleInputs.Constant" />
    public double Constant(NumberNode node) => inputs.Constant(node);

    private long MaxGapMs => Rule.MaxGapMs ?? Point.SupportMs;

    /// <summary>Until when the last value may be believed; holds do not elapse beyond it. A rule over age measures silence itself and events come when they come, so nothing pauses those.</summary>
    public long SupportedUntilMs => Rule.UsesAge || Events is not null ? long.MaxValue : Point.Group is { } group ? group.SupportedUntilMs : Point.LastValueMs == None ? None : Point.LastValueMs + MaxGapMs;

    /// <summary>Takes attributes, zone and position from the point's context.</summary>
    public void Bind()
    {
        inputs.Bind();
        var bound = Rule.ClockFor(Point.Context, options.Seasons);
        if (bound is null) Memory.ActiveUntilMs = long.MaxValue;
        else if (bound != clock) Memory.ActiveUntilMs = None;
        clock = bound;
        // What was decided under the old context stays.
        if (Events is { } events) SettleAll(events);
    }

    /// <summary>Earliest event time at which something happens by itself; <see cref="long.MaxValue"/> when nothing does.</summary>
    public long NextDue()
    {
        ref var m = ref Memory;
        var due = IsQuiet ? long.MaxValue : WaitsForAgent ? SupportDue() : ConditionDue();
        if (clock is not null && (m.Active ? m.Open || m.True != 0 : m.Raw != 0) && m.ActiveUntilMs != None && m.ActiveUntilMs < due) due = m.ActiveUntilMs;
        if (Events is not null) due = Math.Min(due, NextLeaves());
        if (Rule.UsesAge && HasReading)
        {
            foreach (var age in Rule.AgeThresholdsMs)
            {
                if (age <= m.AgeDoneMs) continue;
                due = Math.Min(due, LastEventMs + age);
                break;
            }
        }
        return Rule.NoDataAfterMs is { } after ? Math.Min(due, NoDataDue(after)) : due;
    }

    /// <summary>Nothing has been raised yet and no hold is running, so that only the calendar, age and silence can still be waited for.</summary>
    private bool IsQuiet => Memory.True == 0 && Memory.RaisedAtMs == None;

    private long ConditionDue()
    {
        ref var m = ref Memory;
        var due = long.MaxValue;
        var support = SupportedUntilMs;
        for (var pending = (uint)(m.True & ~m.Elapsed); pending != 0; pending &= pending - 1)
        {
            var step = BitOperations.TrailingZeroCount(pending);
            var at = m.Since[step] + Rule.StepForMs[step];
            if (at <= support && at < due) due = at;
        }
        if (m.Open && m.ClearSinceMs != None)
        {
            var at = m.ClearSinceMs + Rule.ClearForMs;
            if (at <= support && at < due) due = at;
        }
        return Math.Min(due, SupportDue());
    }

    /// <summary>When silence takes away what verifies a repair.</summary>
    private long SupportDue() => Memory.Verified && Memory.RaisedAtMs != None && !Rule.UsesAge ? SupportedUntilMs : long.MaxValue;

    /// <summary>When silence is next raised, or by the season's end closed.</summary>
    public long NoDataDue(long afterMs)
    {
        ref var m = ref Memory;
        if (m.NoDataOpen) return clock?.SeasonAt(m.NoDataRaisedAtMs).UntilMs ?? long.MaxValue;
        var due = Math.Max(LastEventMs + afterMs, m.StartMs);
        if (clock is null) return due;
        var (inSeason, until) = clock.SeasonAt(due);
        return inSeason ? due : until;
    }

    /// <summary>A value at <paramref name="timeMs"/> is about to be applied: what holds missed of the gap before it does not count.</summary>
    public void Pause(long timeMs)
    {
        if (IsQuiet) return;
        var support = SupportedUntilMs;
        if (timeMs <= support) return;
        ref var m = ref Memory;
        if (Rule.HearsLate) Point.Past!.Note(this, m);
        for (var pending = (uint)(m.True & ~m.Elapsed); pending != 0; pending &= pending - 1)
        {
            var step = BitOperations.TrailingZeroCount(pending);
            m.Since[step] += timeMs - Math.Max(support, m.Since[step]);
        }
        if (m.ClearSinceMs != None) m.ClearSinceMs += timeMs - Math.Max(support, m.ClearSinceMs);
    }

    /// <summary>A reading has become the point's last; <paramref name="valued"/> when it carried a usable number.</summary>
    public void OnReading(long timeMs, bool valued, bool first, long decidedMs, List<AlarmTransition> output)
    {
        ref var m = ref Memory;
        // The first reading may lie years before the announcement: a recording.
        if (first && clock is not null) m.ActiveUntilMs = None;
        if (m.NoDataOpen) CloseNoData(timeMs, AlarmReason.DataReturned, output);
        SyncActive(timeMs, output);
        m.AgeDoneMs = 0;
        if (valued || Rule.UsesAge) Evaluate(timeMs, output);
        // Silence is not due at a reading.
        if (IsQuiet) return;
        Fire(timeMs, decidedMs, output);
        if (m is { Open: true, Dispatched: false, ClearSinceMs: None } && HasCaughtUp(decidedMs, timeMs))
        {
            m.Dispatched = true;
            Emit(AlarmChange.CaughtUp, timeMs, AlarmReason.CaughtUp, output);
        }
    }

    /// <summary>Does all that is due at or before <paramref name="timeMs"/>, which is the due time itself when called in order; <paramref name="decidedMs"/> is the wall time of the decision.</summary>
    public void Fire(long timeMs, long decidedMs, List<AlarmTransition> output)
    {
        ref var m = ref Memory;
        SyncActive(timeMs, output);
        if (Rule.FollowsTime && HasReading && timeMs - LastEventMs > m.AgeDoneMs)
        {
            m.AgeDoneMs = timeMs - LastEventMs;
            Evaluate(timeMs, output);
        }
        var support = SupportedUntilMs;
        var waits = WaitsForAgent;
        for (var pending = waits ? 0 : (uint)(m.True & ~m.Elapsed); pending != 0; pending &= pending - 1)
        {
            var step = BitOperations.TrailingZeroCount(pending);
            var at = m.Since[step] + Rule.StepForMs[step];
            if (at <= timeMs && at <= support) m.Elapsed |= (byte)(1 << step);
        }
        Settle(timeMs, decidedMs, output);
        if (!waits && m.Open && m.ClearSinceMs != None && m.ClearSinceMs + Rule.ClearForMs is var clearAt && clearAt <= timeMs && clearAt <= support) Close(timeMs, AlarmReason.ConditionCleared, output);
        // Silence proves nothing: a repair is not verified by a sensor that has stopped.
        if (m.Verified && !Rule.UsesAge && Point.LastValueMs != None && support <= timeMs && timeMs > Point.LastValueMs) SetVerified(false, timeMs, AlarmReason.NoData, output);
        if (Rule.NoDataAfterMs is { } after) FireNoData(after, timeMs, decidedMs, output);
    }

    /// <summary>The values that the conditions look at have changed without a reading.</summary>
    public void Judge(long timeMs, long decidedMs, List<AlarmTransition> output)
    {
        SyncActive(timeMs, output);
        Evaluate(timeMs, output);
        Fire(timeMs, decidedMs, output);
    }

    /// <summary>Takes over what a snapshot kept; <paramref name="nowMs"/> is the point's event time then. The calendar may have changed since, so the next boundary is asked anew.</summary>
    public void Restore(in AlarmMemory saved, long nowMs)
    {
        Memory = saved;
        // Before the first alarm nothing is verified; older snapshots say so all the same.
        Memory.Verified &= saved.RaisedAtMs != None;
        if (clock is null || saved.ActiveUntilMs <= nowMs) return;
        var (active, until) = clock.At(nowMs);
        // Timers may have run over boundaries before a straggler took the clock back behind them: that is no new calendar, and what they did stays.
        for (var (at, next) = (active, until); next < saved.ActiveUntilMs && next <= Point.LastArrivalMs + FastestClockMs;)
        {
            (at, next) = clock.At(next);
            if ((at, next) == (saved.Active, saved.ActiveUntilMs)) return;
        }
        Memory.ActiveUntilMs = active == saved.Active ? until : nowMs;
    }

    /// <summary>Closes what is open because the rule or the point has changed.</summary>
    public void Abandon(long timeMs, List<AlarmTransition> output)
    {
        if (Memory.Open) Close(timeMs, AlarmReason.RuleChanged, output);
        if (Memory.NoDataOpen) CloseNoData(timeMs, AlarmReason.RuleChanged, output);
    }

    private void FireNoData(long afterMs, long timeMs, long decidedMs, List<AlarmTransition> output)
    {
        ref var m = ref Memory;
        if (NoDataDue(afterMs) > timeMs) return;
        if (m.NoDataOpen)
        {
            CloseNoData(timeMs, AlarmReason.NotActive, output);
            return;
        }
        var late = Late(decidedMs, timeMs);
        (m.NoDataOpen, m.NoDataRaisedAtMs, m.NoDataSeverity, m.NoDataDispatched) = (true, timeMs, Rule.Definition.NoData!.Severity, late is null);
        output.Add(Transition(true, AlarmChange.Raised, Rule.Definition.NoData!.Severity, timeMs, null, late ?? AlarmReason.NoData, m.NoDataDispatched));
    }

    private void CloseNoData(long timeMs, AlarmReason reason, List<AlarmTransition> output)
    {
        ref var m = ref Memory;
        m.NoDataOpen = false;
        double? value = reason == AlarmReason.DataReturned && !double.IsNaN(Point.LastValue) ? Point.LastValue : null;
        output.Add(Transition(true, AlarmChange.Cleared, m.NoDataSeverity, Math.Max(timeMs, m.NoDataRaisedAtMs), value, reason, m.NoDataDispatched));
        // An occurrence that the season's end has closed does not come back until the season does.
        if (reason == AlarmReason.NotActive) m.StartMs = Math.Max(m.StartMs, timeMs);
    }

    private void SyncActive(long timeMs, List<AlarmTransition> output)
    {
        ref var m = ref Memory;
        if (timeMs < m.ActiveUntilMs) return;
        var (active, until) = clock!.At(timeMs);
        m.ActiveUntilMs = until;
        if (active == m.Active) return;
        m.Active = active;
        if (active)
        {
            for (var raw = (uint)m.Raw; raw != 0; raw &= raw - 1) m.Since[BitOperations.TrailingZeroCount(raw)] = timeMs;
            m.True = m.Raw;
        }
        else
        {
            (m.True, m.Elapsed) = (0, 0);
            if (m.Open) Close(timeMs, AlarmReason.NotActive, output);
        }
    }

    private void Evaluate(long timeMs, List<AlarmTransition> output)
    {
        ref var m = ref Memory;
        var context = ContextAt(timeMs);
        byte raw = 0;
        var allFalse = true;
        for (var step = 0; step < Rule.Steps.Length; step++)
        {
            var truth = Rule.Steps[step].Test(context);
            allFalse &= truth == Truth.False;
            if (truth != Truth.True) continue;
            raw |= (byte)(1 << step);
            if (m.Active && (m.True & (1 << step)) == 0) m.Since[step] = timeMs;
        }
        m.Raw = raw;
        m.True = m.Active ? raw : (byte)0;
        m.Elapsed &= m.True;
        // Before the first alarm there is nothing to clear or to verify; what a window would cost is not spent.
        if (m.RaisedAtMs == None) return;
        m.ClearTrue = Rule.Clear is { } clear ? raw == 0 && clear.Test(context) == Truth.True : allFalse && Rule.Steps.Length > 0;
        if (!m.Open || !m.ClearTrue) m.ClearSinceMs = None;
        else if (m.ClearSinceMs == None) m.ClearSinceMs = timeMs;
        var verified = Rule.Verify is { } verify ? verify.Test(context) == Truth.True : m.ClearTrue;
        if (verified != m.Verified) SetVerified(verified, timeMs, AlarmReason.ConditionCleared, output);
    }

    private EvaluationContext ContextAt(long timeMs)
    {
        var context = inputs.At(timeMs);
        if (Events is { } events) (context.Events, context.AgeMs) = (events.History, Math.Max(0, timeMs - LastEventMs));
        return context;
    }

    private void SetVerified(bool verified, long timeMs, AlarmReason reason, List<AlarmTransition> output)
    {
        Memory.Verified = verified;
        Emit(verified ? AlarmChange.VerifyBegan : AlarmChange.VerifyBroken, timeMs, verified ? AlarmReason.ConditionCleared : reason == AlarmReason.NoData ? reason : AlarmReason.ConditionHeld, output);
    }

    private void Settle(long timeMs, long decidedMs, List<AlarmTransition> output)
    {
        ref var m = ref Memory;
        if (m.Elapsed == 0) return;
        // Steps are sorted, the most severe first.
        var severity = Rule.StepSeverity[BitOperations.TrailingZeroCount((uint)m.Elapsed)];
        if (!m.Open)
        {
            // As of the last evaluation, which did not ask while there was nothing to verify.
            if (m.RaisedAtMs == None) m.Verified = Rule.Verify?.Test(ContextAt(Rule.FollowsTime || Events is not null ? LastEventMs + m.AgeDoneMs : Point.LastValueMs)) == Truth.True;
            var late = Late(decidedMs, timeMs);
            (m.Open, m.Severity, m.RaisedAtMs, m.ClearSinceMs, m.Dispatched, m.AwaitsWord) = (true, severity, timeMs, None, late is null, false);
            Emit(AlarmChange.Raised, timeMs, late ?? AlarmReason.ConditionHeld, output);
            // A condition that was true all along, such as a long mean, counts for this occurrence from now.
            if (m.Verified) Emit(AlarmChange.VerifyBegan, timeMs, AlarmReason.ConditionCleared, output);
        }
        else if (severity != m.Severity)
        {
            m.Severity = severity;
            Emit(AlarmChange.SeverityChanged, timeMs, AlarmReason.ConditionHeld, output);
        }
    }

    private void Close(long timeMs, AlarmReason reason, List<AlarmTransition> output)
    {
        Memory.Open = false;
        Memory.ClearSinceMs = None;
        Emit(AlarmChange.Cleared, timeMs, reason, output);
    }

    private bool IsTooOld(long decidedMs, long timeMs) => options.MaxAge is { } age && decidedMs - timeMs > (long)age.TotalMilliseconds;

    private void Emit(AlarmChange change, long timeMs, AlarmReason reason, List<AlarmTransition> output)
    {
        double? value = double.IsNaN(Point.LastValue) ? null : Point.LastValue;
        // A late reading may take the event clock back behind a timer that has fired: nothing ends before it began.
        output.Add(Transition(false, change, Memory.Severity, Math.Max(timeMs, Memory.RaisedAtMs), value, reason, Memory.Dispatched));
    }

    private AlarmTransition Transition(bool noData, AlarmChange change, Severity severity, long atMs, double? value, AlarmReason reason, bool dispatch)
    {
        var raisedAt = noData ? Memory.NoDataRaisedAtMs : Memory.RaisedAtMs;
        var id = AlarmIds.Of(Rule.Definition.Id, Point.Context.Id, noData, raisedAt);
        var transition = new AlarmTransition(id, Rule.Definition.Id, Rule.Definition.Version, Point.Context.Id, change, severity, atMs, raisedAt, value, reason, dispatch, noData);
        Events?.Told.Add(transition);
        if (Rule.HearsLate) Point.Past?.Tell(this, transition);
        return transition;
    }
}
