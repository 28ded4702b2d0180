using System.Text.Json;
using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;
using FsCheck;
using FsCheck.Fluent;

namespace CityEdge.Hub.Tickets.Tests;

/// <summary>Any sequence of transitions, duplicates, deadlines and commands keeps the domain's §5.3.</summary>
public sealed class TicketInvariantTests
{
    private static readonly string[] Names = ["accept", "fixed", "cancel", "nonsense"];
    private static readonly string[] Others = [.. TicketTable.Commands.Keys.Except(Names).Order(StringComparer.Ordinal)];

    [Fact]
    public async Task Any_sequence_keeps_the_invariants()
    {
        await using var scene = new Scene();
        var run = 0;
        // (what, which point or ticket, minutes that pass)
        var steps = Gen.Choose(0, 9).SelectMany(_ => Gen.Choose(0, 4), (what, which) => (what, which)).SelectMany(_ => Gen.Choose(0, 90), (s, wait) => (s.what, s.which, wait));
        var sequences = steps.ListOf(60).Select(list => list.ToArray()).ToArbitrary();
        TicketState[] needed = [TicketState.Open, TicketState.Accepted, TicketState.PendingVerify, TicketState.Closed, TicketState.SelfCleared, TicketState.Cancelled, TicketState.Dropped, TicketState.Merged];
        var missing = needed.AsEnumerable();
        // The sequences must have been interesting: on, until each state was seen.
        while (run < 60 || (missing.Any() && run < 1200))
        {
            Prop.ForAll(sequences, sequence => new Play(scene, run++).All(sequence)).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
            missing = needed.Except(scene.Store.List(new TicketQuery { States = TicketStates.All, Limit = 1000 }).Items.Select(t => t.State));
        }
        Assert.Empty(missing);
        await scene.Reopen();
        foreach (var ticket in scene.Store.List(new TicketQuery { States = TicketStates.All, Limit = 1000 }).Items) Assert.Null(scene.Store.Audit(ticket.Id));
    }

    private sealed class Play(Scene scene, int run)
    {
        private readonly List<AlarmInput> told = [];
        private readonly Dictionary<int, (int Id, double Raised, bool Verified)> active = [];
        private readonly Dictionary<int, (int Id, double Raised, bool Verified)> last = [];
        private readonly Dictionary<string, long> versions = [];
        private double minute = run;
        private int alarms;

        public bool All((int What, int Which, int Wait)[] sequence)
        {
            foreach (var chunk in sequence.Chunk(8))
            {
                scene.Store.WriteAsync(
                    t =>
                    {
                        foreach (var step in chunk) One(t, step);
                    },
                    TestContext.Current.CancellationToken).GetAwaiter().GetResult();
                Check();
            }
            var before = Records();
            scene.Apply([.. told]).GetAwaiter().GetResult();
            Assert.Equal(before, Records());
            return true;
        }

        private PointId Point(int which) => new($"run-{run}", "device", $"p{which}");

        private void One(TicketTransaction t, (int What, int Which, int Wait) step)
        {
            // Short gaps are as likely as long ones, so that candidates are dropped and self-clear times elapse.
            minute += step.Wait < 50 ? step.Wait / 40.0 : step.Wait / 2.0;
            // Points 0 to 2 are one incident, 3 and 4 another; points 2 and 4 report silence.
            var which = step.Which;
            switch (step.What)
            {
                case 0 or 1 when !active.ContainsKey(which):
                    active[which] = last[which] = ((run * 1000) + alarms++, minute, false);
                    Tell(t, which, AlarmChange.Raised, step.Wait % 7 == 0 ? AlarmReason.TooOld : AlarmReason.ConditionHeld);
                    break;
                case 0 when active.ContainsKey(which):
                    Tell(t, which, AlarmChange.CaughtUp, AlarmReason.CaughtUp);
                    break;
                case 1 or 2 when active.ContainsKey(which):
                    Tell(t, which, AlarmChange.SeverityChanged, AlarmReason.ConditionHeld, (Severity)(1 + (step.Wait % 5)));
                    break;
                case 3 or 4 when active.ContainsKey(which):
                    Tell(t, which, AlarmChange.Cleared, step.Wait % 9 == 0 ? AlarmReason.RuleChanged : AlarmReason.ConditionCleared);
                    active.Remove(which);
                    break;
                case 5 when last.ContainsKey(which):
                    Tell(t, which, AlarmChange.VerifyBegan, AlarmReason.ConditionHeld);
                    break;
                case 6 when last.ContainsKey(which) && step.Wait % 3 == 0:
                    Tell(t, which, AlarmChange.VerifyBroken, AlarmReason.ConditionHeld);
                    break;
                case 7 when told.Count > 0:
                    t.Apply(told[step.Wait % told.Count]);
                    break;
                case 8:
                    for (var p = 0; p < 5; p++) t.FireDeadlines(Point(p), Scene.At(minute));
                    break;
                case 9:
                    foreach (var id in versions.Keys.ToList())
                    {
                        var name = step.Wait < 30 ? Names[0] : step.Wait < 60 ? Names[1] : step.Wait < 62 ? Names[2] : step.Wait < 63 ? Names[3] : Others[((step.Wait * 5) + which) % Others.Length];
                        var into = versions.Keys.First(other => other != id || versions.Count == 1);
                        t.Execute(new TicketCommand(id, name, which % 2 == 0 ? "li" : "wang", "admin", 0, Scene.At(minute), "why", step.Wait % 10 == 0 ? versions[id] : null,
                            step.Wait % 4 == 0 ? $"key-{step.Wait}" : null, Args(into)));
                    }
                    break;
            }
        }

