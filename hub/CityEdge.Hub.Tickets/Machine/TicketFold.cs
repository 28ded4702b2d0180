using CityEdge.Contracts;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Ticket + log line → ticket. Looks at the line alone, never at the table, so that an old log replays the same under a newer table.</summary>
public static class TicketFold
{
    /// <summary>Folds one stored line.</summary>
    public static TicketRecord Apply(TicketRecord? ticket, TicketEvent line) => Apply(ticket, line.Seq, line.Type, line.To, line.AtMs, TicketLog.Data(line));

    /// <summary>Folds one decided line.</summary>
    public static TicketRecord Apply(TicketRecord? ticket, long seq, TicketEventDraft draft) => Apply(ticket, seq, draft.Type, draft.To, draft.AtMs, draft.Data);

    private static TicketRecord Apply(TicketRecord? ticket, long seq, TicketEventType type, TicketState to, long atMs, TicketEventData data)
    {
        if (type == TicketEventType.Raised)
        {
            var opening = data.Opening!;
            return new TicketRecord { Opening = opening, State = to, StateAtMs = atMs, Severity = opening.Severity, Peak = opening.Severity, Version = seq };
        }
        var before = ticket ?? throw new InvalidOperationException($"The log begins with {type}, not with {TicketEventType.Raised}.");
        var after = before with { Version = seq, State = to, StateAtMs = before.State == to ? before.StateAtMs : atMs };
        return type switch
        {
            TicketEventType.AlarmJoined => Count(after with { AlarmCount = after.AlarmCount + 1 }, null, data.Severity, data),
            TicketEventType.AlarmSeverity => Count(after, data.SeverityBefore, data.Severity, data),
            TicketEventType.AlarmCleared => Cleared(Count(after, data.SeverityBefore, null, data), atMs, data.Point),
            TicketEventType.VerifyBegan or TicketEventType.VerifyBroken => Count(after, null, null, data),
            TicketEventType.Opened => after with { OpenedAtMs = atMs },
            TicketEventType.Accepted => after with { AcceptedAtMs = after.AcceptedAtMs ?? atMs },
            TicketEventType.Fixed => after with { FixedAtMs = atMs, VerifyOverdue = false },
            TicketEventType.VerifyOverdue => after with { VerifyOverdue = true },
            TicketEventType.Closed or TicketEventType.SelfCleared or TicketEventType.Cancelled or TicketEventType.Dropped =>
                after with { ClosedAtMs = atMs, Outcome = data.Outcome, VerifiedBy = data.VerifiedBy },
            TicketEventType.Reopened => Reopened(after, data),
            TicketEventType.ComplaintLinked => after with
            {
                ComplaintCount = after.ComplaintCount + 1,
                FirstComplaintAtMs = after.FirstComplaintAtMs is { } first && first <= data.ComplaintAtMs ? first : data.ComplaintAtMs,
            },
            TicketEventType.IncidentNamed => after with { Opening = after.Opening with { IncidentKey = data.IncidentKey! } },
            _ => after,
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

    private static TicketRecord Reopened(TicketRecord ticket, TicketEventData data)
    {
        var open = ticket with { ReopenCount = ticket.ReopenCount + 1, ClosedAtMs = null, Outcome = null, VerifiedBy = null, VerifyOverdue = false };
        return data.NewEpisode != true ? open : open with
        {
            Episode = open.Episode + 1,
            Active = default,
            Unverified = 0,
            VerifyReadyMs = null,
            VerifyPoint = null,
            LastClearedMs = null,
            LastClearedPoint = null,
            Severity = data.Severity ?? open.Severity,
            Peak = data.Severity ?? open.Peak,
        };
    }
}
