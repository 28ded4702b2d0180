using System.Text.Json;
using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;
using CityEdge.Hub.Tickets.Store;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Tickets;

/// <summary>
/// What one work may do: all of it is stored by one commit, or none. Only valid inside the work that <see cref="TicketStore.WriteAsync"/> runs;
/// afterwards every member throws <see cref="InvalidOperationException"/>.
/// </summary>
public sealed partial class TicketTransaction
{
    private static readonly TimeSpan KeysKept = TimeSpan.FromDays(30);

    private readonly SqlSession sql;
    private readonly SqliteTransaction transaction;
    private readonly ChangeSet changes;
    private readonly long nowMs;
    private readonly DeskFacts known;
    private readonly IncidentDesk desk;
    private readonly CommandDesk commands;
    private bool ended;

    internal TicketTransaction(SqlSession sql, SqliteTransaction transaction, ChangeSet changes, long nowMs)
    {
        (this.sql, this.transaction, this.changes, this.nowMs) = (sql, transaction, changes, nowMs);
        known = new DeskFacts(sql);
        desk = new IncidentDesk(sql, changes, nowMs, known);
        commands = new CommandDesk(sql, changes, nowMs, known, desk);
    }

    /// <summary>The writer's connection, for tables of the hub in the same commit. Commands must set <see cref="Transaction"/>.</summary>
    public SqliteConnection Connection => Valid().Connection;

    /// <summary>The running transaction. Not to be committed or rolled back here: throw to roll this work back.</summary>
    public SqliteTransaction Transaction => Valid().Transaction!;

    /// <summary>
    /// Applies one alarm transition. The same one again (alarm, change, event time) changes nothing. Deadlines of the ticket on this point that were due by
    /// then fire first. Apply all transitions of a reading in their order, then <see cref="FireDeadlines"/> with the reading's time.
    /// </summary>
    public void Apply(AlarmInput input)
    {
        Valid();
        desk.Apply(input);
    }

    /// <summary>Fires the event-time deadlines of a point that are due at <paramref name="eventNowMs"/> or before, in due order, each at its due time.</summary>
    public void FireDeadlines(PointId anchor, long eventNowMs)
    {
        Valid();
        desk.FireDeadlines(anchor.ToString(), eventNowMs);
    }

    /// <summary>Records how an alarm stands at the desk, why it is not offered and what suppresses it.</summary>
    public void SetStanding(string alarm, AlarmStanding standing, SuppressionReason? reason, string? by, bool chattering)
    {
        Valid();
        DeskRows.SetStanding(sql, alarm, standing, reason, by, chattering);
        changes.Alarm(alarm);
    }

    /// <summary>Records a person's act on an alarm.</summary>
    public void Act(AlarmAct act)
    {
        Valid();
        DeskRows.Act(sql, act);
        changes.Alarm(act.Alarm);
    }

    /// <summary>Records a maintenance window; again replaces it.</summary>
    public void Put(Maintenance window)
    {
        Valid();
        DeskRows.Put(sql, window);
    }

    /// <summary>Removes a maintenance window; an unknown id changes nothing.</summary>
    public void RemoveMaintenance(string id)
    {
        Valid();
        DeskRows.RemoveMaintenance(sql, id);
    }

    /// <summary>Executes a person's command.</summary>
    public CommandResult Execute(TicketCommand command)
    {
        Valid();
        if (TicketRows.Load(sql, command.TicketId) is not { } ticket) return new(CommandOutcome.NotFound, null, $"There is no ticket {command.TicketId}.");
        if (Answered(command, ticket.Record) is { } again) return again;
        if (command.IfMatchVersion is { } seen && seen != ticket.Record.Version)
        {
            return new(CommandOutcome.Conflict, View(ticket), $"Ticket {command.TicketId} is at version {ticket.Record.Version}, not {seen}: read it again.");
        }
        var data = new TicketEventData { Reason = command.Reason, HappenedAtMs = command.HappenedAtMs, Args = command.Args?.Clone() };
        var context = new TriggerContext(command.EventAtMs, command.Actor, command.Role, 0, data);
        if (commands.Execute(ref ticket, command.Name, context, command.DistanceM) is { } refusal) return new(CommandOutcome.Refused, View(ticket), refusal);
        ticket = desk.SettleCommand(ticket, command.EventAtMs);
        var view = View(ticket);
        if (command.IdempotencyKey is { } key)
        {
            sql.Run("DELETE FROM command_keys WHERE recorded_at < $1", nowMs - (long)KeysKept.TotalMilliseconds);
            sql.Run("INSERT INTO command_keys (ticket_id, key, command, result, recorded_at) VALUES ($1, $2, $3, $4, $5)",
                command.TicketId, key, command.Name, JsonSerializer.Serialize(view, TicketLog.Json), nowMs);
        }
        return new(CommandOutcome.Done, view, null);
    }

    /// <summary>Puts other promises in force. Clocks that run keep their marks.</summary>
    /// <returns>The version.</returns>
    public long Put(SlaBook book, string actor, string? reason) => Setting(DeskSettings.Sla, book, actor, reason);

    /// <summary>Puts another responsibility catalogue in force, as a whole; empty switches it off. Tickets keep the unit that they have.</summary>
    /// <returns>The version.</returns>
    public long Put(IReadOnlyList<ResponsibilityRow> rows, string actor, string? reason) => Setting(DeskSettings.Catalogues, rows, actor, reason);

