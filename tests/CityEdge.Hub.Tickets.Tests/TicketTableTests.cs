using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;
using static CityEdge.Hub.Tickets.Machine.TicketState;
using static CityEdge.Hub.Tickets.Machine.TicketTrigger;

namespace CityEdge.Hub.Tickets.Tests;

public sealed class TicketTableTests
{
    private static readonly TicketState[] Working = [Accepted, EnRoute, OnSite, InProgress, OnHold, TicketState.Whistled];
    private static readonly TicketState[] Unproved = [Open, Dispatched, .. Working, TicketState.Reopened, Returned];
    private static readonly TicketState[] AnyOpen = [.. Unproved, PendingVerify, PendingCallback];
    private static readonly TicketState[] Same = [];

    /// <summary>Written out by hand from the domain's §5.2, not derived from the table: from, on, to (empty: the same), id. Cells of one state and trigger in the order in which they are tried.</summary>
    private static readonly (string Id, TicketState[] From, TicketTrigger On, TicketState[] To)[] Rows =
    [
        ("T2", [Candidate], WaitElapsed, [Open]), ("T3", [Candidate], AllCleared, [Dropped]),
        ("T4", [Candidate, Open, Dispatched, .. Working, PendingCallback, TicketState.Reopened, Returned], AlarmRaised, Same),
        ("T5", [Candidate, .. AnyOpen], ReportLinked, Same), ("T5", [Candidate], TicketTrigger.Complaint, [Open]), ("T38", [Closed], TicketTrigger.Complaint, [TicketState.Reopened]),
        ("T8", [Open], CatalogueResolved, [Dispatched]), ("T9", [Open, TicketState.Reopened], CatalogueMissed, Same), ("T9", [Open, TicketState.Reopened, Returned], TriageClock, Same),
        ("T9a", Unproved, AskOwner, Same), ("T9b", Unproved, SetOwner, Same), ("T10", [Open], Dispatch, [Dispatched]),
        ("T11", [Dispatched, Open, TicketState.Reopened], Accept, [Accepted]), ("T12", [Dispatched], Return, [Returned]), ("T13", [Returned], Dispatch, [Dispatched]),
        ("T14", [Open, Dispatched, TicketState.Reopened], AcceptClock, Same), ("T15", [Accepted], Assign, Same), ("T16", [Accepted], Depart, [EnRoute]),
        ("T17", [EnRoute, Accepted], Arrive, [OnSite]), ("T18", [OnSite], Start, [InProgress]), ("T18a", [OnSite, InProgress, OnHold, TicketState.Whistled], MadeSafe, Same),
        ("T19", [OnSite], NoFault, [PendingVerify]), ("T20", [InProgress], Whistle, [TicketState.Whistled]), ("T20a", Working, CoDone, Same),
        ("T21", [TicketState.Whistled], ReportIn, Same), ("T21", [TicketState.Whistled], ReportInElapsed, Same), ("T21a", [TicketState.Whistled], TaskDone, Same),
        ("T22", [TicketState.Whistled], WhistleDone, [InProgress]), ("T23", [InProgress], Hold, [OnHold]), ("T24", [OnHold], Resume, [InProgress]), ("T24", [OnHold], HoldElapsed, [InProgress]),
        ("T25", Working, AskExtension, Same), ("T25a", Working, ApproveExtension, Same), ("T25b", Working, RefuseExtension, Same),
        ("T26", Unproved, WorkClock, Same), ("T27", Unproved, Escalate, Same), ("T28", [InProgress, OnSite, EnRoute, Accepted, TicketState.Reopened], Fixed, [PendingVerify]),
        ("T29", [PendingVerify], SensorAgreed, [Closed]), ("T32", [PendingVerify], SensorAgreed, [PendingCallback]),
        ("T29", [PendingVerify], InspectedOk, [Closed]), ("T32", [PendingVerify], InspectedOk, [PendingCallback]), ("T29a", [PendingVerify], ConfirmFalseAlarm, [FalseAlarm]),
        ("T30", [PendingVerify], AlarmRaised, [TicketState.Reopened]), ("T30", [PendingVerify], Reject, [TicketState.Reopened]), ("T31", [PendingVerify], VerifyLimitElapsed, Same),
        ("T33", [PendingCallback], Callback, [Closed]), ("T34", [PendingCallback], Callback, [TicketState.Reopened]), ("T35", [PendingCallback], Callback, Same), ("T35", [PendingCallback], Callback, [Closed]),
        ("T32", [PendingCallback], CallbackClock, Same), ("T36", [Open, Dispatched, Accepted, TicketState.Reopened], SelfClearElapsed, [SelfCleared]),
        ("T37", [Closed, SelfCleared], AlarmRaised, [TicketState.Reopened]), ("T38", [Closed], NotFixed, [TicketState.Reopened]), ("T39", [Closed, SelfCleared], AlarmRaised, Same),
        ("T40", [TicketState.Reopened], CatalogueResolved, [Dispatched]), ("T40", [TicketState.Reopened], Dispatch, [Dispatched]),
        ("T41", AnyOpen, Merge, [Merged]), .. AnyOpen.Select(to => ("T42", (TicketState[])[Merged], Unmerge, (TicketState[])[to])),
        ("T43", AnyOpen, Refer, [Referred]), ("T44", AnyOpen, Cancel, [Cancelled]), ("T45", Enum.GetValues<TicketState>(), FlagAudit, Same), ("T46", AnyOpen, ModeChanged, Same),
    ];

