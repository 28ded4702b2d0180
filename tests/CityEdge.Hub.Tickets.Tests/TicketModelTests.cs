using System.Text.Json;
using CityEdge.Hub.Tickets.Machine;
using FsCheck;
using FsCheck.Fluent;

namespace CityEdge.Hub.Tickets.Tests;

/// <summary>Any sequence of triggers, alarms and deadlines through the whole table, replayed from its log after every step, as a restart would.</summary>
public sealed class TicketModelTests
{
    private static readonly string[] Commands = [.. TicketTable.Commands.Keys.Order(StringComparer.Ordinal)];
    private static readonly string[] Ending = ["merge", "refer", "cancel", "fixed", "flag-audit", "ask-owner", "set-owner"];
    private static readonly string[] Answers = ["solved", "not-solved", "unreachable"];
    private static readonly string[] People = ["li", "wang", "zhao"];

    [Fact]
    public void Every_state_is_reached_every_cell_is_taken_and_the_log_is_the_ticket()
    {
        HashSet<(string Id, TicketState From, TicketTrigger On, TicketState To)> taken = [];
        HashSet<TicketState> reached = [];
        var wanted = TicketTable.Cells.Where(c => c.Event is not null).Select(c => (c.Id, c.From, c.On, c.To)).ToHashSet();
        var steps = Gen.Choose(0, 99).SelectMany(_ => Gen.Choose(0, 10_000), (what, which) => (what, which)).ListOf(40).Select(list => list.ToArray()).ToArbitrary();
        var rounds = 0;
        for (; rounds < 150 && (taken.Count < wanted.Count || reached.Count < TicketStates.All.Count || rounds < 5); rounds++)
        {
            Prop.ForAll(steps, sequence => Play(sequence, taken, reached)).Check(Config.QuickThrowOnFailure.WithMaxTest(200));
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{rounds} rounds of 200 walks");
        Assert.Empty(TicketStates.All.Except(reached));
        Assert.True(wanted.IsSubsetOf(taken), string.Join("; ", wanted.Except(taken).Order()));
    }

    private static bool Play((int What, int Which)[] sequence, HashSet<(string, TicketState, TicketTrigger, TicketState)> taken, HashSet<TicketState> reached)
    {
        var walk = new Walk { Facts = TicketFacts.None with { Plan = new Walk.HourPlan(), TargetLive = true } };
        // Half of the walks begin at birth, and only they count for what can be reached; half begin somewhere, so that far cells are walked often.
        var born = sequence.Length > 0 && sequence[0].Which % 2 == 0;
        if (born) walk.Take(TicketMachine.Born(TicketTableTests.In(TicketState.Open).Opening with { Asset = "room" }, TicketTableTests.Alarm(1)));
        else walk = Somewhere(sequence.Length > 0 ? sequence[0].Which / 2 : 0, walk.Facts);
        if (born && sequence[0].Which % 4 == 0) walk.Until(5).Trigger(TicketTrigger.ReportLinked, 5, new() { ComplaintAtMs = Scene.At(5), Contact = true });
        var start = born ? null : walk.Ticket;
        var minute = 0.0;
        foreach (var (what, which) in sequence)
        {
            minute += which % 37 == 0 ? 1500 : which % 50;
            var (before, lines) = (walk.Ticket, walk.Log.Count);
            TicketTrigger? trigger = null;
            switch (what)
            {
                case < 12:
                    walk.Until(minute);
                    break;
                case < 18 when walk.Ticket.Active.Total() > 0 && TicketStates.IsLive(walk.Ticket.State):
                    walk.Take(TicketMachine.AlarmCleared(walk.Ticket, TicketTableTests.Alarm(1), Scene.At(minute)));
                    break;
                case < 22 when walk.Ticket.Unverified > 0 && TicketStates.IsLive(walk.Ticket.State):
                    walk.Take(TicketMachine.VerifyBegan(walk.Ticket, TicketTableTests.Alarm(1), Scene.At(minute)));
                    break;
                case < 26:
                    trigger = TicketTrigger.AlarmRaised;
                    walk.Alarm(which, minute, 600);
                    break;
                case < 30:
                    trigger = which % 5 == 4 ? TicketTrigger.Complaint : which % 3 == 0 ? TicketTrigger.CatalogueResolved : which % 3 == 1 ? TicketTrigger.CatalogueMissed : TicketTrigger.ReportLinked;
                    var facts = walk.Facts;
                    if (trigger == TicketTrigger.CatalogueResolved) walk.Facts = facts with { Assignment = new("heat", which % 2 == 0 ? ["street"] : [], 1) };
                    walk.Trigger(trigger.Value, minute, trigger is TicketTrigger.ReportLinked or TicketTrigger.Complaint ? new() { ComplaintAtMs = Scene.At(minute), Contact = trigger == TicketTrigger.ReportLinked && which % 4 == 0 ? true : null } : null);
                    walk.Facts = facts;
                    break;
                case < 32:
                    trigger = TicketTrigger.ModeChanged;
                    walk.Facts = walk.Facts with { Mode = which % 2 == 0 ? OperatingMode.Emergency : OperatingMode.Normal };
                    walk.Trigger(trigger.Value, minute);
                    break;
                default:
                    // Mostly what the state allows: a walk of refusals goes nowhere.
                    var names = which % 10 == 0 || TicketTable.AllowedCommands(walk.Ticket.State) is { Count: 0 } ? Commands : TicketTable.AllowedCommands(walk.Ticket.State);
                    // What ends a ticket at once is rare, or none would come far.
                    if (which % 9 != 0 && names.Except(Ending).ToList() is { Count: > 0 } further) names = further;
                    var name = names[which / 10 % names.Count];
                    trigger = TicketTable.Commands[name];
                    walk.Do(name, minute, "admin", People[which % 3], which % 7 == 0 ? null : "why", Args(name, walk.Ticket, minute, which));
                    if (walk.LastRefusal is not null) Assert.Equal(lines, walk.Log.Count);
                    break;
            }
            Check(walk, before, lines, trigger, taken);
            if (which % 6 == 0) Restart(walk, start);
            if (born) reached.Add(walk.Ticket.State);
        }
        Restart(walk, start);
        return true;
    }

    /// <summary>The log alone gives the ticket, also through its stored text; the chain holds.</summary>
    private static void Restart(Walk walk, TicketRecord? start)
    {
        Assert.Equal(walk.Ticket, walk.Log.Aggregate(start, TicketFold.Apply));
        Assert.Equal(walk.Ticket, JsonSerializer.Deserialize<TicketRecord>(JsonSerializer.Serialize(walk.Ticket, TicketLog.Json), TicketLog.Json));
        if (start is null) Assert.Null(TicketLog.FirstBreak(walk.Log));
    }

    private static Walk Somewhere(int which, TicketFacts facts)
    {
        var state = TicketStates.All[which % TicketStates.All.Count];
        var other = TicketStates.All[which / 20 % TicketStates.All.Count];
        var live = TicketStates.IsLive(state);
        string[] names = ["accept", "on_site", "safe", "fix", "triage", "callback"];
        var walk = Walk.In(state, t => t with
        {
            Opening = t.Opening with { Asset = "room" },
            StateBefore = state == TicketState.Merged ? other : null,
            Offered = "heat",
            Outcome = live ? null : state == TicketState.Closed ? TicketOutcome.Fixed : TicketOutcome.Merged,
            VerifiedBy = state is TicketState.Closed or TicketState.PendingCallback || other == TicketState.PendingCallback ? "sensor" : null,
            Contacts = which / 3 % 2,
            CoUnits = which % 4 == 0 ? ["street"] : null,
            Whistle = [new WhistleTask("gas", Scene.At(30))],
            HoldUntilMs = state == TicketState.OnHold ? Scene.At(100) : null,
            FalseAlarmProposed = state == TicketState.PendingVerify && which % 3 == 0,
            Active = which % 5 == 0 ? t.Active : default,
            Unverified = which % 5 == 0 ? 1 : 0,
            VerifyReadyMs = Scene.At(60),
            VerifyPoint = "p",
            LastClearedMs = Scene.At(50),
            LastClearedPoint = "p",
            OwnerAsked = which % 2 == 0,
            CallbackMisses = which % 3,
            CallbackDay = which % 3 == 0 ? null : 0,
            Clocks = [.. names.Select(n => Walk.HourPlan.Hour(n, Scene.At(10)) with { StoppedMs = live ? null : Scene.At(20) })],
        });
        walk.Facts = facts;
        return walk;
    }

    private static void Check(Walk walk, TicketRecord before, int lines, TicketTrigger? trigger, HashSet<(string, TicketState, TicketTrigger, TicketState)> taken)
    {
        var ticket = walk.Ticket;
        Assert.Equal(TicketStates.IsLive(ticket.State), ticket.Outcome is null && ticket.ClosedAtMs is null);
        Assert.True(ticket.StateAtMs >= before.StateAtMs);
        Assert.True(ticket.State != TicketState.Dispatched || before.State == TicketState.Merged || ticket.Offered is not null && ticket.Lead is not null);
        if (ticket.State == TicketState.Closed) Assert.True(ticket is { Outcome: TicketOutcome.Fixed, VerifiedBy: not null } && ticket.ClosedAtMs >= ticket.FixedAtMs);
        foreach (var clock in ticket.Clocks ?? [])
        {
            Assert.True(clock.StoppedMs is null || clock.StoppedMs >= clock.StartMs, $"{clock}");
            Assert.True(TicketStates.IsLive(ticket.State) || clock.StoppedMs is not null);
        }
        for (var i = lines; i < walk.Log.Count; i++)
        {
            var line = walk.Log[i];
            var data = TicketLog.Data(line);
            var on = trigger ?? line.Type switch
            {
                TicketEventType.ClockMark => data.Clock switch { "accept" => TicketTrigger.AcceptClock, "triage" => TicketTrigger.TriageClock, "callback" => TicketTrigger.CallbackClock, _ => TicketTrigger.WorkClock },
                TicketEventType.Opened => TicketTrigger.WaitElapsed,
                TicketEventType.Dropped => TicketTrigger.AllCleared,
                TicketEventType.SelfCleared => TicketTrigger.SelfClearElapsed,
                TicketEventType.Closed or TicketEventType.Verified => TicketTrigger.SensorAgreed,
                TicketEventType.VerifyOverdue => TicketTrigger.VerifyLimitElapsed,
                TicketEventType.Resumed => TicketTrigger.HoldElapsed,
                TicketEventType.ReportInLate => TicketTrigger.ReportInElapsed,
                _ => null,
            };
            if (on is not { } moved || TicketTable.Find(line.From!.Value, moved).Where(c => c.To == line.To && c.Event == line.Type).ToList() is not { Count: > 0 } cells)
            {
                // What the sensors tell changes no state by itself.
                Assert.Equal(line.From, line.To);
                continue;
            }
            foreach (var cell in cells) taken.Add((cell.Id, cell.From, cell.On, cell.To));
        }
    }

    private static string Args(string name, TicketRecord ticket, double minute, int which)
    {
        var unit = name switch
        {
            _ when which % 5 == 0 => "gas",
            "report-in" or "task-done" => ticket.Whistle?.FirstOrDefault(w => w.DoneMs is null)?.Unit,
            "co-done" => ticket.CoUnits?.FirstOrDefault(),
            _ => ticket.Offered,
        } ?? "water";
        return JsonSerializer.Serialize(new
        {
            unit,
            co_units = which % 4 == 0 ? ["street"] : Array.Empty<string>(),
            units = which % 2 == 0 ? ["gas"] : new[] { "gas", "power" },
            text = "dig",
            crew = "crew-1",
            code = name == "hold" ? "parts" : "not-ours",
            evidence = "plan",
            until = DateTimeOffset.FromUnixTimeMilliseconds(Math.Max(ticket.Clock("fix")?.DueMs() ?? 0, Scene.At(minute)) + (10 * Scene.Minute)).ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture),
            owner = "grid",
            target = "railway",
            resident_told = true,
            photo = new string('a', 64),
            reading = "19",
            cause = "window",
            answer = Answers[which / 3 % 3],
            into = "t-y",
            tag = "room",
            sensor_faulty = which % 2 == 0,
        });
    }
}
