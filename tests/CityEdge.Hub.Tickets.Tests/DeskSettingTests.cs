using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;
using static CityEdge.Contracts.AlarmChange;

namespace CityEdge.Hub.Tickets.Tests;

/// <summary>Promises and catalogue in the store: clocks as deadlines, dispatch as tickets open.</summary>
public sealed class DeskSettingTests
{
    private static readonly ResponsibilityRow[] Rows =
    [
        new("*", "*", "*", "street", [], "P4"),
        new("heating.*", "*", "heat-company", "heat", ["street"], Photos: true),
        new("heating.room", "*", "grid-company", "power", [], From: new DateOnly(2025, 11, 16)),
    ];

    private static Task<long> Sla(Scene scene) => scene.Store.WriteAsync(t => t.Put(SlaBook.Default, "zhao", "start"), TestContext.Current.CancellationToken);

    private static Task<long> Catalogue(Scene scene, params ResponsibilityRow[] rows) => scene.Store.WriteAsync(t => t.Put(rows, "zhao", null), TestContext.Current.CancellationToken);

    private static List<(string, int, DateTimeOffset, long?)> Marks(Scene scene, string id) =>
        [.. scene.Ticket(id).Timeline.Where(l => l.Type == TicketEventType.ClockMark).Select(l => (l.Clock!, l.Percent!.Value, l.At, l.LateMs))];

    [Fact]
    public async Task Every_mark_fires_once_at_its_time_however_often_the_hub_starts_between()
    {
        List<(string, int, DateTimeOffset, long?)>? calm = null;
        foreach (var restarts in new[] { false, true })
        {
            await using var scene = new Scene();
            await Sla(scene);
            var id = await scene.Open();
            for (var minute = 5; minute < 9000; minute += 90)
            {
                await scene.Fire(minute);
                if (restarts) await scene.Reopen();
                if (restarts) await scene.Fire(minute);
            }
            var marks = Marks(scene, id);
            Assert.Equal(marks.Count, marks.Select(m => (m.Item1, m.Item2)).Distinct().Count());
            Assert.Equal(4 + 3 + 5, marks.Count);
            Assert.Equal(EscalationLevel.City, scene.Ticket(id).Level);
            Assert.Null(scene.Store.Audit(id));
            Assert.Equal(calm ?? marks, marks);
            calm = marks;
        }
    }

    [Fact]
    public async Task After_a_long_stop_each_mark_tells_its_own_time_and_how_late_it_is()
    {
        await using var scene = new Scene();
        await Sla(scene);
        var id = await scene.Open();
        await scene.Fire(65);
        Assert.Equal(("accept", 50, null), Marks(scene, id).Single() is var m ? (m.Item1, m.Item2, m.Item4) : default);
        await scene.Fire(200);
        // Due at 5 + 96 and 5 + 120 minutes.
        Assert.Equal([(80, Scene.At(101), 99 * Scene.Minute), (100, Scene.At(125), 75 * Scene.Minute)], Marks(scene, id).Skip(1).Select(m => (m.Item2, m.Item3.ToUnixTimeMilliseconds(), m.Item4!.Value)));
    }