    private static readonly ILookup<(TicketState, TicketTrigger), (TicketState To, string Id)> Expected =
        Rows.SelectMany(r => r.From.Select(from => (Key: (from, r.On), Value: (r.To.Length == 0 ? from : r.To[0], r.Id)))).ToLookup(x => x.Key, x => x.Value);

    [Fact]
    public void Every_cell_is_the_domains_and_every_other_is_empty()
    {
        foreach (var state in Enum.GetValues<TicketState>())
        {
            foreach (var trigger in Enum.GetValues<TicketTrigger>())
            {
                var cells = TicketTable.Find(state, trigger).Select(c => (c.To, c.Id)).ToList();
                // The order matters only where guards overlap; the unmerge cells are told apart by the state before.
                Assert.True(cells.Order().SequenceEqual(Expected[(state, trigger)].Order()), $"{state} × {trigger}: {string.Join(", ", cells)}, expected {string.Join(", ", Expected[(state, trigger)])}");
            }
        }
    }

    [Fact]
    public void Every_transition_of_the_domain_has_a_row()
    {
        string[] ids = [.. Enumerable.Range(1, 46).Select(n => $"T{n}"), "T29a"];
        var known = TicketTable.Cells.Select(c => c.Id).Concat(TicketBirths.Rows.Select(r => r.Id)).ToHashSet();
        Assert.Empty(ids.Except(known));
    }

    [Fact]
    public void A_command_without_a_cell_changes_nothing_and_says_what_is_allowed()
    {
        foreach (var state in Enum.GetValues<TicketState>())
        {
            foreach (var (name, trigger) in TicketTable.Commands.Where(c => !Expected[(state, c.Value)].Any()))
            {
                var decision = TicketMachine.Command(In(state), name, new TriggerContext(Scene.At(60), "li", "admin", 0, new TicketEventData { Reason = "test" }));
                Assert.Empty(decision.Lines);
                Assert.Contains($"{name} is not allowed in state {TicketStates.Name(state)}", decision.Refusal, StringComparison.Ordinal);
                Assert.DoesNotContain(name, TicketTable.AllowedCommands(state));
            }
        }
    }

    [Fact]
    public void A_system_trigger_is_ignored_where_the_table_has_no_cell()
    {
        var alarm = Alarm(2);
        foreach (var state in Enum.GetValues<TicketState>())
        {
            var ticket = In(state) with { ClosedAtMs = TicketStates.IsLive(state) ? null : Scene.At(30) };
            var raised = TicketMachine.AlarmRaised(ticket, alarm, null, Scene.At(40), 7 * 86_400_000L);
            Assert.Equal(Expected[(state, AlarmRaised)].Any(), raised.Lines.Count > 0);
            foreach (var kind in Enum.GetValues<TicketDeadlineKind>())
            {
                var trigger = TicketDeadline.Trigger(kind);
                var clocks = TicketDeadline.ClockOf(kind) is { } name ? (ValueList<TicketClock>)[new TicketClock(name, Scene.At(0), Scene.At(50), [new ClockMark(100, Scene.At(50))])] : null;
                var quiet = ticket with { Active = default, Unverified = 0, Clocks = clocks, Whistle = [new WhistleTask("water", Scene.At(20))] };
                var either = TicketMachine.Fire(quiet, new(kind, Scene.At(50), "a/b/c")).Lines.Count + TicketMachine.Fire(ticket, new(kind, Scene.At(50), "a/b/c")).Lines.Count;
                Assert.Equal(Expected[(state, trigger)].Any(), either > 0);
            }
        }
    }

