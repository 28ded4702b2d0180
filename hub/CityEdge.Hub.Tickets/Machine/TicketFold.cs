using CityEdge.Contracts;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Ticket + log line → ticket. Looks at the line alone, never at the table, so that an old log replays the same under a newer table.</summary>
public static partial class TicketFold
{
    /// <summary>Folds one stored line.</summary>
    public static TicketRecord Apply(TicketRecord? ticket, TicketEvent line) => Apply(ticket, line.Seq, line.Type, line.To, line.AtMs, line.Actor, TicketLog.Data(line));

    /// <summary>Folds one decided line.</summary>
    public static TicketRecord Apply(TicketRecord? ticket, long seq, TicketEventDraft draft) => Apply(ticket, seq, draft.Type, draft.To, draft.AtMs, draft.Actor, draft.Data);

    private static TicketRecord Apply(TicketRecord? ticket, long seq, TicketEventType type, TicketState to, long atMs, string actor, TicketEventData data)
    {
        if (TicketBirths.IsBirth(type)) return Born(seq, to, atMs, data);
        var before = ticket ?? throw new InvalidOperationException($"The log begins with {type}, not with {TicketEventType.Raised}.");
        var after = before with
        {
            Version = seq,
            State = to,
            StateAtMs = before.State == to ? before.StateAtMs : atMs,
            Clocks = TicketClocks.Put(before.Clocks, data.Clocks),
        };
        return type switch
        {
            TicketEventType.AlarmJoined => Count(after with { AlarmCount = after.AlarmCount + 1 }, null, data.Severity, data),
            TicketEventType.AlarmSeverity => Count(after, data.SeverityBefore, data.Severity, data),
            TicketEventType.AlarmCleared => Cleared(Count(after, data.SeverityBefore, null, data), atMs, data.Point),
            TicketEventType.AlarmLeft => Count(after with { AlarmCount = after.AlarmCount - 1 }, data.SeverityBefore, null, data),
            TicketEventType.VerifyBegan or TicketEventType.VerifyBroken => Count(after, null, null, data),
            TicketEventType.Opened => after with { OpenedAtMs = atMs, Mode = data.Mode ?? after.Mode },
            TicketEventType.VerifyOverdue => after with { VerifyOverdue = true },
            TicketEventType.Verified => after with { VerifiedBy = data.VerifiedBy },
            TicketEventType.Closed or TicketEventType.SelfCleared or TicketEventType.Cancelled or TicketEventType.Dropped or TicketEventType.FalseAlarm or TicketEventType.Referred => after with
            {
                ClosedAtMs = atMs, Outcome = data.Outcome, VerifiedBy = data.VerifiedBy ?? after.VerifiedBy, Clocks = TicketClocks.Stop(after.Clocks, atMs), InTriage = false,
            },
            TicketEventType.Reopened => Reopened(before, after, atMs, data),
            TicketEventType.ComplaintLinked => after with
            {
                ComplaintCount = after.ComplaintCount + 1,
                Contacts = after.Contacts + (data.Contact == true ? 1 : 0),
                FirstComplaintAtMs = after.FirstComplaintAtMs is { } first && first <= data.ComplaintAtMs ? first : data.ComplaintAtMs,
            },
            TicketEventType.IncidentNamed => after with { Opening = after.Opening with { IncidentKey = data.IncidentKey! } },
            _ => Work(before, after, type, atMs, actor, data),
        };
    }

    private static TicketRecord Born(long seq, TicketState to, long atMs, TicketEventData data)
    {
        var opening = data.Opening!;
        var ticket = new TicketRecord { Opening = opening, State = to, StateAtMs = atMs, Severity = opening.Severity, Peak = opening.Severity, Version = seq };
        return to != TicketState.Open ? ticket : ticket with
        {
            OpenedAtMs = atMs, Clocks = data.Clocks, Mode = data.Mode ?? default, FirstComplaintAtMs = data.ComplaintAtMs, Contacts = data.Contact == true ? 1 : 0,
        };
    }

    private static TicketRecord Count(TicketRecord ticket, Severity? minus, Severity? plus, TicketEventData data)
    {
        var active = ticket.Active;
        if (minus is { } less) active = active.Add(less, -1);
        if (plus is { } more) active = active.Add(more, +1);
        var severity = active.MostSevere() ?? ticket.Severity;
        // The latest "ready" only grows: a verify condition that breaks and comes back comes back later.
        var later = data.VerifyReadyMs is { } ready && (ticket.VerifyReadyMs is null || ready >= ticket.VerifyReadyMs);
        return ticket with
        {
            Active = active,
            Severity = severity,
            Peak = severity < ticket.Peak ? severity : ticket.Peak,
            Unverified = ticket.Unverified + (data.Unverified ?? 0),
            VerifyReadyMs = later ? data.VerifyReadyMs : ticket.VerifyReadyMs,
            VerifyPoint = later ? data.Point : ticket.VerifyPoint,
        };
    }

    private static TicketRecord Cleared(TicketRecord ticket, long atMs, string? point) =>
        ticket.LastClearedMs is { } last && last > atMs ? ticket : ticket with { LastClearedMs = atMs, LastClearedPoint = point };

    private static TicketRecord Reopened(TicketRecord before, TicketRecord after, long atMs, TicketEventData data)
    {
        var open = after with
        {
            ReopenCount = after.ReopenCount + 1,
            ClosedAtMs = null,
            Outcome = null,
            VerifiedBy = null,
            VerifyOverdue = false,
            FalseAlarmProposed = false,
            CallbackMisses = 0,
            CallbackDay = null,
            Disputed = data.Disputed ?? (data.NewEpisode != true && after.Disputed),
            FirstComplaintAtMs = data.ComplaintAtMs is { } complained ? Math.Min(complained, after.FirstComplaintAtMs ?? complained) : after.FirstComplaintAtMs,
            Contacts = after.Contacts + (data.Contact == true ? 1 : 0),
            // T30: it had not been fixed, so the clocks that stopped then count on from their start.
            Clocks = before is { State: TicketState.PendingVerify, FixedAtMs: { } fixedAt } ? TicketClocks.Resume(after.Clocks, c => c.StoppedMs >= fixedAt) : TicketClocks.Stop(after.Clocks, atMs, TicketClocks.Callback),
        };
        return data.NewEpisode != true ? open : NewEpisode(open) with { Severity = data.Severity ?? open.Severity, Peak = data.Severity ?? open.Peak };
    }

    /// <summary>Alarms so far no longer count.</summary>
    private static TicketRecord NewEpisode(TicketRecord ticket) => ticket with
    {
        Episode = ticket.Episode + 1,
        Active = default,
        Unverified = 0,
        VerifyReadyMs = null,
        VerifyPoint = null,
        LastClearedMs = null,
        LastClearedPoint = null,
    };
}