    [Fact]
    public async Task The_view_tells_when_each_promise_ends_and_a_kept_one_stops()
    {
        await using var scene = new Scene();
        await Sla(scene);
        var id = await scene.Open();
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(Scene.At(5 + 2880)), scene.Ticket(id).Due["fix"]);
        await scene.Do(id, "accept", 30);
        var ticket = scene.Ticket(id);
        Assert.False(ticket.Due.ContainsKey("accept"));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(Scene.At(30)), ticket.Clocks!.Single(c => c.Name == "accept").Stopped);
    }

    [Fact]
    public async Task A_ticket_that_opens_goes_to_the_best_row_with_its_version_and_keeps_it_when_the_catalogue_changes()
    {
        await using var scene = new Scene();
        await Sla(scene);
        var version = await Catalogue(scene, Rows);
        await scene.Apply(scene.Input(1, Raised, 0) with { Owner = "heat-company" });
        await scene.Fire(5);
        var ticket = scene.Only();
        Assert.Equal((TicketState.Dispatched, "heat", (int)version), (ticket.State, ticket.Lead, ticket.Catalogue));
        Assert.Equal(["street"], ticket.CoUnits!);
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(Scene.At(125)), ticket.Due["accept"]);
        await Catalogue(scene, new ResponsibilityRow("*", "*", "*", "other", []));
        Assert.Equal(("heat", (int)version), (scene.Ticket(ticket.Id).Lead, scene.Ticket(ticket.Id).Catalogue));
        await scene.Apply(scene.Input(2, Raised, 9, incident: "second"));
        await scene.Fire(14);
        Assert.Equal("other", scene.Store.List(new TicketQuery()).Items.Single(t => t.IncidentKey == "second").Lead);
    }

    [Fact]
    public async Task Rows_are_valid_from_day_to_day_and_an_unmatched_ticket_waits_for_the_dispatcher_until_its_owner_is_found()
    {
        await using var scene = new Scene();
        await Sla(scene);
        await Catalogue(scene, [.. Rows.Skip(1)]);
        await scene.Apply(scene.Input(1, Raised, 0) with { Owner = "grid-company" });
        await scene.Fire(5);
        var id = scene.Store.List(new TicketQuery { States = [TicketState.Open] }).Items.Single().Id;
        Assert.True(scene.Ticket(id).InTriage);
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(Scene.At(125)), scene.Ticket(id).Due["triage"]);
        await scene.Apply(scene.Input(2, Raised, 1440, incident: "b", point: Scene.Riser) with { Owner = "grid-company" });
        await scene.Fire(1445, Scene.Riser);
        Assert.Equal("power", scene.Store.List(new TicketQuery { States = [TicketState.Dispatched] }).Items.Single().Lead);
        Assert.Equal(id, scene.Store.List(new TicketQuery { InTriage = true }).Items.Single().Id);
        Assert.Equal("b", scene.Store.List(new TicketQuery { Unit = "power" }).Items.Single().IncidentKey);
        var args = System.Text.Json.JsonSerializer.SerializeToElement(new { owner = "heat-company" });
        Task<CommandResult> Send(string name) => scene.Store.WriteAsync(t => t.Execute(new TicketCommand(id, name, "li", "dispatcher", 0, Scene.At(10), "no label", Args: args)), TestContext.Current.CancellationToken);
        Assert.Equal(CommandOutcome.Done, (await Send("ask-owner")).Outcome);
        Assert.Equal((TicketState.Dispatched, "heat", "heat-company"), (await Send("set-owner")).Ticket is { } t ? (t.State, t.Lead, t.Owner) : default);
        Assert.Null(scene.Store.Audit(id));
    }

    [Fact]
    public async Task A_reopened_ticket_goes_to_its_lead_with_half_the_time()
    {
        await using var scene = new Scene();
        await Sla(scene);
        await Catalogue(scene, Rows[0]);
        var id = await scene.Open();
        await scene.Do(id, "accept", 10);
        await scene.Do(id, "fixed", 20);
        await scene.Apply(scene.Input(1, Cleared, 21, raised: 0), scene.Input(1, VerifyBegan, 21, raised: 0));
        await scene.Fire(100);
        Assert.Equal(TicketState.Closed, scene.Ticket(id).State);
        await scene.Apply(scene.Input(2, Raised, 200));
        var again = scene.Ticket(id);
        Assert.Equal((TicketState.Dispatched, "street"), (again.State, again.Lead));
        // The catalogue's P4: half of 7 days.
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(Scene.At(200 + 5040)), again.Due["fix"]);
    }

    [Fact]
    public async Task The_mode_changes_every_open_ticket_once_and_a_work_that_fails_changes_nothing()
    {
        await using var scene = new Scene();
        await Sla(scene);
        var id = await scene.Open();
        await Assert.ThrowsAsync<InvalidOperationException>(() => scene.Store.WriteAsync<int>(
            t =>
            {
                t.SetMode(OperatingMode.Emergency, "wu", "admin", "order 7", _ => Scene.At(10));
                throw new InvalidOperationException("later");
            },
            TestContext.Current.CancellationToken));
        Assert.Equal((OperatingMode.Normal, null), (scene.Ticket(id).Mode, scene.Store.Mode()));
        Assert.Equal(1, await scene.Store.WriteAsync(t => t.SetMode(OperatingMode.Emergency, "wu", "admin", "order 7", _ => Scene.At(10)), TestContext.Current.CancellationToken));
        Assert.Equal(0, await scene.Store.WriteAsync(t => t.SetMode(OperatingMode.Emergency, "wu", "admin", "order 7", _ => Scene.At(11)), TestContext.Current.CancellationToken));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(Scene.At(5 + 1440)), scene.Ticket(id).Due["fix"]);
        Assert.Null(scene.Store.Audit(id));
    }
}
