using System.Text.Json;
using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;
using static CityEdge.Contracts.AlarmChange;

namespace CityEdge.Hub.Tickets.Tests;

/// <summary>Commands as the store executes them: version, idempotency, and what one does to another ticket.</summary>
public sealed class TicketCommandTests
{
    private static readonly JsonElement Args = JsonSerializer.SerializeToElement(new
    {
        unit = "heat", units = new[] { "gas" }, text = "dig", crew = "crew-1", code = "parts", evidence = "plan", until = "2025-11-16T00:00:00Z", owner = "grid", target = "railway", resident_told = true,
        photo = new string('a', 64), reading = "19", cause = "window", answer = "solved", into = "t-none", tag = "room-301",
    });

    private static Task<CommandResult> Send(Scene scene, string id, string name, double minute, long? version = null, string? key = null, JsonElement? args = null, string actor = "wang") =>
        scene.Store.WriteAsync(t => t.Execute(new TicketCommand(id, name, actor, "admin", 0, Scene.At(minute), "why", version, key, args ?? Args)), TestContext.Current.CancellationToken);

    [Fact]
    public async Task Every_command_has_version_and_key_an_old_version_changes_nothing_and_a_key_again_gives_the_same_answer_and_one_event()
    {
        foreach (var name in TicketTable.Commands.Keys)
        {
            await using var scene = new Scene();
            var id = await scene.Open();
            // The way to a state in which the command is legal; what it refuses is refused under its key, too.
            foreach (var step in new[] { "dispatch", "accept", "arrive", "start" })
            {
                if (TicketTable.AllowedCommands(scene.Ticket(id).State).Contains(name)) break;
                Assert.Equal(CommandOutcome.Done, (await Send(scene, id, step, 6)).Outcome);
            }
            var before = scene.Ticket(id);
            var stale = await Send(scene, id, name, 7, before.Version - 1, "k-0");
            Assert.Equal(CommandOutcome.Conflict, stale.Outcome);
            Assert.Equal(before.Version, scene.Ticket(id).Version);
            var done = await Send(scene, id, name, 7, before.Version, "k-1");
            var version = scene.Ticket(id).Version;
            var again = await Send(scene, id, name, 8, before.Version, "k-1");
            Assert.Equal(version, scene.Ticket(id).Version);
            if (done.Outcome != CommandOutcome.Done) continue;
            Assert.Equal((CommandOutcome.Replayed, done.Ticket!.Version, done.Ticket.State), (again.Outcome, again.Ticket!.Version, again.Ticket.State));
            Assert.Null(scene.Store.Audit(id));
        }
    }

    [Fact]
    public async Task A_merge_moves_alarms_and_new_ones_follow_and_unmerging_brings_back_those_that_are_its_own()
    {
        await using var scene = new Scene();
        await scene.Apply(scene.Input(1, Raised, 0, incident: "a"), scene.Input(2, Raised, 0, point: Scene.Riser, incident: "b"));
        await scene.Fire(5);
        await scene.Fire(5, Scene.Riser);
        var tickets = scene.Store.List(new TicketQuery()).Items;
        var (a, b) = (tickets.Single(t => t.IncidentKey == "a").Id, tickets.Single(t => t.IncidentKey == "b").Id);
        var into = JsonSerializer.SerializeToElement(new { into = b });
        Assert.Equal(CommandOutcome.Refused, (await Send(scene, b, "merge", 6, args: into)).Outcome);
        Assert.Equal(TicketState.Merged, (await Send(scene, a, "merge", 6, args: into)).Ticket!.State);
        Assert.Equal(2, scene.Store.Record(b)!.Active.Total());
        // Of the merged incident: no new ticket while the other lives.
        await scene.Apply(scene.Input(3, Raised, 7, rule: "other", incident: "a"));
        Assert.Equal(3, scene.Store.Record(b)!.Active.Total());
        await scene.Apply(scene.Input(1, Cleared, 8, raised: 0, incident: "a"));
        Assert.Equal(TicketState.Open, (await Send(scene, a, "unmerge", 9)).Ticket!.State);
        Assert.Equal((0, 1, 2), (scene.Store.Record(a)!.Active.Total(), scene.Store.Record(a)!.Unverified, scene.Store.Record(b)!.Active.Total()));
        foreach (var id in new[] { a, b }) Assert.Null(scene.Store.Audit(id));
    }

    [Fact]
    public async Task A_sensor_that_is_declared_faulty_gets_a_ticket_of_its_own()
    {
        await using var scene = new Scene();
        var id = await scene.Open();
        foreach (var step in new[] { "accept", "arrive", "no-fault" }) await Send(scene, id, step, 6);
        var faulty = JsonSerializer.SerializeToElement(new { sensor_faulty = true });
        Assert.Equal(TicketState.FalseAlarm, (await Send(scene, id, "confirm-false-alarm", 7, args: faulty, actor: "zhao")).Ticket!.State);
        var sensor = Assert.Single(scene.Store.List(new TicketQuery { Category = "sensor.health" }).Items);
        Assert.Equal((TicketOrigin.Derived, id, TicketState.Open), (sensor.Origin, sensor.Parent, sensor.State));
        Assert.Null(scene.Store.Audit(sensor.Id));
    }

    [Fact]
    public async Task A_complaint_opens_one_ticket_for_an_incident_and_after_the_window_an_alarm_opens_another_that_names_the_first()
    {
        await using var scene = new Scene();
        var report = new TicketReport(TicketOrigin.Complaint, "call-1", "k", "bj-01", "room-301", "heating.room", new LocalizedText("冷", "Cold"), Severity.P3, "call", "call-centre", Scene.At(0)) { Contact = true };
        var (ticket, _) = await scene.Store.WriteAsync(t => t.Open(report), TestContext.Current.CancellationToken);
        Assert.Equal((TicketState.Open, DateTimeOffset.FromUnixTimeMilliseconds(Scene.At(0))), (ticket!.State, ticket.FirstComplaintAt));
        Assert.Contains("link to it", (await scene.Store.WriteAsync(t => t.Open(report with { Key = "call-2" }), TestContext.Current.CancellationToken)).Refusal, StringComparison.Ordinal);
        Assert.True(await scene.Store.WriteAsync(t => t.LinkReport(ticket.Id, "call", "call-centre", Scene.At(3), false), TestContext.Current.CancellationToken));
        await Send(scene, ticket.Id, "accept", 4);
        await Send(scene, ticket.Id, "fixed", 5);
        await Send(scene, ticket.Id, "inspect", 6, actor: "zhao");
        Assert.Equal(TicketState.Closed, (await Send(scene, ticket.Id, "callback", 7, actor: "zhao")).Ticket!.State);
        await scene.Apply(scene.Input(1, Raised, 8 * 1440, incident: "k"));
        var second = scene.Store.List(new TicketQuery { States = [TicketState.Candidate] }).Items.Single();
        Assert.Equal(ticket.Id, second.Previous);
    }
}
