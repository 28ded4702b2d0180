using System.Text.Json;
using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets.Tests;

/// <summary>A ticket driven through the pure machine, with its log. Times are minutes after <see cref="Scene.T0"/>.</summary>
internal sealed class Walk
{
    private readonly List<TicketEvent> log = [];

    public Walk(TicketRecord? from = null) => Ticket = from!;

    public TicketRecord Ticket { get; private set; }

    public IReadOnlyList<TicketEvent> Log => log;

    public List<NoticeKind> Notices { get; } = [];

    /// <summary>Facts of every step until changed.</summary>
    public TicketFacts Facts { get; set; } = TicketFacts.None;

    public string? LastRefusal { get; private set; }

    /// <summary>A walk whose ticket stands in a state, with one alarm, accepted by li and fixed by wang.</summary>
    public static Walk In(TicketState state, Func<TicketRecord, TicketRecord>? change = null)
    {
        var ticket = TicketTableTests.In(state) with { AcceptedBy = "li", FixedBy = "wang", DispatchedAtMs = Scene.At(7), Lead = "heat", ClosedAtMs = TicketStates.IsLive(state) ? null : Scene.At(20) };
        return new Walk(change?.Invoke(ticket) ?? ticket);
    }

    public Walk Take(TicketDecision decision)
    {
        LastRefusal = decision.Refusal;
        foreach (var draft in decision.Lines)
        {
            var line = TicketLog.Append("t-x", (Ticket?.Version ?? 0) + 1, draft, 0, log.Count == 0 ? TicketLog.Genesis : log[^1].Hash);
            log.Add(line);
            Ticket = TicketFold.Apply(Ticket, line);
            if (draft.Notice is { } notice) Notices.Add(notice);
        }
        return this;
    }

    public Walk Do(string name, double minute = 60, string role = "manager", string actor = "zhao", string? reason = null, string? args = null) => Take(TicketMachine.Command(
        Ticket, name, new TriggerContext(Scene.At(minute), actor, role, 0, new TicketEventData { Reason = reason, Args = args is null ? null : JsonDocument.Parse(args).RootElement }) { Facts = Facts }));

    public Walk Trigger(TicketTrigger trigger, double minute = 60, TicketEventData? data = null, long reopenMs = 0) =>
        Take(TicketMachine.Trigger(Ticket, trigger, new TriggerContext(Scene.At(minute), "system", "system", reopenMs, data ?? new()) { Facts = Facts }));

    public Walk Alarm(int n, double minute = 60, double reopenMinutes = 0) =>
        Take(TicketMachine.AlarmRaised(Ticket, TicketTableTests.Alarm(n), null, Scene.At(minute), (long)(reopenMinutes * Scene.Minute), Facts));

    /// <summary>Fires what is due, in due order.</summary>
    public Walk Until(double minute)
    {
        while (TicketDeadline.Of(Ticket).Where(d => d.DueMs <= Scene.At(minute)).OrderBy(d => d.DueMs).ThenBy(d => d.Kind).Select(d => (TicketDeadline?)d).FirstOrDefault() is { } due)
        {
            Take(TicketMachine.Fire(Ticket, due, Facts));
        }
        return this;
    }

    /// <summary>The state, and the last step was taken.</summary>
    public Walk Is(TicketState state)
    {
        Assert.Null(LastRefusal);
        Assert.Equal(state, Ticket.State);
        return this;
    }

    /// <summary>The last step was refused with these words and changed nothing.</summary>
    public Walk Refused(string words)
    {
        Assert.NotNull(LastRefusal);
        Assert.Contains(words, LastRefusal, StringComparison.Ordinal);
        return this;
    }

    public TicketEventData Last => TicketLog.Data(log[^1]);

    /// <summary>Clocks of an hour each, with marks at 50, 80, 100 and 200 % of it; the last two step up.</summary>
    internal sealed class HourPlan : ITicketPlan
    {
        public IReadOnlyList<TicketClock> Start(ClockMoment moment, TicketRecord ticket, string sla, long atMs) => moment switch
        {
            ClockMoment.Opened => [Hour("accept", atMs), Hour("on_site", atMs), Hour("safe", atMs), Hour("fix", atMs)],
            ClockMoment.Dispatched => [Hour("accept", atMs)],
            ClockMoment.Triage => [Hour("triage", atMs)],
            ClockMoment.Reopened => [Hour("accept", atMs), Hour("fix", atMs)],
            ClockMoment.Callback => [Hour("callback", atMs)],
            _ => [Hour("fix", atMs)],
        };

        public TicketClock? Extend(TicketClock clock, long untilMs) => clock with { Marks = [.. clock.Marks.Take(clock.Fired), new ClockMark(100, untilMs, true)] };

        public static TicketClock Hour(string name, long atMs) => new(name, atMs, atMs + (60 * Scene.Minute),
            [new(50, atMs + (30 * Scene.Minute)), new(80, atMs + (48 * Scene.Minute)), new(100, atMs + (60 * Scene.Minute), true), new(200, atMs + (120 * Scene.Minute), true)]);
    }
}
