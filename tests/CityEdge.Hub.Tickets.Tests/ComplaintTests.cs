using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets.Tests;

/// <summary>Complaints and incidents: who finds whom, and what the ticket makes of it (domain T5, T38, §7).</summary>
public sealed class ComplaintTests
{
    private static readonly CityPlace Room = new("room-301", ["room-301", "building-3", "quarter"], 39.9000, 116.4000);
    private static readonly CityPlace Building = new("building-3", ["building-3", "quarter"], 39.9000, 116.4000);

    /// <summary>222 m further north.</summary>
    private static readonly CityPlace Near = new("building-4", ["building-4", "quarter"], 39.9020, 116.4000);

    /// <summary>334 m further north.</summary>
    private static readonly CityPlace Far = new("building-5", ["building-5", "quarter"], 39.9030, 116.4000);

    [Fact]
    public void Distance_is_the_great_circles()
    {
        Assert.Equal(222.4, Room.MetresTo(Near)!.Value, 0.1);
        Assert.Equal(333.6, Room.MetresTo(Far)!.Value, 0.1);
        // A quarter of the equator, and across the date line.
        Assert.Equal(Math.PI / 2 * 6_371_000, new CityPlace(null, [], 0, 0).MetresTo(new CityPlace(null, [], 0, 90))!.Value, 1.0);
        Assert.Equal(222_390, new CityPlace(null, [], 0, 179).MetresTo(new CityPlace(null, [], 0, -179))!.Value, 10.0);
        Assert.Null(Room.MetresTo(CityPlace.Unknown));
    }

    [Theory]
    [InlineData("itself", 0)]
    [InlineData("below", 1)]
    [InlineData("above", 2)]
    [InlineData("area above", null)]
    [InlineData("near", 3)]
    [InlineData("far", null)]
    [InlineData("nowhere", null)]
    public void Places_fit_by_asset_tree_or_distance(string which, int? rank)
    {
        var complaint = which switch
        {
            "itself" => Building,
            "below" => new CityPlace("room-999", ["room-999", "building-3"], 40.5, 116.4),
            "above" => new CityPlace("quarter", ["quarter"], null, null),
            "area above" => new CityPlace("quarter", ["quarter"], null, null, IsArea: true),
            "near" => Near,
            "far" => Far,
            _ => CityPlace.Unknown,
        };
        Assert.Equal(rank, ComplaintMatch.Nearness(Building, complaint));
    }

    [Theory]
    [InlineData(-7, null, true, 1)]
    [InlineData(-7.001, null, true, null)]
    [InlineData(0, null, true, 0)]
    [InlineData(400, null, true, 0)]
    [InlineData(3, 3.0, false, 0)]
    [InlineData(3.001, 3.0, false, null)]
    [InlineData(18, 3.0, true, 2)]
    [InlineData(18.001, 3.0, true, null)]
    [InlineData(-1, 3.0, false, null)]
    public void Times_fit_from_a_week_before_to_a_fortnight_after(double day, double? closedDay, bool mayComeBack, int? rank)
    {
        static long Day(double d) => Scene.T0 + (long)(d * 86_400_000);
        Assert.Equal(rank, ComplaintMatch.Timeliness(Day(day), Day(0), closedDay is { } c ? Day(c) : null, mayComeBack));
    }

    [Fact]
    public async Task A_complaint_joins_the_live_ticket_and_it_no_longer_clears_itself()
    {
        await using var scene = new Scene();
        await scene.Apply(scene.Input(1, AlarmChange.Raised, 0) with { Place = Building });
        await scene.Fire(5);
        var result = await Add(scene, Complaint("c-1", 9, Near, received: 10));
        Assert.Equal((CommandOutcome.Done, ComplaintLink.Existing, 240.0), (result.Outcome, result.Complaint!.Linked, result.Complaint.LeadSeconds));
        var ticket = scene.Only();
        Assert.Equal((ticket.Id, Time(9), 1, 240.0), (result.Complaint.Ticket, ticket.FirstComplaintAt!.Value, ticket.Complaints, ticket.LeadSeconds));
        await scene.Apply(scene.Input(1, AlarmChange.Cleared, 20, raised: 0));
        await scene.Fire(500);
        Assert.Equal(TicketState.Open, scene.Only().State);
        Assert.Null(scene.Store.Audit(ticket.Id));
    }

