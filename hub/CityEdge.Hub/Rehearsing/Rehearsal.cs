using System.Collections.Concurrent;
using CityEdge.Contracts;
using CityEdge.Hub.Api;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Telemetry;
using CityEdge.Hub.Tickets;
using CityEdge.Hub.Tickets.Machine;
using CityEdge.Rules;

namespace CityEdge.Hub.Rehearsing;

/// <summary>
/// A rule over stored history, on the engine and the ticket room that run in service. One object runs once. A rule that looks at one point at a time is folded point after point, two at once, any other over all
/// its points together (<see cref="TogetherRun"/>); the tickets come afterwards, from all transitions in the order of time.
/// </summary>
/// <param name="store">Where the readings are.</param>
/// <param name="registry">Points, assets and labels, as they are now.</param>
/// <param name="zone">The hub's zone.</param>
/// <param name="calendar">Seasons, holidays and the place by which rules are in force; null: the shipped one.</param>
/// <param name="complaints">Complaints of a category with from ≤ t &lt; to, Unix ms; null: none are known.</param>
public sealed class Rehearsal(ITelemetryStore store, HubRegistry registry, TimeZoneInfo zone, SeasonCalendar? calendar = null, Func<string, long, long, IReadOnlyList<ComplaintSighting>>? complaints = null)
{
    /// <summary>Most transitions that are kept: some 100 000 alarms, far more than anybody would let a rule raise.</summary>
    public const int MaxTransitions = 300_000;

    private const int Workers = 2;

    private static readonly long Earliest = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();

    private readonly ConcurrentBag<(IReadOnlyList<AlarmTransition> Rule, IReadOnlyList<AlarmTransition> InForce)> happened = [];
    private string step = "readings";
    private int points;
    private int pointsDone;
    private long readings;
    private int kept;

    /// <summary>How far it is; from any thread.</summary>
    public RehearsalProgress Progress => new(step, Volatile.Read(ref pointsDone), points, Interlocked.Read(ref readings));

    /// <summary>Runs it; cancelling stops the work within a part of one point.</summary>
    /// <exception cref="RehearsalLimitException">The rule raises more than <see cref="MaxTransitions"/> allow.</exception>
    /// <exception cref="TelemetryUnavailableException">The telemetry store cannot be reached.</exception>
    public async Task<RehearsalReport> RunAsync(RehearsalPlan plan, CancellationToken ct)
    {
        var chosen = Choose(plan);
        points = chosen.Count;
        if (plan.Rule.LooksAtOtherPoints || plan.InForce is { LooksAtOtherPoints: true }) await RunTogetherAsync(plan, chosen, ct);
        else await Parallel.ForEachAsync(chosen, new ParallelOptions { MaxDegreeOfParallelism = Workers, CancellationToken = ct }, async (point, cancellation) =>
        {
            await ScanAsync(plan, point, cancellation);
            Interlocked.Increment(ref pointsDone);
        });
        step = "tickets";
        var rule = await JudgeAsync(plan, plan.Rule, [.. happened.SelectMany(h => h.Rule)], ct);
        var inForce = plan.InForce is null ? null : await JudgeAsync(plan, plan.InForce, [.. happened.SelectMany(h => h.InForce)], ct);
        return new RehearsalReport
        {
            Rule = plan.Rule.Id,
            From = HubJson.FromMs(plan.FromMs),
            To = HubJson.FromMs(plan.ToMs),
            Points = chosen.Count(p => p.Rule),
            Readings = readings,
            Alarms = rule.Raised.Count,
            Tickets = rule.Tickets,
            ActiveSeconds = rule.ActiveSeconds,
            OpenAtStart = rule.OpenAtStart,
            Complaints = rule.Complaints,
            ComplaintsBeaten = rule.Beaten.Count,
            MedianLeadSeconds = BeatenComplaints.Median(rule.Beaten),
            Beaten = rule.Beaten,
            Weeks = rule.Weeks(zone),
            Compared = inForce is null ? null : Compare(rule, inForce, plan.InForce!.Version),
            Items = RehearsedRule.Items(rule.Raised),
        };
    }

    private List<Chosen> Choose(RehearsalPlan plan)
    {
        var rule = new RuleMatcher(plan.Rule);
        var inForce = plan.InForce is null ? null : new RuleMatcher(plan.InForce);
        var chosen = new List<Chosen>();
        foreach (var point in registry.Points)
        {
            var context = TicketRouting.Context(point, registry, zone);
            var (matches, matchesInForce) = (rule.Matches(context), inForce?.Matches(context) ?? false);
            var looked = plan.Rule.OtherPointNames.Contains(point.Id.Name) || (plan.InForce?.OtherPointNames.Contains(point.Id.Name) ?? false);
            if (matches || matchesInForce || looked) chosen.Add(new Chosen(context, matches, matchesInForce));
        }
        return chosen;
    }

