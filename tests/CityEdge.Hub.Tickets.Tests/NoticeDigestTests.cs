using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;
using FsCheck;
using FsCheck.Fluent;

namespace CityEdge.Hub.Tickets.Tests;

/// <summary>Notices in a flood: whatever comes when, each is told once, alone or in one digest, and none waits longer than the rule says.</summary>
public sealed class NoticeDigestTests
{
    [Theory]
    [InlineData(Severity.P1, true, false)]
    [InlineData(Severity.P3, true, false)]
    [InlineData(Severity.P4, true, true)]
    [InlineData(Severity.P5, true, true)]
    [InlineData(Severity.P5, false, false)]
    public void Only_lesser_notices_are_gathered_and_only_in_a_flood(Severity severity, bool flood, bool gathers) => Assert.Equal(gathers, NoticeDigest.Gathers(severity, flood));

    [Theory]
    [InlineData(0, true, false)]
    [InlineData(599_999, true, false)]
    [InlineData(600_000, true, true)]
    [InlineData(0, false, true)]
    public void A_digest_is_due_after_ten_minutes_or_when_the_flood_is_over(long waitedMs, bool flood, bool due) => Assert.Equal(due, NoticeDigest.IsDue(Scene.T0, flood, Scene.T0 + waitedMs));

    [Fact]
    public async Task Every_notice_is_told_once_over_restarts()
    {
        await using var scene = new Scene();
        var alarms = 0;
        var (digests, alone) = (0, 0);
        var steps = Gen.Choose(0, 9).SelectMany(_ => Gen.Choose(1, 5), (what, severity) => (what, severity)).ListOf(40).Select(l => l.ToArray()).ToArbitrary();
        Prop.ForAll(steps, sequence =>
        {
            var told = new HashSet<long>();
            var (flood, now, point) = (false, Scene.T0, 0);
            foreach (var (what, severity) in sequence)
            {
                now += 70_000;
                switch (what)
                {
                    case 0: flood = !flood; break;
                    case 1: scene.Reopen().GetAwaiter().GetResult(); break;
                    default:
                        var input = scene.Input(++alarms, AlarmChange.Raised, alarms, (Severity)severity, point: new PointId("s", "d", $"p{alarms}-{point++}"), incident: $"i{alarms}");
                        scene.Apply(input with { Policy = input.Policy with { Wait = TimeSpan.Zero } }).GetAwaiter().GetResult();
                        break;
                }
                Tell(flood, now);
            }
            Tell(false, now);
            Assert.Empty(scene.Store.UnsentNotices(10));
            Assert.Null(scene.Store.Gathered());
            return true;

            void Tell(bool inFlood, long at)
            {
                var pending = scene.Store.UnsentNotices(1000);
                foreach (var notice in pending.Where(n => !NoticeDigest.Gathers(n.Severity, inFlood))) Assert.True(told.Add(notice.Id), "told twice");
                alone += pending.Count(n => !NoticeDigest.Gathers(n.Severity, inFlood));
                scene.Store.WriteAsync(tx =>
                {
                    foreach (var notice in pending)
                    {
                        if (NoticeDigest.Gathers(notice.Severity, inFlood)) tx.GatherNotice(notice.Id, at);
                        else tx.MarkNoticeSent(notice.Id, at);
                    }
                }).GetAwaiter().GetResult();
                if (scene.Store.Gathered() is not { } gathered) return;
                Assert.True(at - gathered.SinceMs < NoticeDigest.Longest.TotalMilliseconds + 70_000, "waited too long");
                if (!NoticeDigest.IsDue(gathered.SinceMs, inFlood, at)) return;
                digests++;
                Assert.Equal(gathered.Tickets, gathered.Counts.Sum(c => c.Tickets));
                Assert.True(told.Add(gathered.LastId), "told twice");
                scene.Store.WriteAsync(tx => tx.MarkGatheredSent(gathered.LastId, at)).GetAwaiter().GetResult();
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));
        Assert.True(digests > 0 && alone > 0, $"{digests} digests, {alone} alone");
    }
}