    [Theory]
    [InlineData(Open, Accept, "crew", null, true)]
    [InlineData(Open, Accept, "resident", null, false)]
    [InlineData(Open, Cancel, "crew", "duplicate", false)]
    [InlineData(Open, Cancel, "manager", null, false)]
    [InlineData(Open, Cancel, "manager", "  ", false)]
    [InlineData(Open, Cancel, "manager", "duplicate", true)]
    public void Guards_look_at_role_and_reason(TicketState state, TicketTrigger trigger, string role, string? reason, bool allowed)
    {
        var name = TicketTable.Commands.Single(c => c.Value == trigger).Key;
        var decision = TicketMachine.Command(In(state), name, new TriggerContext(Scene.At(60), "li", role, 0, new TicketEventData { Reason = reason }));
        Assert.Equal(allowed, decision.Refusal is null);
        Assert.Equal(allowed, decision.Lines.Count > 0);
    }

    [Fact]
    public void Fixed_on_a_reopened_ticket_needs_that_someone_accepted_it()
    {
        var context = new TriggerContext(Scene.At(60), "li", "crew", 0, new TicketEventData());
        Assert.NotNull(TicketMachine.Command(In(TicketState.Reopened) with { AcceptedAtMs = null }, "fixed", context).Refusal);
        Assert.Null(TicketMachine.Command(In(TicketState.Reopened), "fixed", context).Refusal);
    }

    [Fact]
    public void An_unknown_command_is_refused_with_the_known_ones() =>
        Assert.Contains("accept, approve-extension, arrive", TicketMachine.Command(In(Open), "explode", new(0, "li", "admin", 0, new())).Refusal, StringComparison.Ordinal);

    [Fact]
    public void State_words_are_the_domains()
    {
        string[] words =
        [
            "candidate", "open", "dispatched", "accepted", "en-route", "on-site", "in-progress", "on-hold", "whistled", "pending-verify", "pending-callback", "reopened", "returned",
            "closed", "merged", "false-alarm", "self-cleared", "cancelled", "referred", "dropped",
        ];
        Assert.Equal(words, TicketStates.All.Select(TicketStates.Name));
        foreach (var word in words)
        {
            Assert.True(TicketStates.TryParse(word, out var state));
            Assert.Equal($"\"{word}\"", System.Text.Json.JsonSerializer.Serialize(state));
        }
        Assert.False(TicketStates.TryParse("Open", out _));
        Assert.False(TicketStates.TryParse(null, out _));
    }

    [Fact]
    public void The_machine_touches_no_io()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CityEdge.sln"))) folder = folder.Parent;
        Assert.NotNull(folder);
        string[] banned = ["System.IO", "Microsoft.", "Dapper", "System.Net", "TimeProvider", "Task<", "async ", "CityEdge.Hub.Tickets.Store"];
        foreach (var file in Directory.GetFiles(Path.Combine(folder.FullName, "hub/CityEdge.Hub.Tickets/Machine"), "*.cs"))
        {
            var text = File.ReadAllText(file);
            foreach (var word in banned) Assert.False(text.Contains(word, StringComparison.Ordinal), $"{Path.GetFileName(file)} mentions {word}");
        }
    }

    internal static AlarmFacts Alarm(int n) => new()
    {
        Id = Scene.AlarmId(n), Rule = "r", Point = Scene.Boiler.ToString(), NoData = false, Severity = Severity.P3, Active = true, RaisedAtMs = Scene.At(0), VerifyForMs = 0,
    };

    internal static TicketRecord In(TicketState state) => new()
    {
        Opening = new TicketOpening(
            "t-x", "20251115-bj-01-0001", "k", "bj-01", null, "r", Scene.Boiler.ToString(), "heating.room", new LocalizedText("冷", "Cold"), null, "P3", true, TicketOrigin.Proactive,
            Severity.P3, Scene.At(0), Scene.At(5), 3_600_000),
        State = state,
        StateAtMs = Scene.At(10),
        Severity = Severity.P3,
        Peak = Severity.P3,
        Version = 7,
        AcceptedAtMs = Scene.At(8),
        FixedAtMs = Scene.At(9),
        Active = new SeverityCounts(0, 0, 1, 0, 0),
        Unverified = 1,
        AlarmCount = 1,
    };
}