        private static JsonElement Args(string into) => JsonSerializer.SerializeToElement(new
        {
            unit = "water", units = new[] { "gas" }, text = "dig", crew = "crew-1", code = "parts", evidence = "plan", until = "2025-11-16T00:00:00Z", owner = "grid", target = "railway", resident_told = true,
            photo = new string('a', 64), reading = "19", cause = "window", answer = "solved", into, sensor_faulty = true,
        });

        private void Tell(TicketTransaction t, int which, AlarmChange change, AlarmReason reason, Severity severity = Severity.P3)
        {
            var (id, raised, _) = last[which];
            var input = scene.Input(id, change, minute, severity, raised, Point(which), $"run-{run}-{(which < 3 ? "a" : "b")}", reason != AlarmReason.TooOld, noData: which is 2 or 4, reason: reason);
            input = input with { Site = $"run-{run}" };
            told.Add(input);
            t.Apply(input);
        }

        private void Check()
        {
            var tickets = scene.Store.List(new TicketQuery { States = TicketStates.All, Site = $"run-{run}", Limit = 1000 }).Items;
            var alarmRows = Alarms();
            foreach (var group in tickets.GroupBy(t => t.IncidentKey)) Assert.True(group.Count(t => TicketStates.IsLive(t.State)) <= 1, $"two live tickets on {group.Key}");
            foreach (var view in tickets)
            {
                Assert.Null(scene.Store.Audit(view.Id));
                var ticket = scene.Store.Record(view.Id)!;
                Assert.True(view.Version >= versions.GetValueOrDefault(view.Id));
                versions[view.Id] = view.Version;
                Assert.Equal(TicketStates.IsLive(ticket.State), ticket.Outcome is null && ticket.ClosedAtMs is null);
                if (ticket.State is TicketState.Closed) Assert.True(ticket is { Outcome: TicketOutcome.Fixed, VerifiedBy: "sensor" or "inspector" } && ticket.ClosedAtMs >= ticket.FixedAtMs);
                if (ticket.State is TicketState.SelfCleared) Assert.NotEqual(Severity.P1, ticket.Peak);
                if (TicketStates.IsLive(ticket.State))
                {
                    // The counters are what a count over the alarms gives.
                    var mine = alarmRows.Where(a => a.Ticket == view.Id && a.Episode == ticket.Episode).ToList();
                    Assert.Equal(mine.Count(a => a.Active), ticket.Active.Total());
                    Assert.Equal(mine.Count(a => !a.Superseded && !a.Verified), ticket.Unverified);
                    if (mine.Any(a => a.Active)) Assert.Equal(mine.Where(a => a.Active).Min(a => a.Severity), ticket.Severity);
                }
                var changes = view.Timeline.Where(l => l.From != l.To).ToList();
                Assert.Equal(changes.OrderBy(l => l.At).ThenBy(l => l.Seq).Select(l => l.Seq), changes.Select(l => l.Seq));
                // Every published change of state has its notice, once.
                Assert.Equal(view.Timeline.Count(l => l.Type == TicketEventType.Opened), Notices(view.Id, NoticeKind.Opened));
                Assert.Equal(ticket.ReopenCount, Notices(view.Id, NoticeKind.Reopened));
            }
            foreach (var p in Enumerable.Range(0, 5).Select(Point))
            {
                var due = tickets.SelectMany(t => TicketDeadline.Of(scene.Store.Record(t.Id)!)).Where(d => d.Anchor == p.ToString()).Select(d => (long?)d.DueMs).Min();
                Assert.Equal(due, scene.Store.EarliestDue(p));
            }
        }

        private List<string> Records() =>
            [.. scene.Store.List(new TicketQuery { States = TicketStates.All, Site = $"run-{run}", Limit = 1000 }).Items.Select(t => scene.Store.Record(t.Id)!.ToString())];

        private int Notices(string id, NoticeKind kind)
        {
            using var connection = scene.Store.OpenRead();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT count(*) FROM notices WHERE ticket_id = $1 AND kind = $2";
            command.Parameters.AddWithValue("$1", id);
            command.Parameters.AddWithValue("$2", kind.ToString());
            return (int)(long)command.ExecuteScalar()!;
        }

        private List<(string? Ticket, long Episode, bool Active, bool Superseded, bool Verified, Severity Severity)> Alarms()
        {
            using var connection = scene.Store.OpenRead();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT ticket_id, episode, active, superseded, no_data, verify_since IS NOT NULL, severity FROM alarms WHERE site = $1";
            command.Parameters.AddWithValue("$1", $"run-{run}");
            using var row = command.ExecuteReader();
            List<(string?, long, bool, bool, bool, Severity)> rows = [];
            while (row.Read())
            {
                var isActive = row.GetInt64(2) != 0;
                rows.Add((row.IsDBNull(0) ? null : row.GetString(0), row.GetInt64(1), isActive, row.GetInt64(3) != 0, row.GetInt64(4) != 0 ? !isActive : row.GetInt64(5) != 0, (Severity)row.GetInt64(6)));
            }
            return rows;
        }
    }
}
