using System.Net;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Security;
using CityEdge.Hub.Tickets;
using Microsoft.Extensions.Logging.Abstractions;

namespace CityEdge.Hub.Tests.Security;

/// <summary>One-time codes and imports of devices: each gives what it promises once, and nothing by halves.</summary>
public sealed class ClaimCodesTests : IAsyncDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("cityedge-claims-");
    private readonly SteppedClock clock = new();
    private readonly TicketStore store;
    private readonly AccountStore accounts;
    private readonly ClaimCodes codes;

    public ClaimCodesTests()
    {
        store = TicketStore.Open(Path.Combine(folder.FullName, "hub.db"), clock, NullLogger<TicketStore>.Instance);
        store.WriteAsync(tx => RegistryTables.Migrate(tx.Connection), Ct).GetAwaiter().GetResult();
        var secrets = Secrets.Open(folder.FullName);
        accounts = new AccountStore(store, secrets, clock);
        codes = new ClaimCodes(store, secrets, clock);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_code_is_good_once_and_read_as_people_write_it()
    {
        var (code, expires) = await codes.CreateAsync("s1/d1", Ct);
        Assert.Matches("^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$", code);
        Assert.Equal(TimeSpan.FromHours(24), expires - clock.GetUtcNow());
        Assert.Null(await codes.ClaimAsync("s1/d2", code, Ct));
        Assert.Null(await codes.ClaimAsync("s1/d1", "0000-0000", Ct));
        var token = await codes.ClaimAsync("s1/d1", " " + code.ToLowerInvariant().Replace("-", "").Replace('0', 'o'), Ct);
        Assert.True(accounts.CheckDevice("s1/d1", System.Text.Encoding.UTF8.GetBytes(token!)));
        Assert.Null(await codes.ClaimAsync("s1/d1", code, Ct));
    }

    [Fact]
    public async Task Of_many_claims_at_once_one_wins()
    {
        var (code, _) = await codes.CreateAsync("s1/d1", Ct);
        var tokens = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => codes.ClaimAsync("s1/d1", code, Ct), Ct)));
        Assert.Single(tokens, t => t is not null);
    }

    [Fact]
    public async Task A_code_ends_after_24_hours_with_the_next_one_and_with_the_device()
    {
        var (old, _) = await codes.CreateAsync("s1/d1", Ct);
        clock.Advance(ClaimCodes.Lifetime);
        Assert.Null(await codes.ClaimAsync("s1/d1", old, Ct));
        var (first, _) = await codes.CreateAsync("s1/d1", Ct);
        var (second, _) = await codes.CreateAsync("s1/d1", Ct);
        Assert.Null(await codes.ClaimAsync("s1/d1", first, Ct));
        Assert.NotNull(await codes.ClaimAsync("s1/d1", second, Ct));
        var (third, _) = await codes.CreateAsync("s1/d1", Ct);
        await accounts.RevokeDeviceAsync("s1/d1", Ct);
        Assert.Null(await codes.ClaimAsync("s1/d1", third, Ct));
    }

    [Fact]
    public void Guessing_is_slow()
    {
        var throttle = new ClaimThrottle(clock);
        var address = IPAddress.Parse("192.0.2.1");
        for (var i = 0; i < ClaimThrottle.PerAddress; i++) Assert.True(throttle.TryEnter(address));
        Assert.False(throttle.TryEnter(address));
        Assert.True(throttle.TryEnter(IPAddress.Parse("192.0.2.2")));
        for (var i = 0; i < ClaimThrottle.PerMinute; i++) throttle.TryEnter(new IPAddress(i + 1));
        Assert.False(throttle.TryEnter(IPAddress.Parse("192.0.2.3")));
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(throttle.TryEnter(address));
    }

    [Fact]
    public async Task An_import_is_all_or_nothing()
    {
        var own = new string('a', 40);
        var rows = DeviceCsv.Read($"token,site,device\r\n{own},s1,d1\n,s1,d2\n\n", out var errors);
        Assert.Empty(errors);
        var (tokens, known) = await accounts.ImportDevicesAsync(rows, Ct);
        Assert.Empty(known);
        Assert.Equal(own, tokens[0]);
        Assert.All(rows.Zip(tokens), r => Assert.True(accounts.CheckDevice(r.First.Id, System.Text.Encoding.UTF8.GetBytes(r.Second))));
        (_, known) = await accounts.ImportDevicesAsync(DeviceCsv.Read("site,device\ns1,d3\ns1,d2\n", out _), Ct);
        Assert.Equal([("s1/d2", 3)], known.Select(k => (k.Id, k.Line)));
        Assert.Equal(["s1/d1", "s1/d2"], accounts.Devices().Select(d => d.Id));
        Assert.True(accounts.CheckDevice("s1/d2", System.Text.Encoding.UTF8.GetBytes(tokens[1])));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("site\ns1\n", 1)]
    [InlineData("site,device,colour\n", 1)]
    [InlineData("site,device\ns1,d1\ns1\n", 3)]
    [InlineData("site,device\ns1,d/1\n", 2)]
    [InlineData("site,device\ns1,tickets\n", 2)]
    [InlineData("site,device\ns1,d1\ns1,d1\n", 3)]
    [InlineData("site,device,token\ns1,d1,short\n", 2)]
    public void A_bad_row_is_named_and_nothing_is_kept(string text, int line)
    {
        Assert.Empty(DeviceCsv.Read(text, out var errors));
        Assert.Contains($"line = {line},", Assert.Single(errors).ToString());
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        folder.Delete(recursive: true);
    }

    private sealed class SteppedClock : TimeProvider
    {
        private DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan by) => now += by;

        public override DateTimeOffset GetUtcNow() => now;

        public override long GetTimestamp() => now.UtcTicks;
    }
}
