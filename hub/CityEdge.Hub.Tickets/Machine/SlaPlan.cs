namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Starts clocks by an <see cref="SlaBook"/>. Pure.</summary>
/// <param name="book">The promises in force.</param>
/// <param name="mode">The operating mode in force.</param>
/// <param name="dispatching">Units are found by a catalogue; else a unit takes a ticket by itself, and its accept clock starts at the opening.</param>
public sealed class SlaPlan(SlaBook book, OperatingMode mode, bool dispatching) : ITicketPlan
{
    private const long MinuteMs = 60_000;

    /// <inheritdoc />
    public IReadOnlyList<TicketClock> Start(ClockMoment moment, TicketRecord ticket, string sla, long atMs)
    {
        if (SetOf(sla, ticket) is not { } set) return [];
        var half = ticket.ReopenCount > 0;
        return moment switch
        {
            ClockMoment.Opened => Clocks(set, atMs, false, dispatching ? [TicketClocks.OnSite, TicketClocks.Safe, TicketClocks.Fix] : [TicketClocks.Accept, TicketClocks.OnSite, TicketClocks.Safe, TicketClocks.Fix]),
            // The catalogue has named another set than the rule: its promises count from the opening, too.
            ClockMoment.Dispatched when ticket.Sla is null && sla != ticket.Opening.Sla =>
                [.. Clocks(set, ticket.OpenedAtMs ?? atMs, half, [TicketClocks.OnSite, TicketClocks.Safe, TicketClocks.Fix]), .. Clocks(set, atMs, half, [TicketClocks.Accept])],
            ClockMoment.Dispatched => Clocks(set, atMs, half, [TicketClocks.Accept]),
            ClockMoment.Triage => Clocks(set, atMs, false, [TicketClocks.Triage]),
            // T40: half of the original limits, from now.
            ClockMoment.Reopened => Clocks(set, atMs, true, dispatching ? [TicketClocks.Fix] : [TicketClocks.Accept, TicketClocks.Fix]),
            ClockMoment.Callback => Clocks(set, atMs, false, [TicketClocks.Callback]),
            _ => Switched(set, ticket, atMs),
        };
    }

    /// <inheritdoc />
    public TicketClock? Extend(TicketClock clock, long untilMs) => clock with { Marks = [.. clock.Marks.Take(clock.Fired), .. After(clock.Name, clock.StartMs, untilMs - clock.StartMs, untilMs)] };

    private SlaSet? SetOf(string sla, TicketRecord ticket)
    {
        var set = book.Sets.GetValueOrDefault(sla) ?? book.Sets.GetValueOrDefault(ticket.Opening.Severity.ToString());
        return mode == OperatingMode.Emergency && set?.Emergency is { } other ? book.Sets.GetValueOrDefault(other) : set;
    }

    private List<TicketClock> Clocks(SlaSet set, long startMs, bool half, string[] names)
    {
        List<TicketClock> clocks = [];
        foreach (var (name, time) in set.Parts())
        {
            if (time is not null && names.Contains(name)) clocks.Add(Clock(name, time, startMs, half));
        }
        return clocks;
    }

    private TicketClock Clock(string name, SlaTime time, long startMs, bool half)
    {
        var length = time.Minutes * MinuteMs / (half ? 2 : 1);
        long At(int percent) => time.Working ? book.Calendar.Add(startMs, length * percent / 100) : startMs + (length * percent / 100);
        var due = At(100);
        return new TicketClock(name, startMs, due, [.. book.RemindAtPercent.Select(p => new ClockMark(p, At(p))), .. After(name, startMs, due - startMs, due)]);
    }

    /// <summary>The end of a clock and what follows: the accept clock asks the deputy, then the level above; the others go up at once, the fix clock on from level to level to the city.</summary>
    private List<ClockMark> After(string name, long startMs, long lengthMs, long dueMs)
    {
        List<ClockMark> marks = [new ClockMark(100, dueMs, name is TicketClocks.OnSite or TicketClocks.Safe or TicketClocks.Fix)];
        if (name == TicketClocks.Accept) marks.Add(new ClockMark(200, dueMs + lengthMs, true));
        for (var step = 1; name == TicketClocks.Fix && step <= 2; step++)
        {
            var at = dueMs + (step * book.EscalateEveryMinutes * MinuteMs);
            marks.Add(new ClockMark((int)Math.Min(int.MaxValue, Math.Max(101, 100 * (at - startMs) / Math.Max(1, lengthMs))), at, true));
        }
        return marks;
    }

    /// <summary>T46, forward only: a running clock keeps its start and what was promised; its end is the other set's, but not before now.</summary>
    private List<TicketClock> Switched(SlaSet set, TicketRecord ticket, long atMs)
    {
        List<TicketClock> clocks = [];
        foreach (var (name, time) in set.Parts())
        {
            if (time is null || ticket.Clock(name) is not { StoppedMs: null } running) continue;
            var other = Clock(name, time, running.StartMs, ticket.ReopenCount > 0);
            var marks = other.Marks.Where(m => m.Percent >= 100 || m.AtMs > atMs).Select(m => m.AtMs < atMs ? m with { AtMs = atMs } : m);
            // What was told once is not told again.
            var told = running.Marks.Take(running.Fired).Where(m => m.Percent >= 100).Select(m => m.Percent).ToList();
            clocks.Add(running with { Fired = 0, Marks = [.. marks.Where(m => !told.Contains(m.Percent))] });
        }
        return clocks;
    }
}