    /// <summary>T46: changes the operating mode, and the clocks of every open ticket with it, forward only.</summary>
    /// <param name="eventNow">Event clock of a point, Unix ms.</param>
    /// <returns>How many tickets changed.</returns>
    public int SetMode(OperatingMode mode, string actor, string role, string reason, Func<PointId, long> eventNow)
    {
        Setting(DeskSettings.OperatingModeKind, mode, actor, reason);
        var changed = 0;
        foreach (var id in sql.All("SELECT id FROM tickets WHERE live = 1 ORDER BY id", row => row.GetString(0)))
        {
            var ticket = TicketRows.Load(sql, id)!;
            var context = new TriggerContext(eventNow(ChangeSet.Point(ticket.Record.Opening.Anchor)), actor, role, 0, new TicketEventData { Reason = reason }) { Facts = known.Of(ticket.Record) };
            var decision = TicketMachine.Trigger(ticket.Record, TicketTrigger.ModeChanged, context);
            desk.Append(ticket, decision);
            changed += decision.Lines.Count > 0 ? 1 : 0;
        }
        return changed;
    }

    /// <summary>T5, T6, T7: opens a ticket that no alarm opens.</summary>
    /// <returns>The ticket, or why there is none.</returns>
    public (TicketView? Ticket, string? Refusal) Open(TicketReport report)
    {
        Valid();
        return commands.Open(report) is var (ticket, refusal) && ticket is null ? (null, refusal) : (View(ticket!), null);
    }

    /// <summary>T5: a resident's report joins a ticket that is live; false when it is not.</summary>
    /// <param name="ticketId">Ticket.</param>
    /// <param name="actor">Who wrote it down.</param>
    /// <param name="role">In which role.</param>
    /// <param name="complaintAtMs">When the resident complained, Unix ms.</param>
    /// <param name="contact">The resident can be called back: the ticket is not closed without.</param>
    public bool LinkReport(string ticketId, string actor, string role, long complaintAtMs, bool contact)
    {
        Valid();
        return commands.LinkReport(ticketId, actor, role, complaintAtMs, contact);
    }

    /// <summary>The ticket as this work sees it; null when there is none.</summary>
    public TicketView? Get(string id)
    {
        Valid();
        return TicketViews.One(sql, id);
    }

    /// <summary>Records how far the rule consumer has read, in the same commit as what it decided.</summary>
    public void SaveCursor(long position)
    {
        Valid();
        sql.Run("INSERT INTO rule_cursor (one, position) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET position = excluded.position", position);
        changes.Cursor = position;
    }

    /// <summary>Keeps a snapshot of rule state as of a journal position; the two with the highest positions are kept.</summary>
    public void SaveSnapshot(long position, ReadOnlySpan<byte> data)
    {
        Valid();
        sql.Run("INSERT INTO rule_snapshots (position, data) VALUES ($1, $2) ON CONFLICT (position) DO UPDATE SET data = excluded.data", position, data.ToArray());
        sql.Run("DELETE FROM rule_snapshots WHERE position NOT IN (SELECT position FROM rule_snapshots ORDER BY position DESC LIMIT 2)");
    }

    /// <summary>Records that a notice was sent; again changes nothing.</summary>
    public void MarkNoticeSent(long id, long atMs)
    {
        Valid();
        sql.Run("UPDATE notices SET sent_at = $2 WHERE id = $1 AND sent_at IS NULL", id, atMs);
    }

    /// <summary>Puts a notice aside, to be told with others; again, or of one that was sent, changes nothing.</summary>
    public void GatherNotice(long id, long atMs) => NoticeRows.Gather(Valid(), id, atMs);

    /// <summary>Records that the gathered notices up to an id were told together.</summary>
    public void MarkGatheredSent(long lastId, long atMs) => NoticeRows.MarkGatheredSent(Valid(), lastId, atMs);

    internal void End() => ended = true;

    private long Setting<T>(string kind, T value, string actor, string? reason)
    {
        Valid();
        var version = DeskSettings.Put(sql, kind, value, actor, reason, nowMs);
        known.Changed();
        return version;
    }

    private CommandResult? Answered(TicketCommand command, TicketRecord ticket)
    {
        if (command.IdempotencyKey is not { } key) return null;
        var (name, result) = sql.One("SELECT command, result FROM command_keys WHERE ticket_id = $1 AND key = $2", row => (row.GetString(0), row.GetString(1)), command.TicketId, key);
        if (name is null) return null;
        return name == command.Name
            ? new(CommandOutcome.Replayed, JsonSerializer.Deserialize<TicketView>(result!, TicketLog.Json)! with
            {
                Anchor = ChangeSet.Point(ticket.Opening.Anchor),
                IncidentKey = ticket.Opening.IncidentKey,
            }, null)
            : new(CommandOutcome.Refused, TicketViews.View(sql, ticket, TicketViews.OneCap), $"Idempotency key {key} was used for command {name} on this ticket: use a new key.");
    }

    private TicketView View(StoredTicket ticket) => TicketViews.View(sql, ticket.Record, TicketViews.OneCap);

    private SqlSession Valid() => !ended ? sql : throw new InvalidOperationException("A TicketTransaction ends with its work: do not keep it.");
}
