using System.Text.Json;
using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>Events: heard in the order in which they happened, whatever the order in which they come.</summary>
internal sealed partial class AlarmInstance
{
    /// <summary>Null in a rule on points.</summary>
    public EventMemory? Events { get; private set; }

    private bool HasReading => Events is { } events ? events.History.Count > 0 : Point.HasReading;

    private long LastEventMs => Events is { History.Count: > 0 } events ? events.History.TimeOf(0) : Point.LastEventMs;

    /// <summary>
    /// One event of its subject; false when it was heard before or comes too late. One that happened after all that is known is simply next. For any other the alarm goes back to where no late event can
    /// reach, hears all events since in their order, and tells what comes out differently.
    /// </summary>
    public bool Hear(long timeMs, ulong hash, JsonElement? data, long decidedMs, List<AlarmTransition> output)
    {
        var events = Events!;
        var history = events.History;
        if (history.Knows(hash)) return false;
        var newest = history.IsAfterLast(timeMs, hash);
        Settle(events, newest ? timeMs - EventMemory.LatenessMs : long.MinValue, decidedMs);
        if (!newest && (timeMs < history.TimeOf(0) - EventMemory.LatenessMs || timeMs <= events.SettledMs)) return false;
        var fields = Rule.Definition.Events!.Fields;
        Span<double> row = stackalloc double[fields.Length];
        for (var slot = 0; slot < row.Length; slot++) row[slot] = fields[slot].In(data);
        if (newest && timeMs > events.FiredMs && timeMs > LastHeardMs(history))
        {
            FireUntil(timeMs - 1, decidedMs, output);
            history.Insert(timeMs, hash, row, events.Pending);
            events.Pending++;
            OnReading(timeMs, true, history.Count == 1, decidedMs, output);
            return true;
        }
        var (told, before) = (events.Told, Memory);
        history.Insert(timeMs, hash, row, events.Pending);
        events.Pending++;
        Replay(events, decidedMs);
        KeepDispatch(before);
        Revision.Tell(told, events.Told, this, output);
        return true;
    }

    /// <summary>Does what is due at <paramref name="timeMs"/>, called in order by the clock.</summary>
    public void FireDue(long timeMs, long decidedMs, List<AlarmTransition> output)
    {
        if (Events is { } events)
        {
            if (events.IsFull) SettleAll(events);
            events.FiredMs = Math.Max(events.FiredMs, timeMs);
        }
        if (Rule.HearsLate) FireNoted(timeMs, decidedMs, output);
        else Fire(timeMs, decidedMs, output);
    }

    private void FireUntil(long limitMs, long decidedMs, List<AlarmTransition> output)
    {
        for (var due = NextDue(); due <= limitMs; due = NextDue())
        {
            Events!.FiredMs = Math.Max(Events.FiredMs, due);
            Fire(due, decidedMs, output);
        }
    }

    private void Replay(EventMemory events, long decidedMs)
    {
        var history = events.History;
        var scratch = new List<AlarmTransition>();
        var firedMs = events.FiredMs;
        events.Told = [];
        Memory = events.Settled;
        history.Unseen = events.Pending;
        // A subject whose first event turns out not to be its first began earlier.
        if (history.Count == 0) Memory.StartMs = Math.Min(Memory.StartMs, history.TimeOf(-1));
        while (history.Unseen > 0) HearNext(history, decidedMs, scratch);
        FireUntil(firedMs, decidedMs, scratch);
        events.FiredMs = firedMs;
    }

    /// <summary>Events of one millisecond are one step: no alarm begins and ends in it, whichever of them came first.</summary>
    private void HearNext(EventHistory history, long decidedMs, List<AlarmTransition> output)
    {
        var (time, first) = (history.TimeOf(-1), history.Count == 0);
        FireUntil(time - 1, decidedMs, output);
        do history.Unseen--;
        while (history.Unseen > 0 && history.TimeOf(-1) == time);
        OnReading(time, true, first, decidedMs, output);
    }

    private static long LastHeardMs(EventHistory history) => history.Count == 0 ? None : history.TimeOf(0);

    /// <summary>Lets go of the way back for events before <paramref name="limitMs"/>: nothing may come before them any more.</summary>
    private void Settle(EventMemory events, long limitMs, long decidedMs)
    {
        var history = events.History;
        if (events.Pending == 0 || (events.Pending < EventMemory.MaxPending && history.TimeOf(events.Pending - 1) >= limitMs)) return;
        var (live, told, firedMs) = (Memory, events.Told, events.FiredMs);
        (Memory, events.Told) = (events.Settled, events.Spare);
        history.Unseen = events.Pending;
        while (history.Unseen > 0 && (history.Unseen >= EventMemory.MaxPending || history.TimeOf(-1) < limitMs))
        {
            events.SettledMs = history.TimeOf(-1);
            HearNext(history, decidedMs, events.Spare);
        }
        (events.Settled, events.Pending) = (Memory, history.Unseen);
        (Memory, events.Told, events.FiredMs, history.Unseen) = (live, told, firedMs, 0);
        if (events.Settled.RaisedAtMs == live.RaisedAtMs) events.Settled.Dispatched = live.Dispatched;
        if (events.Settled.NoDataRaisedAtMs == live.NoDataRaisedAtMs) events.Settled.NoDataDispatched = live.NoDataDispatched;
        events.Spare.Clear();
        for (var i = told.Count - 1; i >= 0; i--)
        {
            if (told[i].AtMs <= events.SettledMs) told.RemoveAt(i);
        }
    }

    /// <summary>All that is told is final.</summary>
    private void SettleAll(EventMemory events)
    {
        (events.Settled, events.Pending) = (Memory, 0);
        events.SettledMs = Math.Max(events.FiredMs, LastHeardMs(events.History));
        events.Told.Clear();
    }

    /// <summary>Takes over what a snapshot kept of events.</summary>
    public void RestoreEvents(EventMemory saved)
    {
        Events = saved;
        // As Restore does: the calendar may have changed since.
        if (clock is null || saved.SettledMs == None || saved.Settled.ActiveUntilMs <= saved.SettledMs) return;
        var (active, until) = clock.At(saved.SettledMs);
        saved.Settled.ActiveUntilMs = active == saved.Settled.Active ? until : saved.SettledMs;
    }

    /// <summary>When an event next leaves a window over which the rule counts.</summary>
    private long NextLeaves()
    {
        var due = long.MaxValue;
        var history = Events!.History;
        var seenMs = LastEventMs + Memory.AgeDoneMs;
        foreach (var window in Rule.Definition.Events!.WindowsMs)
        {
            var inside = history.CountSince(seenMs - window);
            if (inside > 0) due = Math.Min(due, history.TimeOf(inside - 1) + window);
        }
        return due;
    }
}