    [Theory]
    [InlineData("13800001111", TicketState.PendingCallback, 1)]
    [InlineData(null, TicketState.Closed, 0)]
    public async Task Whom_one_can_call_is_called_back_by_somebody_else_before_the_ticket_closes(string? phone, TicketState proved, int contacts)
    {
        await using var scene = new Scene();
        await scene.Apply(scene.Input(1, AlarmChange.Raised, 0) with { Place = Building });
        await scene.Fire(5);
        await Add(scene, Complaint("c-1", 9, Near, received: 10) with { Reporter = new Reporter("王芳", phone) });
        var id = scene.Only().Id;
        await scene.Do(id, "accept", 11);
        await scene.Do(id, "fixed", 20);
        await scene.Apply(scene.Input(1, AlarmChange.VerifyBegan, 22, raised: 0), scene.Input(1, AlarmChange.Cleared, 22, raised: 0));
        await scene.Fire(100);
        Assert.Equal((proved, contacts), (scene.Only().State, scene.Store.Record(id)!.Contacts));
        Assert.Null(scene.Store.Audit(id));
    }

    [Fact]
    public async Task A_call_that_reopens_a_ticket_counts_its_caller_once()
    {
        await using var scene = new Scene();
        var id = await Closed(scene);
        await Add(scene, Complaint("c-1", 200, Building, received: 201) with { Reporter = new Reporter(null, "13800001111") });
        Assert.Equal((TicketState.Reopened, 1), (scene.Only().State, scene.Store.Record(id)!.Contacts));
    }

    [Fact]
    public async Task A_candidate_waits_no_longer_once_somebody_has_complained()
    {
        await using var scene = new Scene();
        await scene.Apply(scene.Input(1, AlarmChange.Raised, 0) with { Place = Building });
        var result = await Add(scene, Complaint("c-1", 1, Room, received: 2));
        var ticket = scene.Only();
        Assert.Equal((TicketState.Open, Time(2), -60.0), (ticket.State, ticket.OpenedAt, ticket.LeadSeconds));
        Assert.Equal(-60.0, result.Complaint!.LeadSeconds);
        Assert.False(ComplaintMeasures.KnownFirst(scene.Store.Record(ticket.Id)!));
        await scene.Fire(5);
        Assert.Single(scene.Only().Timeline, l => l.Type == TicketEventType.Opened);
    }

    [Fact]
    public async Task Without_an_incident_it_opens_a_ticket_which_the_first_alarm_then_joins()
    {
        await using var scene = new Scene();
        var first = await Add(scene, Complaint("c-1", 0, Room, received: 3));
        Assert.Equal((ComplaintLink.New, (double?)null), (first.Complaint!.Linked, first.Complaint.LeadSeconds));
        var opened = scene.Only();
        Assert.Equal((TicketState.Open, TicketOrigin.Complaint, Time(0), Time(3), false), (opened.State, opened.Origin, opened.RaisedAt, opened.OpenedAt, opened.Public));
        var second = await Add(scene, Complaint("c-2", 2, Near, received: 4));
        Assert.Equal((ComplaintLink.Existing, opened.Id), (second.Complaint!.Linked, second.Complaint.Ticket));
        await scene.Apply(scene.Input(1, AlarmChange.Raised, 60) with { Place = Building });
        var joined = scene.Only();
        Assert.Equal((opened.Id, 1, "heating.room|building-3", TicketOrigin.Complaint), (joined.Id, joined.AlarmCount, joined.IncidentKey, joined.Origin));
        // Found again by its new name, and by what is known of its place now.
        await scene.Apply(scene.Input(2, AlarmChange.Raised, 61, point: Scene.Riser) with { Place = Building });
        var third = await Add(scene, Complaint("c-3", 70, new CityPlace("room-302", ["room-302", "building-3"], null, null), received: 70));
        Assert.Equal((opened.Id, opened.Id), (scene.Only().Id, third.Complaint!.Ticket));
        Assert.Equal((2, 3), (scene.Only().AlarmCount, scene.Only().Complaints));
        Assert.Null(scene.Store.Audit(opened.Id));
        await scene.Reopen();
        Assert.Equal("heating.room|building-3", scene.Only().IncidentKey);
    }

