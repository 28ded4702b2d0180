using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;
using FsCheck;
using FsCheck.Fluent;

namespace CityEdge.Hub.Tickets.Tests;

/// <summary>Alarms and complaints in any order: each complaint has at most one incident, each incident at most one live ticket, and the ticket tells what its complaints say.</summary>
public sealed class ComplaintPropertyTests
{
    [Fact]
    public async Task Any_interleaving_of_alarms_and_complaints_keeps_each_with_one_incident()
    {
        await using var scene = new Scene();
        var run = 0;
        var step = Gen.Choose(0, 9).SelectMany(_ => Gen.Choose(0, 5), (what, which) => (what, which)).SelectMany(_ => Gen.Choose(0, 99), (s, chance) => (s.what, s.which, chance));
        var (joined, opened, waiting, adopted, reopened) = (0, 0, 0, 0, 0);
        while (run < 60 || (Math.Min(Math.Min(Math.Min(joined, opened), Math.Min(waiting, adopted)), reopened) == 0 && run < 900))
        {
            Prop.ForAll(step.ListOf(50).Select(l => l.ToArray()).ToArbitrary(), sequence =>
            {
                var play = new Play(scene, run++);
                play.All(sequence);
                var complaints = play.Check();
                joined += complaints.Count(c => c.Linked == ComplaintLink.Existing);
                opened += complaints.Count(c => c.Linked == ComplaintLink.New);
                waiting += complaints.Count(c => c.Linked == ComplaintLink.None);
                adopted += play.Tickets().Count(t => t is { Origin: TicketOrigin.Complaint, AlarmCount: > 0 });
                reopened += play.Tickets().Count(t => t.Timeline.Any(l => l is { Type: TicketEventType.Reopened, Role: "resident" }));
                return true;
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(30));
        }
        Assert.True(joined > 0 && opened > 0 && waiting > 0 && adopted > 0 && reopened > 0, $"joined {joined}, opened {opened}, waiting {waiting}, adopted {adopted}, reopened {reopened}");
    }

    private sealed class Play(Scene scene, int run)
    {
        private readonly Dictionary<int, (int Id, double Raised)> active = [];
        private readonly Dictionary<int, (int Id, double Raised)> last = [];
        private readonly Dictionary<string, (string Ticket, ComplaintLink Linked)> held = [];
        private double minute;
        private int count;

        private string Category => $"heating.r{run}";

        public IReadOnlyList<TicketView> Tickets() => scene.Store.List(new TicketQuery { States = TicketStates.All, Category = Category, Limit = 1000 }).Items;

        public void All((int What, int Which, int Chance)[] sequence)
        {
            foreach (var chunk in sequence.Chunk(5))
            {
                scene.Store.WriteAsync(t =>
                {
                    foreach (var step in chunk) One(t, step);
                }).GetAwaiter().GetResult();
                Check();
            }
        }

        public IReadOnlyList<ComplaintView> Check()
        {
            var tickets = Tickets();
            foreach (var group in tickets.GroupBy(t => t.IncidentKey)) Assert.True(group.Count(t => TicketStates.IsLive(t.State)) <= 1, $"two live tickets on {group.Key}");
            var complaints = scene.Store.Complaints(new ComplaintQuery { Category = Category, Limit = 1000 }).Items;
            foreach (var complaint in complaints)
            {
                Assert.Equal(complaint.Ticket is null, complaint.Linked == ComplaintLink.None);
                // What it joined it never leaves.
                if (complaint.Ticket is null) Assert.False(held.ContainsKey(complaint.Id));
                else if (!held.TryAdd(complaint.Id, (complaint.Ticket, complaint.Linked))) Assert.Equal(held[complaint.Id], (complaint.Ticket, complaint.Linked));
            }
            foreach (var ticket in tickets)
            {
                Assert.Null(scene.Store.Audit(ticket.Id));
                var mine = complaints.Where(c => c.Ticket == ticket.Id).ToList();
                Assert.Equal(mine.Count, ticket.Complaints);
                Assert.Equal(mine.Count == 0 ? null : mine.Min(c => c.At), ticket.FirstComplaintAt);
                Assert.Equal(mine.Select(c => c.Id).Order(), ticket.Timeline.Select(l => l.Complaint).OfType<string>().Order());
                // Nobody's complaint goes unseen: a ticket that has one was published.
                if (mine.Count > 0) Assert.NotEqual(TicketState.Candidate, ticket.State);
                if (mine.Count > 0) Assert.NotEqual(TicketState.Dropped, ticket.State);
            }
            return complaints;
        }

        private void One(TicketTransaction t, (int What, int Which, int Chance) step)
        {
            minute += step.Chance < 60 ? step.Chance / 10.0 : step.Chance * 3.0;
            // Four rooms of two buildings 220 m apart, and two of one that is far from both.
            var (which, building) = (step.Which, step.Which / 2);
            var place = new CityPlace($"room-{which}", [$"room-{which}", $"building-{building}"], 39.9 + (building == 2 ? 0.1 : building * 0.002), 116.4);
            switch (step.What)
            {
                case 0 or 1 when !active.ContainsKey(which):
                    active[which] = last[which] = ((run * 1000) + count++, minute);
                    Tell(t, which, AlarmChange.Raised, place);
                    break;
                case 2 or 3 when active.ContainsKey(which):
                    Tell(t, which, AlarmChange.Cleared, place);
                    active.Remove(which);
                    break;
                case 4 when last.ContainsKey(which):
                    Tell(t, which, AlarmChange.VerifyBegan, place);
                    break;
                case 5:
                    for (var p = 0; p < 6; p++) t.FireDeadlines(Point(p), Scene.At(minute));
                    break;
                case 6 or 7:
                    var at = step.Chance % 4 == 0 ? minute - (step.Chance * 200) : minute - 1;
                    t.Add(ComplaintTests.Complaint($"c-{run}-{count++}", at, step.Chance % 5 == 0 ? place with { Asset = null, Path = [] } : place, minute, news: step.Chance % 4 != 0) with
                    {
                        Category = Category, ExternalId = step.Chance % 7 == 0 ? $"{run}-same" : null, ClockOf = _ => Scene.At(minute),
                    });
                    break;
                default:
                    foreach (var ticket in scene.Store.List(new TicketQuery { States = TicketStates.All, Category = Category, Limit = 100 }).Items)
                    {
                        t.Execute(new TicketCommand(ticket.Id, step.Chance < 50 ? "accept" : "fixed", "li", "admin", 0, Scene.At(minute), "why"));
                    }
                    break;
            }
        }

        private PointId Point(int which) => new($"run-{run}", "device", $"p{which}");

        private void Tell(TicketTransaction t, int which, AlarmChange change, CityPlace place)
        {
            var (id, raised) = last[which];
            var input = scene.Input(id, change, minute, raised: raised, point: Point(which), incident: $"run-{run}|building-{which / 2}");
            var building = new CityPlace($"building-{which / 2}", [$"building-{which / 2}"], place.Lat, place.Long);
            t.Apply(input with { Policy = input.Policy with { Category = Category }, Place = building, Site = $"run-{run}" });
        }
    }
}
