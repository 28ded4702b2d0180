using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;
using static CityEdge.Hub.Tickets.Machine.TicketState;
using static CityEdge.Hub.Tickets.Machine.TicketTrigger;

namespace CityEdge.Hub.Tickets.Tests;

public sealed class TicketTableTests
{
    /// <summary>Written out by hand from the domain's §5.2, not derived from the table.</summary>
    private static readonly Dictionary<(TicketState, TicketTrigger), (TicketState To, string Id)> Expected = new()
    {
        [(Candidate, WaitElapsed)] = (Open, "T2"),
        [(Candidate, AllCleared)] = (Dropped, "T3"),
        [(Candidate, AlarmRaised)] = (Candidate, "T4"),
        [(Candidate, TicketTrigger.Complaint)] = (Open, "T5"),
        [(Closed, TicketTrigger.Complaint)] = (TicketState.Reopened, "T38"),
        [(Open, AlarmRaised)] = (Open, "T4"),
        [(Dispatched, AlarmRaised)] = (Dispatched, "T4"),
        [(Accepted, AlarmRaised)] = (Accepted, "T4"),
        [(EnRoute, AlarmRaised)] = (EnRoute, "T4"),
        [(OnSite, AlarmRaised)] = (OnSite, "T4"),
        [(InProgress, AlarmRaised)] = (InProgress, "T4"),
        [(OnHold, AlarmRaised)] = (OnHold, "T4"),
        [(Whistled, AlarmRaised)] = (Whistled, "T4"),
        [(PendingCallback, AlarmRaised)] = (PendingCallback, "T4"),
        [(TicketState.Reopened, AlarmRaised)] = (TicketState.Reopened, "T4"),
        [(Returned, AlarmRaised)] = (Returned, "T4"),
        [(Open, Accept)] = (Accepted, "T11"),
        [(Dispatched, Accept)] = (Accepted, "T11"),
        [(TicketState.Reopened, Accept)] = (Accepted, "T11"),
        [(Accepted, Fixed)] = (PendingVerify, "T28"),
        [(EnRoute, Fixed)] = (PendingVerify, "T28"),
        [(OnSite, Fixed)] = (PendingVerify, "T28"),
        [(InProgress, Fixed)] = (PendingVerify, "T28"),
        [(TicketState.Reopened, Fixed)] = (PendingVerify, "T28"),
        [(PendingVerify, SensorAgreed)] = (Closed, "T29"),
        [(PendingVerify, AlarmRaised)] = (TicketState.Reopened, "T30"),
        [(PendingVerify, VerifyLimitElapsed)] = (PendingVerify, "T31"),
        [(Open, SelfClearElapsed)] = (SelfCleared, "T36"),
        [(Dispatched, SelfClearElapsed)] = (SelfCleared, "T36"),
        [(Accepted, SelfClearElapsed)] = (SelfCleared, "T36"),
        [(TicketState.Reopened, SelfClearElapsed)] = (SelfCleared, "T36"),
        [(Closed, AlarmRaised)] = (TicketState.Reopened, "T37"),
        [(SelfCleared, AlarmRaised)] = (TicketState.Reopened, "T37"),
        [(Open, Cancel)] = (Cancelled, "T44"),
        [(Dispatched, Cancel)] = (Cancelled, "T44"),
        [(Accepted, Cancel)] = (Cancelled, "T44"),
        [(EnRoute, Cancel)] = (Cancelled, "T44"),
        [(OnSite, Cancel)] = (Cancelled, "T44"),
        [(InProgress, Cancel)] = (Cancelled, "T44"),
        [(OnHold, Cancel)] = (Cancelled, "T44"),
        [(Whistled, Cancel)] = (Cancelled, "T44"),
        [(PendingVerify, Cancel)] = (Cancelled, "T44"),
        [(PendingCallback, Cancel)] = (Cancelled, "T44"),
        [(TicketState.Reopened, Cancel)] = (Cancelled, "T44"),
        [(Returned, Cancel)] = (Cancelled, "T44"),
    };

    [Fact]
    public void Every_cell_is_the_domains_and_every_other_is_empty()
    {
        foreach (var state in Enum.GetValues<TicketState>())
        {
            foreach (var trigger in Enum.GetValues<TicketTrigger>())
            {
                var cell = TicketTable.Find(state, trigger);
                if (!Expected.TryGetValue((state, trigger), out var expected)) Assert.True(cell is null, $"{state} × {trigger} must be illegal");
                else Assert.True(cell is not null && (cell.To, cell.Id) == expected, $"{state} × {trigger}: {cell?.Id} to {cell?.To}, expected {expected}");
            }
        }
        Assert.Equal(Expected.Count, TicketTable.Cells.Count);
    }

    [Fact]
    public void A_command_moves_the_ticket_in_a_legal_cell_and_changes_nothing_in_an_illegal_one()
    {
        foreach (var state in Enum.GetValues<TicketState>())
        {
            foreach (var (name, trigger) in TicketTable.Commands)
            {
                var ticket = In(state);
                var decision = TicketMachine.Command(ticket, name, new TriggerContext(Scene.At(60), "li", "admin", 0, new TicketEventData { Reason = "test" }));
                if (Expected.TryGetValue((state, trigger), out var expected))
                {
                    Assert.Null(decision.Refusal);
                    var after = ticket;
                    foreach (var line in decision.Lines) after = TicketFold.Apply(after, after.Version + 1, line);
                    Assert.Equal(expected.To, after.State);
                    Assert.Equal(Scene.At(60), after.StateAtMs);
                    Assert.Equal(!TicketStates.IsLive(expected.To), after.ClosedAtMs is not null && after.Outcome is not null);
                }
                else
                {
                    Assert.Empty(decision.Lines);
                    Assert.Contains($"not allowed in state {TicketStates.Name(state)}", decision.Refusal, StringComparison.Ordinal);
                }
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
            Assert.Equal(Expected.ContainsKey((state, AlarmRaised)), raised.Lines.Count > 0);
            foreach (var kind in Enum.GetValues<TicketDeadlineKind>())
            {
                var quiet = ticket with { Active = default, Unverified = 0 };
                var either = TicketMachine.Fire(quiet, new(kind, Scene.At(50), "a/b/c")).Lines.Count + TicketMachine.Fire(ticket, new(kind, Scene.At(50), "a/b/c")).Lines.Count;
                Assert.Equal(Expected.ContainsKey((state, TicketDeadline.Trigger(kind))), either > 0);
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
        Assert.Contains("accept, cancel, fixed", TicketMachine.Command(In(Open), "explode", new(0, "li", "admin", 0, new())).Refusal, StringComparison.Ordinal);

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