    [Fact]
    public async Task Old_news_opens_nothing_and_the_alarm_of_its_place_takes_it_up_within_a_week()
    {
        await using var scene = new Scene();
        var inTime = await Add(scene, Complaint("c-1", -6 * 1440, Room, received: 0, news: false));
        var tooOld = await Add(scene, Complaint("c-2", -8 * 1440, Room, received: 0, news: false));
        var elsewhere = await Add(scene, Complaint("c-3", -1440, Far, received: 0, news: false));
        var other = await Add(scene, Complaint("c-4", -1440, Room, received: 0, news: false) with { Category = "lift.stopped" });
        var praise = await Add(scene, Complaint("c-5", -1440, Room, received: 0) with { Kind = ComplaintKind.Praise });
        Assert.All(new[] { inTime, tooOld, elsewhere, other, praise }, r => Assert.Equal((ComplaintLink.None, null), (r.Complaint!.Linked, r.Complaint.Ticket)));
        Assert.Empty(scene.Store.List(new TicketQuery { States = TicketStates.All }).Items);
        await scene.Apply(scene.Input(1, AlarmChange.Raised, 0) with { Place = Building });
        var ticket = scene.Only();
        Assert.Equal((TicketState.Open, Time(-6 * 1440), 1), (ticket.State, ticket.FirstComplaintAt, ticket.Complaints));
        Assert.Equal((ComplaintLink.Existing, ticket.Id), (scene.Store.Complaint("c-1")!.Linked, scene.Store.Complaint("c-1")!.Ticket));
        Assert.All(new[] { "c-2", "c-3", "c-4", "c-5" }, id => Assert.Null(scene.Store.Complaint(id)!.Ticket));
    }

    [Fact]
    public async Task A_silent_sensor_is_nobodys_complaint()
    {
        await using var scene = new Scene();
        await scene.Apply(scene.Input(1, AlarmChange.Raised, 0, noData: true, incident: "heating.room|building-3|silence") with { Place = Building });
        await scene.Fire(5);
        var result = await Add(scene, Complaint("c-1", 6, Building, received: 6));
        Assert.Equal(ComplaintLink.New, result.Complaint!.Linked);
        await scene.Apply(scene.Input(2, AlarmChange.Raised, 7, noData: true, point: Scene.Riser, incident: "heating.room|riser|silence") with { Place = Building });
        Assert.Equal(0, scene.Ticket(result.Complaint.Ticket!).AlarmCount);
    }

    [Fact]
    public async Task A_complaint_after_the_end_reopens_what_was_proved_over_and_an_older_one_only_counts()
    {
        await using var scene = new Scene();
        var id = await Closed(scene);
        var closed = scene.Ticket(id);
        Assert.Equal((TicketState.Closed, true), (closed.State, closed.HandledFirst));
        // It was made while the ticket was open, before the crew was done: told late, it counts and moves nothing.
        await Add(scene, Complaint("c-1", 8, Room, received: 900));
        Assert.Equal((TicketState.Closed, Time(8), false), (scene.Ticket(id).State, scene.Ticket(id).FirstComplaintAt, scene.Ticket(id).HandledFirst));
        var late = Minutes(closed.ClosedAt!.Value) + (14 * 1440);
        await Add(scene, Complaint("c-2", late, Room, received: late, news: false));
        Assert.Equal((TicketState.Closed, 2), (scene.Ticket(id).State, scene.Ticket(id).Complaints));
        await Add(scene, Complaint("c-3", late, Room, received: late + 5));
        Assert.Equal((TicketState.Reopened, 1, 3), (scene.Ticket(id).State, scene.Ticket(id).ReopenCount, scene.Ticket(id).Complaints));
        Assert.Null(scene.Store.Audit(id));
    }