    private async Task RunTogetherAsync(RehearsalPlan plan, List<Chosen> chosen, CancellationToken ct)
    {
        var together = new TogetherRun(plan.InForce is null ? [plan.Rule] : [plan.Rule, plan.InForce], calendar ?? SeasonCalendar.Default, plan.StartMs);
        await together.RunAsync(store, [.. chosen.Select(c => c.Context).OrderBy(c => c.Id.ToString(), StringComparer.Ordinal)], plan.StartMs, plan.ToMs, (count, transitions) =>
        {
            Interlocked.Add(ref readings, count);
            Limit(transitions);
        }, ct);
        Volatile.Write(ref pointsDone, chosen.Count);
        happened.Add((together.Transitions(0), plan.InForce is null ? [] : together.Transitions(1)));
    }

    private async ValueTask ScanAsync(RehearsalPlan plan, Chosen chosen, CancellationToken ct)
    {
        var point = new TelemetryPoint(chosen.Context.Id, chosen.Context.Kind);
        PointRun[] runs = chosen switch
        {
            { Rule: true, InForce: true } => [new(plan.Rule, chosen.Context, calendar ?? SeasonCalendar.Default), new(plan.InForce!, chosen.Context, calendar ?? SeasonCalendar.Default)],
            { Rule: true } => [new(plan.Rule, chosen.Context, calendar ?? SeasonCalendar.Default)],
            _ => [new(plan.InForce!, chosen.Context, calendar ?? SeasonCalendar.Default)],
        };
        // A point that did not exist yet was not silent: silence counts from its first stored reading on.
        var watchesSilence = plan.Rule.NoData is not null || plan.InForce?.NoData is not null;
        var begun = !watchesSilence || (await store.ReadAsync(point.Point, point.Kind, Earliest, plan.StartMs, 1, ct)).Count > 0;
        if (begun) Begin(plan.StartMs);
        await store.ScanAsync(
            point,
            plan.StartMs,
            plan.ToMs,
            part =>
            {
                if (!begun) Begin(part[0].TimeMs);
                begun = true;
                foreach (var run in runs) run.Take(part);
                Interlocked.Add(ref readings, part.Length);
                Limit(runs.Sum(r => r.Transitions.Count));
                ct.ThrowIfCancellationRequested();
                return true;
            },
            ct);
        if (!begun) return;
        foreach (var run in runs) run.End(plan.ToMs);
        var count = runs.Sum(r => r.Transitions.Count);
        if (count == 0) return;
        Limit(0, count);
        happened.Add((chosen.Rule ? runs[0].Transitions : [], chosen.InForce ? runs[^1].Transitions : []));

        void Begin(long atMs)
        {
            foreach (var run in runs) run.Begin(atMs);
        }
    }

    private void Limit(int running, int done = 0)
    {
        if (Interlocked.Add(ref kept, done) + running > MaxTransitions)
            throw new RehearsalLimitException($"The rule does more than {MaxTransitions} things in this time, such as raising and clearing an alarm. Rehearse a shorter time or fewer points, or make the rule stricter.");
    }

    private async Task<RehearsedRule> JudgeAsync(RehearsalPlan plan, RuleDefinition rule, List<AlarmTransition> transitions, CancellationToken ct)
    {
        var alarms = RehearsedAlarm.Fold(transitions);
        // A stable sort: what a point does at one instant stays in its order.
        var ordered = transitions.OrderBy(t => t.AtMs).ThenBy(t => t.Point.ToString(), StringComparer.Ordinal).ToList();
        var (byAlarm, opened) = await RehearsalTickets.RunAsync(ordered, rule, registry, plan.ToMs, ct);
        foreach (var alarm in alarms)
        {
            if (byAlarm.TryGetValue(alarm.Id, out var of)) (alarm.Ticket, alarm.OpenedAtMs) = of;
        }
        var judged = new RehearsedRule(alarms, opened, plan.FromMs, plan.ToMs);
        if (complaints?.Invoke(rule.Ticket.Category, plan.FromMs, plan.ToMs) is not { Count: > 0 } told) return judged;
        return judged with { Complaints = told.Count, Beaten = BeatenComplaints.Of(judged.Raised, rule.Ticket.SelfClear, PlaceOf, told, ct) };

        CityPlace? PlaceOf(PointId point) => TicketRouting.PlaceOf(point, rule, registry);
    }

    private static RehearsalComparison Compare(RehearsedRule rule, RehearsedRule inForce, int version)
    {
        RehearsedAlarm.Compare(rule.All, inForce.All, rule.ToMs);
        RehearsedAlarm.Compare(inForce.All, rule.All, rule.ToMs);
        var gone = inForce.Raised.Where(a => a.InBoth == false).ToList();
        var both = rule.Raised.Count(a => a.InBoth == true);
        return new RehearsalComparison(version, inForce.Raised.Count, inForce.Tickets, inForce.ActiveSeconds, rule.Raised.Count - both, gone.Count, both, RehearsedRule.Items(gone)) { ComplaintsBeaten = inForce.Beaten.Count, MedianLeadSeconds = BeatenComplaints.Median(inForce.Beaten) };
    }

    /// <summary>A point on which the rule runs, the version in force, or both; or that one of them looks at.</summary>
    private sealed record Chosen(PointContext Context, bool Rule, bool InForce);
}
