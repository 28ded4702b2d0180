using CityEdge.Mqtt;
using CityEdge.SegmentLog;
using Microsoft.Extensions.Logging.Abstractions;

namespace CityEdge.Edge.Tests;

public sealed class UplinkTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A running uplink over a real spool and a link that the test answers.</summary>
    private sealed class Rig : IAsyncDisposable
    {
        private readonly AgentFixture fixture = new();
        private readonly CancellationTokenSource stop = new();
        private readonly Task running;

        public Rig(Func<AgentConfig, AgentConfig>? change = null)
        {
            var config = change?.Invoke(fixture.Config) ?? fixture.Config;
            Spool = fixture.Spool(config);
            Uplink = new Uplink(config, Spool, Link, Clock, NullLogger.Instance);
            running = Uplink.RunAsync(stop.Token);
        }

        public ManualTimeProvider Clock { get; } = new();
        public FakeLink Link { get; } = new();
        public Spool Spool { get; }
        public Uplink Uplink { get; }

        public async Task PutAsync(int from, int count, int perRecord = 1)
        {
            for (var i = 0; i < count; i += perRecord) await Spool.WriteAsync(AgentFixture.Readings(from + i, perRecord), Cancel);
        }

        public async Task SettledAsync(Func<bool> condition, string what) => await Link.WaitAsync(_ => condition(), what);

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Spool.DisposeAsync();
            fixture.Dispose();
            stop.Dispose();
        }
    }

    private static int[] Values(FakeLink.Sent sent) => [.. FakeLink.Decode(sent).Select(r => (int)r.Value!.Value.Number)];

    [Fact]
    public async Task An_idle_link_sends_at_once_and_a_busy_one_gathers_until_the_answer()
    {
        await using var rig = new Rig();
        await rig.PutAsync(0, 1);
        await rig.Link.WaitAsync(l => l.All.Count == 1, "the first message");
        Assert.Equal([0], Values(rig.Link.All[0]));
        Assert.Equal(("cityedge/v1/site/device/telemetry", QoS.AtLeastOnce, false), (rig.Link.All[0].Message.Topic, rig.Link.All[0].Message.QoS, rig.Link.All[0].Message.Retain));
        await rig.PutAsync(1, 20);
        Assert.Single(rig.Link.All);
        Assert.Equal(0, rig.Spool.Cursor.Position);
        rig.Link.All[0].Acknowledge();
        await rig.Link.WaitAsync(l => l.All.Count == 2, "the batch");
        Assert.Equal(Enumerable.Range(1, 20), Values(rig.Link.All[1]));
        rig.Link.All[1].Acknowledge();
        await rig.SettledAsync(() => rig.Spool.Cursor.Position == rig.Spool.Log.End, "the cursor at the end");
        Assert.Equal(0, rig.Spool.Status().Records);
        Assert.Equal(21, rig.Uplink.Stats.Items);
    }

    [Fact]
    public async Task A_batch_leaves_after_one_second_though_the_first_message_is_unanswered()
    {
        await using var rig = new Rig();
        await rig.PutAsync(0, 1);
        await rig.Link.WaitAsync(l => l.All.Count == 1, "the first message");
        await rig.PutAsync(1, 3);
        // The uplink reads them; nothing leaves before the second is over.
        rig.Clock.Advance(TimeSpan.FromMilliseconds(900));
        Assert.Single(rig.Link.All);
        await rig.SettledAsync(
            () =>
            {
                rig.Clock.Advance(TimeSpan.FromMilliseconds(200));
                return rig.Link.All.Count == 2;
            },
            "the batch after its second");
        Assert.Equal([1, 2, 3], Values(rig.Link.All[1]));
    }

    [Fact]
    public async Task Full_batches_fill_the_window_and_no_more()
    {
        await using var rig = new Rig(c => c with { Window = 3 });
        await rig.PutAsync(0, 1);
        await rig.Link.WaitAsync(l => l.All.Count == 1, "the first message");
        await rig.PutAsync(1, 10_000, perRecord: 500);
        await rig.Link.WaitAsync(l => l.All.Count == 3, "a full window");
        rig.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal([1, 1000, 1000], rig.Link.All.Select(s => Values(s).Length));
        rig.Link.All[1].Acknowledge();
        rig.Link.All[2].Acknowledge();
        Assert.Equal(0, rig.Spool.Cursor.Position);
        rig.Link.All[0].Acknowledge();
        await rig.Link.WaitAsync(l => l.All.Count == 6, "three more");
        rig.Link.AutoAcknowledge = true;
        foreach (var sent in rig.Link.All) sent.Acknowledge();
        await rig.SettledAsync(() => rig.Spool.Cursor.Position == rig.Spool.Log.End, "everything acknowledged");
        Assert.Equal(Enumerable.Range(0, 10_001), rig.Link.All.SelectMany(Values));
    }

    [Fact]
    public async Task The_cursor_waits_for_the_first_unacknowledged_message()
    {
        await using var rig = new Rig();
        await rig.PutAsync(0, 1);
        await rig.Link.WaitAsync(l => l.All.Count == 1, "the first message");
        await rig.PutAsync(1, 1000, perRecord: 1000);
        await rig.Link.WaitAsync(l => l.All.Count == 2, "the second");
        rig.Link.All[1].Acknowledge();
        await rig.SettledAsync(() => rig.Uplink.Stats.Messages == 1, "the second answered");
        Assert.Equal(0, rig.Spool.Cursor.Position);
        rig.Link.All[0].Acknowledge();
        await rig.SettledAsync(() => rig.Spool.Cursor.Position == rig.Spool.Log.End, "both");
    }

    [Theory]
    [InlineData(ReasonCode.QuotaExceeded)]
    [InlineData(ReasonCode.ServerBusy)]
    [InlineData(ReasonCode.NotAuthorized)]
    [InlineData(ReasonCode.UnspecifiedError)]
    public async Task What_the_hub_cannot_take_now_is_sent_again_later(ReasonCode code)
    {
        await using var rig = new Rig();
        await rig.PutAsync(0, 5, perRecord: 5);
        await rig.Link.WaitAsync(l => l.All.Count == 1, "the first try");
        rig.Link.All[0].Acknowledge(code);
        await rig.SettledAsync(() => rig.Uplink.Stats.Retries == 1, "the refusal");
        Assert.Equal(0, rig.Spool.Cursor.Position);
        await rig.SettledAsync(
            () =>
            {
                rig.Clock.Advance(TimeSpan.FromMilliseconds(300));
                return rig.Link.All.Count == 2;
            },
            "the second try");
        Assert.Equal(rig.Link.All[0].Text, rig.Link.All[1].Text);
        rig.Link.All[1].Acknowledge();
        await rig.SettledAsync(() => rig.Spool.Cursor.Position == rig.Spool.Log.End, "stored at last");
        Assert.Equal(0, rig.Uplink.Stats.Refused);
    }

    [Fact]
    public async Task A_message_too_large_for_the_hub_is_halved_until_it_fits_and_one_that_never_fits_is_counted()
    {
        await using var rig = new Rig();
        await rig.PutAsync(0, 1);
        await rig.Link.WaitAsync(l => l.All.Count == 1, "the first message");
        await rig.PutAsync(1, 4);
        rig.Link.All[0].Acknowledge();
        await rig.Link.WaitAsync(l => l.All.Count == 2, "the batch of four");
        rig.Link.All[1].Acknowledge(ReasonCode.PacketTooLarge);
        await rig.Link.WaitAsync(l => l.All.Count == 4, "its halves");
        Assert.Equal([1, 2], Values(rig.Link.All[2]));
        rig.Link.All[2].Acknowledge(ReasonCode.PacketTooLarge);
        rig.Link.All[3].Acknowledge();
        await rig.Link.WaitAsync(l => l.All.Count == 6, "its quarters");
        rig.Link.All[4].Acknowledge(ReasonCode.PacketTooLarge);
        rig.Link.All[5].Acknowledge();
        await rig.SettledAsync(() => rig.Spool.Cursor.Position == rig.Spool.Log.End, "the poison passed over");
        Assert.Equal(1, rig.Uplink.Stats.Refused);
        Assert.Equal(4, rig.Uplink.Stats.Items);
    }

    [Fact]
    public async Task A_record_of_an_unknown_format_is_counted_and_passed_over()
    {
        await using var rig = new Rig();
        rig.Link.AutoAcknowledge = true;
        await rig.PutAsync(0, 1);
        await rig.Spool.Log.AppendAsync(SpoolRecord.Telemetry, 0, new byte[] { 9, 1, 0, 1, 2 }, Cancel);
        await rig.PutAsync(1, 1);
        await rig.Spool.Log.AppendAsync(77, 0, new byte[] { 1, 1, 0, 1, 2 }, Cancel);
        await rig.SettledAsync(() => rig.Spool.Cursor.Position == rig.Spool.Log.End, "the end");
        Assert.Equal([0, 1], rig.Link.Telemetry.SelectMany(Values));
        Assert.Equal(2, rig.Uplink.Stats.Refused);
    }

    [Fact]
    public async Task Events_and_readings_leave_in_order_each_on_its_topic()
    {
        await using var rig = new Rig();
        rig.Link.AutoAcknowledge = true;
        await rig.PutAsync(0, 1);
        await rig.Spool.WriteEventsAsync([TestEvents.Help("a"), TestEvents.Help("b")], Cancel);
        await rig.PutAsync(1, 1);
        await rig.SettledAsync(() => rig.Spool.Cursor.Position == rig.Spool.Log.End, "all sent");
        var events = rig.Link.All.Where(s => s.Message.Topic == "cityedge/v1/site/device/event").SelectMany(s => Contracts.CloudEventJson.Decode(s.Message.Payload.Span).Events);
        Assert.Equal(["a", "b"], events.Select(e => e.Id));
        Assert.Equal([0, 1], rig.Link.Telemetry.SelectMany(Values));
    }

    [Fact]
    public async Task Large_telemetry_is_compressed_when_asked_for()
    {
        await using var rig = new Rig(c => c with { Gzip = true });
        await rig.PutAsync(0, 500, perRecord: 500);
        var sent = (await rig.Link.WaitAsync(l => l.All.Count == 1, "the message"))[0];
        Assert.True(Contracts.SenmlJson.IsGzip(sent.Message.Payload.Span));
        Assert.True(sent.Message.Payload.Length < 8000);
        var plain = Contracts.SenmlJson.Decompress(sent.Message.Payload, out _, out _);
        Assert.Equal(500, Contracts.SenmlJson.Decode(plain, "site/device/", 0).Records.Count);
    }

    [Fact]
    public async Task A_full_spool_that_refuses_makes_the_adapter_wait_and_lets_it_go_on_when_the_hub_has_taken_something()
    {
        await using var rig = new Rig(c => c with { Spool = c.Spool with { MaxBytes = SpoolConfig.MinBytes, WhenFull = WhenFull.Refuse } });
        var writing = Task.Run(() => rig.PutAsync(0, 200_000, perRecord: 1000), Cancel);
        await rig.SettledAsync(() => rig.Spool.FullWaits > 0, "the spool full");
        Assert.False(writing.IsCompleted);
        rig.Link.AutoAcknowledge = true;
        foreach (var sent in rig.Link.All) sent.Acknowledge();
        await writing.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        await rig.SettledAsync(() => rig.Spool.Cursor.Position == rig.Spool.Log.End, "everything acknowledged");
        Assert.Equal(200_000, rig.Uplink.Stats.Items);
        Assert.Equal(0, rig.Spool.Status().Dropped);
    }

    [Fact]
    public async Task A_full_spool_that_drops_counts_what_it_dropped_and_remembers_it_after_a_restart()
    {
        using var fixture = new AgentFixture();
        var config = fixture.Config with { Spool = fixture.Config.Spool with { MaxBytes = SpoolConfig.MinBytes } };
        long dropped;
        await using (var spool = fixture.Spool(config))
        {
            for (var i = 0; i < 300; i++) await spool.WriteAsync(AgentFixture.Readings(i * 1000, 1000), Cancel);
            dropped = spool.Status().Dropped;
            Assert.InRange(dropped, 100, 300);
            Assert.Equal(300 - dropped, spool.Status().Records);
        }
        await using var again = fixture.Spool(config);
        Assert.Equal(dropped, again.Status().Dropped);
        Assert.Equal(300 - dropped, again.Status().Records);
    }
}
