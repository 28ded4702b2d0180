using System.Numerics;
using CityEdge.Contracts;

namespace CityEdge.Rules;

internal sealed partial class AlarmInstance
{
    /// <summary>
    /// Takes the place of the instance of its rule's version before, at the point's event time <paramref name="timeMs"/>. What the two versions have in common goes on; open alarms go on or close as chosen.
    /// </summary>
    public void Succeed(AlarmInstance before, OpenAlarms choice, long timeMs, long decidedMs, List<AlarmTransition> output)
    {
        ref var m = ref Memory;
        ref readonly var old = ref before.Memory;
        (m.Open, m.Severity, m.RaisedAtMs, m.Dispatched) = (old.Open, old.Severity, old.RaisedAtMs, old.Dispatched);
        (m.NoDataOpen, m.NoDataSeverity, m.NoDataRaisedAtMs, m.NoDataDispatched) = (old.NoDataOpen, old.NoDataSeverity, old.NoDataRaisedAtMs, old.NoDataDispatched);
        (m.StartMs, m.Active, m.Verified) = (old.StartMs, old.Active, old.Verified);
        var (sameSteps, same) = TakeSteps(before);
        if (clock is null && !m.Active)
        {
            m.Active = true;
            for (var raw = (uint)m.Raw; raw != 0; raw &= raw - 1) m.Since[BitOperations.TrailingZeroCount(raw)] = timeMs;
            m.True = m.Raw;
        }
        SyncActive(timeMs, output);
        Judge(before, choice, sameSteps, same, timeMs, output);
        if (m.NoDataOpen) JudgeSilence(timeMs, output);
        Fire(timeMs, decidedMs, output);
    }

    /// <summary>Carries over what is known of conditions that both versions have. Tells whether all steps are the same, holds aside, and which are.</summary>
    private (bool All, byte Same) TakeSteps(AlarmInstance before)
    {
        ref var m = ref Memory;
        ref readonly var old = ref before.Memory;
        var (mine, theirs) = (Rule.Definition.Raise, before.Rule.Definition.Raise);
        // A text means the same only where its numbers have the same units, and its attributes the same defaults.
        var (defaults, others) = (Rule.Definition.Defaults, before.Rule.Definition.Defaults);
        if (Rule.Definition.Signal != before.Rule.Definition.Signal || defaults.Count != others.Count || defaults.Any(pair => !others.TryGetValue(pair.Key, out var other) || other != pair.Value)) return (false, 0);
        byte same = 0;
        for (var step = 0; step < mine.Count; step++)
        {
            for (var other = 0; other < theirs.Count; other++)
            {
                if (theirs[other].When.Source != mine[step].When.Source) continue;
                var (bit, from) = ((byte)(1 << step), 1 << other);
                same |= bit;
                if ((old.Raw & from) != 0) m.Raw |= bit;
                if ((old.True & from) != 0) m.True |= bit;
                if ((old.Elapsed & from) != 0 && mine[step].For <= theirs[other].For) m.Elapsed |= bit;
                m.Since[step] = old.Since[other];
                break;
            }
        }
        return (mine.Count == theirs.Count && BitOperations.PopCount(same) == mine.Count, same);
    }

    /// <summary>Whether an open value alarm goes on, by the last value and at its time, as the readings before were judged.</summary>
    private void Judge(AlarmInstance before, OpenAlarms choice, bool sameSteps, byte same, long timeMs, List<AlarmTransition> output)
    {
        ref var m = ref Memory;
        // Before the first alarm there is nothing to go on, to clear or to verify.
        if (m.RaisedAtMs == None) return;
        var known = Point.LastValueMs != None || Rule.UsesAge;
        var context = ContextAt(Rule.UsesAge || !known ? timeMs : Point.LastValueMs);
        byte raw = 0;
        var allFalse = known;
        for (var step = 0; known && step < Rule.Steps.Length; step++)
        {
            var truth = Rule.Steps[step].Test(context);
            allFalse &= truth == Truth.False;
            if (truth == Truth.True) raw |= (byte)(1 << step);
        }
        m.ClearTrue = known && (Rule.Clear is { } clear ? raw == 0 && clear.Test(context) == Truth.True : allFalse && Rule.Steps.Length > 0);
        var sameClear = sameSteps && Rule.Definition.Clear.When?.Source == before.Rule.Definition.Clear.When?.Source;
        var sameVerify = Rule.Definition.Verify.When?.Source == before.Rule.Definition.Verify.When?.Source && (Rule.Verify is not null || sameClear);
        var verified = sameVerify ? m.Verified : known && (Rule.Verify is { } verify ? verify.Test(context) == Truth.True : m.ClearTrue);
        if (verified != m.Verified) SetVerified(verified, timeMs, AlarmReason.ConditionCleared, output);
        if (!m.Open) return;
        var wasOver = before.Memory.ClearSinceMs != None;
        if (Rule.Steps.Length == 0 || (choice == OpenAlarms.Reevaluate ? raw == 0 : m.ClearTrue && !wasOver))
        {
            Close(timeMs, AlarmReason.RuleChanged, output);
            (m.Raw, m.True, m.Elapsed) = ((byte)(m.Raw & raw), (byte)(m.True & raw), (byte)(m.Elapsed & raw));
            return;
        }
        if (m.ClearTrue) m.ClearSinceMs = sameClear ? before.Memory.ClearSinceMs : timeMs;
        if (choice != OpenAlarms.Reevaluate) return;
        m.Raw |= raw;
        for (var step = (uint)(raw & ~same); step != 0; step &= step - 1) m.Since[BitOperations.TrailingZeroCount(step)] = m.RaisedAtMs;
        m.True |= m.Active ? raw : (byte)0;
    }

    /// <summary>Silence that the new version does not call one any more closes; else its severity follows.</summary>
    private void JudgeSilence(long timeMs, List<AlarmTransition> output)
    {
        ref var m = ref Memory;
        if (Rule.NoDataAfterMs is not { } after || timeMs - Point.LastEventMs < after)
        {
            CloseNoData(timeMs, AlarmReason.RuleChanged, output);
            return;
        }
        if (clock is not null && !clock.SeasonAt(timeMs).Active)
        {
            CloseNoData(timeMs, AlarmReason.NotActive, output);
            return;
        }
        var severity = Rule.Definition.NoData!.Severity;
        if (severity == m.NoDataSeverity) return;
        m.NoDataSeverity = severity;
        output.Add(Transition(true, AlarmChange.SeverityChanged, severity, Math.Max(timeMs, m.NoDataRaisedAtMs), null, AlarmReason.RuleChanged, m.NoDataDispatched));
    }
}
