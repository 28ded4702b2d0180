using CityEdge.SegmentLog;

namespace CityEdge.Faults.Tests;

/// <summary>
/// Power loss at any instant loses no message whose PUBACK or PUBREC had left the broker (design §2, promise 1). A killed process cannot show this: what it wrote is in the page cache. Here the
/// broker and its journal stand on files that lose what was not flushed.
/// </summary>
public sealed class BrokerPowerCutTests(ITestOutputHelper output)
{
    private const int LivesOfAMachine = 10;

    [Fact]
    public async Task No_acknowledged_message_is_lost_by_power_cuts()
    {
        var machines = Checkout.Long ? 100 : 10;
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var runs = new List<BrokerMachine>();
        // A broker on a dead disk waits a second before it looks again: machines side by side keep the processor busy meanwhile.
        foreach (var some in Enumerable.Range(0, machines).Chunk(10))
        {
            var together = some.Select(m => new BrokerMachine(new PowerCutFiles(), seed + m)).ToList();
            await Task.WhenAll(together.Select(m => m.RunAsync(LivesOfAMachine)));
            runs.AddRange(together);
        }
        output.WriteLine($"{runs.Sum(r => r.Cuts)} cuts, {runs.Sum(r => r.Sent)} sent, {runs.Sum(r => r.Acknowledged)} acknowledged, {runs.Sum(r => r.Found)} found again");
        Assert.Equal(machines * LivesOfAMachine, runs.Sum(r => r.Cuts));
        Assert.True(runs.Sum(r => r.Acknowledged) > machines * LivesOfAMachine * 10, "Too few messages were acknowledged for the test to mean anything.");
        Assert.True(runs.Sum(r => r.Sent) > runs.Sum(r => r.Acknowledged), "Every message was acknowledged: the power was never cut under way.");
    }

    /// <summary>Each of the first forty instants in turn: those of creating the journal, of opening it again, and of the broker's start on it.</summary>
    [Fact]
    public async Task A_power_cut_at_any_step_of_a_start_is_recovered_from()
    {
        var machines = Enumerable.Range(1, 40).Select(instant => new BrokerMachine(new PowerCutFiles(), instant, instant)).ToList();
        await Task.WhenAll(machines.Select(m => m.RunAsync(3)));
        Assert.All(machines, m => Assert.Equal(3, m.Cuts));
    }

    [Fact]
    public async Task The_same_check_finds_the_loss_when_flushes_do_nothing()
    {
        var machine = new BrokerMachine(new PowerCutFiles { IgnoreFlushes = true }, 7);
        var found = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => machine.RunAsync(LivesOfAMachine));
        Assert.Contains("was acknowledged and is gone", found.Message, StringComparison.Ordinal);
    }
}
