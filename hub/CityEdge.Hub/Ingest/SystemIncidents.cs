using System.Collections.Concurrent;
using CityEdge.Contracts;
using CityEdge.Hub.Tickets;
using CityEdge.Rules;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Ingest;

/// <summary>
/// Faults of the hub itself as alarms and tickets, by the ordinary way of the ticket room: asset <c>hub</c>, point <c>hub/hub/SUBJECT</c>, category <c>hub.SUBJECT</c>, one alarm that stays the
/// same over restarts, one live ticket that closes by itself when the fault is over. What cannot be written now, because the database is on the full disk, is tried at the next call.
/// </summary>
public sealed class SystemIncidents(TicketStore tickets, TimeProvider time, ILogger<SystemIncidents> logger)
{
    /// <summary>Site, device and asset under which the hub speaks of itself.</summary>
    public const string Hub = "hub";

    private const string RulePrefix = "system-";
    private static readonly TimeSpan Reopen = TimeSpan.FromDays(7);
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly ConcurrentDictionary<string, AlarmView> active = new();
    private readonly HashSet<string> known = [];

    /// <summary>Subjects at fault now.</summary>
    public ICollection<string> Active => active.Keys;

    /// <summary>True for alarms that come from here and not from a rule of the engine.</summary>
    public static bool IsSystem(string rule, string point) => rule.StartsWith(RulePrefix, StringComparison.Ordinal) && point.StartsWith($"{Hub}/{Hub}/", StringComparison.Ordinal);

    /// <summary>Raises the alarm unless it is up, in this life or from an earlier one.</summary>
    public async Task RaiseAsync(SystemIncident incident, CancellationToken ct)
    {
        if (active.ContainsKey(incident.Subject)) return;
        await GuardedAsync(incident.Subject, async () =>
        {
            if (active.ContainsKey(incident.Subject)) return;
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            var rule = RuleOf(incident.Subject);
            var id = AlarmIds.Of(rule, PointOf(incident.Subject), false, now);
            var input = Input(new AlarmTransition(id, rule, 1, PointOf(incident.Subject), AlarmChange.Raised, incident.Severity, now, now, null, AlarmReason.ConditionHeld, Dispatch: true), incident);
            await tickets.WriteAsync(tx => tx.Apply(input), CancellationToken.None);
            if (tickets.Alarm(id) is { } alarm) active[incident.Subject] = alarm;
            logger.LogError("The hub has a fault of its own, {Subject}: {Title} {Action}", incident.Subject, incident.Title.En, incident.Action.En);
        }, ct);
    }

    /// <summary>The fault is over: the alarm clears, and the ticket closes unless people have taken it up, in which case it waits for their word.</summary>
    public async Task ClearAsync(string subject, CancellationToken ct)
    {
        if (!active.ContainsKey(subject) && known.Contains(subject)) return;
        await GuardedAsync(subject, async () =>
        {
            if (!active.TryGetValue(subject, out var alarm)) return;
            var now = Math.Max(time.GetUtcNow().ToUnixTimeMilliseconds(), alarm.RaisedAt.ToUnixTimeMilliseconds());
            var incident = new SystemIncident(subject, alarm.Severity, new LocalizedText("", ""), new LocalizedText("", ""));
            AlarmTransition Transition(AlarmChange change) => new(alarm.Id, alarm.Rule, alarm.Version, PointOf(subject), change, alarm.Severity, now, alarm.RaisedAt.ToUnixTimeMilliseconds(), null, AlarmReason.ConditionCleared, Dispatch: true);
            await tickets.WriteAsync(tx =>
            {
                // What works is proof enough for a ticket that a crew has reported as fixed.
                tx.Apply(Input(Transition(AlarmChange.VerifyBegan), incident));
                tx.Apply(Input(Transition(AlarmChange.Cleared), incident));
                tx.FireDeadlines(PointOf(subject), now);
            }, CancellationToken.None);
            active.TryRemove(subject, out _);
            logger.LogInformation("The hub's fault {Subject} is over.", subject);
        }, ct);
    }

    private async Task GuardedAsync(string subject, Func<Task> work, CancellationToken ct)
    {
        await gate.WaitAsync(ct);
        try
        {
            if (!known.Contains(subject))
            {
                foreach (var alarm in tickets.Alarms(new AlarmQuery { State = Tickets.AlarmState.Active, Rule = RuleOf(subject), Point = PointOf(subject), Limit = 1 }).Items) active[subject] = alarm;
                known.Add(subject);
            }
            await work();
        }
        catch (Exception error) when (error is SqliteException or ObjectDisposedException)
        {
            logger.LogWarning("The state of the hub's own {Subject} could not be stored: {Problem}", subject, error.Message);
        }
        finally
        {
            gate.Release();
        }
    }

    private static string RuleOf(string subject) => RulePrefix + subject;

    private static PointId PointOf(string subject) => new(Hub, Hub, subject);

    private static AlarmInput Input(AlarmTransition transition, SystemIncident incident)
    {
        var category = $"hub.{incident.Subject}";
        var policy = new TicketPolicy(category, incident.Title, incident.Action, incident.Severity.ToString(), Public: false, Wait: TimeSpan.Zero, SelfClear: TimeSpan.Zero, Reopen, VerifyFor: TimeSpan.Zero);
        return new AlarmInput(transition, policy, $"{category}|{Hub}", Hub, Hub, transition.AtMs);
    }
}
