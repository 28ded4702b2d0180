using System.Runtime.InteropServices;
using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>Changes are noted in the point's past, so that a late reading can take them back.</summary>
internal sealed partial class AlarmInstance
{
    /// <inheritdoc cref="OnReading" />
    public void HearReading(long timeMs, bool valued, bool first, long decidedMs, List<AlarmTransition> output)
    {
        if (!Rule.HearsLate)
        {
            OnReading(timeMs, valued, first, decidedMs, output);
            return;
        }
        var before = Memory;
        OnReading(timeMs, valued, first, decidedMs, output);
        if (Differs(before)) Point.Past!.Note(this, before);
    }

    /// <summary>Does again what is due up to an instant, in order.</summary>
    public void FireAgain(long limitMs, long decidedMs, List<AlarmTransition> output)
    {
        for (var due = NextDue(); due <= limitMs; due = NextDue()) FireNoted(due, decidedMs, output);
    }

    /// <summary>An occurrence that stays has been dispatched or not: that was decided when it was told.</summary>
    public void KeepDispatch(in AlarmMemory before)
    {
        if (Memory.RaisedAtMs == before.RaisedAtMs) Memory.Dispatched = before.Dispatched;
        if (Memory.NoDataRaisedAtMs == before.NoDataRaisedAtMs) Memory.NoDataDispatched = before.NoDataDispatched;
    }

    private void FireNoted(long timeMs, long decidedMs, List<AlarmTransition> output)
    {
        var past = Point.Past ??= new PointPast(Point.Clock);
        (past.NowMs, past.FiredMs) = (timeMs, Math.Max(past.FiredMs, timeMs));
        var before = Memory;
        Fire(timeMs, decidedMs, output);
        if (Differs(before)) past.Note(this, before);
    }

    private bool Differs(in AlarmMemory before) => !MemoryMarshal.AsBytes(new ReadOnlySpan<AlarmMemory>(in before)).SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<AlarmMemory>(in Memory)));
}