    [Fact]
    public async Task A_fortnight_after_the_end_it_is_a_new_problem()
    {
        await using var scene = new Scene();
        var id = await Closed(scene);
        var at = Minutes(scene.Ticket(id).ClosedAt!.Value) + (15 * 1440) + 1;
        var result = await Add(scene, Complaint("c-1", at, Room, received: at));
        Assert.Equal(ComplaintLink.New, result.Complaint!.Linked);
        Assert.NotEqual(id, result.Complaint.Ticket);
    }

    [Fact]
    public async Task The_same_number_or_key_again_changes_nothing()
    {
        await using var scene = new Scene();
        var complaint = Complaint("c-1", 0, Room, received: 1) with { ExternalId = "12345-7", IdempotencyKey = "k", Request = new byte[] { 1 }, Reporter = new Reporter("王芳", "13800001111") };
        var first = await Add(scene, complaint);
        var again = await Add(scene, complaint with { Id = "c-2", Text = "another" });
        Assert.Equal((CommandOutcome.Replayed, "c-1"), (again.Outcome, again.Complaint!.Id));
        var byNumber = await Add(scene, complaint with { Id = "c-3", IdempotencyKey = null });
        Assert.Equal((CommandOutcome.Replayed, "c-1", first.Complaint!.Ticket), (byNumber.Outcome, byNumber.Complaint!.Id, byNumber.Complaint.Ticket));
        var refused = await Add(scene, complaint with { Id = "c-4", ExternalId = "12345-8", Request = new byte[] { 2 } });
        Assert.Equal((CommandOutcome.Refused, (ComplaintView?)null), (refused.Outcome, refused.Complaint));
        var otherChannel = await Add(scene, complaint with { Id = "c-5", Channel = "web", IdempotencyKey = null });
        Assert.Equal((CommandOutcome.Done, "c-5"), (otherChannel.Outcome, otherChannel.Complaint!.Id));
        Assert.Equal(2, scene.Store.Complaints(new ComplaintQuery()).Items.Count);
        Assert.Equal(2, scene.Only().Complaints);
    }

    [Fact]
    public async Task Who_complained_can_be_forgotten_and_is_not_left_in_the_file()
    {
        await using var scene = new Scene();
        await Add(scene, Complaint("c-1", 0, Room, received: 0) with { Text = "太冷了，请打 139 0000 2222 找我", Reporter = new Reporter("欧阳某某", "13900002222") });
        await Add(scene, Complaint("c-2", 0, Room, received: 60) with { Reporter = new Reporter("Li", null) });
        Assert.Equal(new Reporter("欧阳某某", "13900002222"), scene.Store.Complaint("c-1")!.Reporter);
        Assert.Equal(1, await scene.Store.WriteAsync(tx => tx.ForgetReportersBefore(Scene.At(60)), TestContext.Current.CancellationToken));
        Assert.Equal((null, "太冷了，请打 **** 找我", 1), (scene.Store.Complaint("c-1")!.Reporter, scene.Store.Complaint("c-1")!.Text, scene.Store.Complaint("c-1")!.Linked == ComplaintLink.New ? 1 : 0));
        Assert.True(await scene.Store.WriteAsync(tx => tx.ForgetReporter("c-2"), TestContext.Current.CancellationToken));
        Assert.False(await scene.Store.WriteAsync(tx => tx.ForgetReporter("c-2"), TestContext.Current.CancellationToken));
        var path = scene.Store.Path;
        await scene.Store.DisposeAsync();
        var file = System.Text.Encoding.UTF8.GetString(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        Assert.DoesNotContain("欧阳某某", file, StringComparison.Ordinal);
        Assert.DoesNotContain("13900002222", file, StringComparison.Ordinal);
        Assert.DoesNotContain("139 0000 2222", file, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("call 13800001111 now", "call **** now")]
    [InlineData("138-0000-1111", "****")]
    [InlineData("138 0000 1111，谢谢", "****，谢谢")]
    [InlineData("3 号楼 2 单元 301", "3 号楼 2 单元 301")]
    [InlineData("110108199001011234X", "****X")]
    [InlineData("123456", "123456")]
    [InlineData("", "")]
    [InlineData("a 1 b", "a 1 b")]
    public void Long_numbers_are_hidden(string text, string kept) => Assert.Equal(kept, Reporter.WithoutNumbers(text));

    [Fact]
    public void A_masked_reporter_cannot_be_called()
    {
        Assert.Equal(new Reporter("王**", "****11"), new Reporter("王芳", "13800001111").Masked());
        Assert.Equal(new Reporter("𠮷**", "****"), new Reporter("𠮷田", "12345").Masked());
        Assert.Equal(new Reporter(null, null), new Reporter("", null).Masked());
    }

    /// <summary>The domain's worked oracle §7.9, as far as complaints decide it.</summary>
    [Theory]
    [InlineData("I1", 480, null, 600, true, true, null)]
    [InlineData("I2", 480, 540, 660, true, false, 60)]
    [InlineData("I3", 480, 720, 660, true, true, 240)]
    [InlineData("I4", 480, 450, 720, false, false, -30)]
    [InlineData("I5", 540, 540, 900, false, false, null)]
    public void The_oracles_incidents_come_out_as_it_says(string incident, int opened, int? complaint, int fixedAndProved, bool knownFirst, bool handledFirst, int? lead)
    {
        var ticket = TicketTableTests.In(TicketState.Closed);
        ticket = ticket with
        {
            Opening = ticket.Opening with { Origin = incident is "I4" or "I5" ? TicketOrigin.Complaint : TicketOrigin.Proactive },
            OpenedAtMs = Scene.At(opened), FirstComplaintAtMs = complaint is { } c ? Scene.At(c) : null, FixedAtMs = Scene.At(fixedAndProved), ClosedAtMs = Scene.At(fixedAndProved),
            AlarmCount = incident == "I5" ? 0 : 1, Outcome = TicketOutcome.Fixed,
        };
        Assert.Equal((knownFirst, handledFirst, lead * 60_000L), (ComplaintMeasures.KnownFirst(ticket), ComplaintMeasures.HandledFirst(ticket), ComplaintMeasures.LeadMs(ticket)));
    }

    internal static ComplaintInput Complaint(string id, double minute, CityPlace place, double received, bool news = true) => new()
    {
        Id = id, Channel = "hotline", Category = "heating.room", Text = "家里太冷", Site = "bj-01", Place = place, AtMs = Scene.At(minute), NowMs = Scene.At(received), Actor = "zhao",
        Title = new LocalizedText("居民反映：室温不达标", "Reported: Room too cold"), IsNews = news, ClockOf = _ => Scene.At(received),
    };

    private static Task<ComplaintResult> Add(Scene scene, ComplaintInput complaint) => scene.Store.WriteAsync(tx => tx.Add(complaint));

    private static DateTimeOffset Time(double minute) => DateTimeOffset.FromUnixTimeMilliseconds(Scene.At(minute));

    private static double Minutes(DateTimeOffset time) => (time.ToUnixTimeMilliseconds() - Scene.T0) / (double)Scene.Minute;

    private static async Task<string> Closed(Scene scene)
    {
        await scene.Apply(scene.Input(1, AlarmChange.Raised, 0) with { Place = Building });
        await scene.Fire(5);
        var id = scene.Only().Id;
        await scene.Do(id, "accept", 6);
        await scene.Do(id, "fixed", 10);
        await scene.Apply(scene.Input(1, AlarmChange.VerifyBegan, 12, raised: 0), scene.Input(1, AlarmChange.Cleared, 12, raised: 0));
        await scene.Fire(100);
        return id;
    }
}
