using CityEdge.Bench.Mqtt.Net;

namespace CityEdge.Bench.Mqtt.Attacks;

/// <summary>One way to misbehave: what is sent first, what then, how often and by how many.</summary>
internal sealed class Attack
{
    private const int Filters = 1000;
    private static readonly byte[] Garbage = MakeGarbage();

    private Attack(string what) => What = what;

    /// <summary>For the table.</summary>
    public string What { get; }

    public int Sockets { get; private init; } = 1;

    /// <summary>Sockets opened in a millisecond at most, those that the server closed again included.</summary>
    public int OpensPerTick { get; private init; } = 20;

    /// <summary>Milliseconds between two acts of one socket.</summary>
    public int ActsEvery { get; private init; } = 1000;

    /// <summary>False for one that never takes what the server sends.</summary>
    public bool Reads { get; private init; } = true;

    /// <summary>Receive buffer, bytes; 0 is the system's own.</summary>
    public int ReceiveRoom { get; private init; }

    private Func<int, byte[]> FirstOf { get; init; } = _ => [];

    private Func<int, long, ReadOnlyMemory<byte>> NextOf { get; init; } = (_, _) => default;

    public static IReadOnlyList<string> Kinds { get; } = ["slow-loris", "half-open", "huge-length", "connect-burst", "subscription-bomb", "never-reads", "garbage"];

    /// <exception cref="UsageException">There is no such attack.</exception>
    public static Attack Of(string kind) => kind switch
    {
        "slow-loris" => new("2000 sockets, a byte of CONNECT a second") { Sockets = 2000, NextOf = (i, n) => Drip(i, n) },
        "half-open" => new("2000 sockets that never say a word") { Sockets = 2000 },
        "huge-length" => new("100 clients, a PUBLISH of 256 MB declared, 16 MB/s sent of it") { Sockets = 100, OpensPerTick = 1, ActsEvery = 100, FirstOf = i => [.. Wire.ConnectPacket($"huge{i}", clean: true), Wire.Publish, 0xFF, 0xFF, 0xFF, 0x7F, 0, 4, .. "city"u8], NextOf = (_, _) => Garbage },
        "connect-burst" => new("10 000 connects at once") { Sockets = 10_000, OpensPerTick = 500, FirstOf = i => Wire.ConnectPacket($"burst{i}", clean: true) },
        "subscription-bomb" => new($"one client, {Filters} filters, deep and full of wildcards, all QoS 0") { FirstOf = _ => [.. Wire.ConnectPacket("bomb", clean: true), .. Bomb()] },
        "never-reads" => new("20 subscribers of everything that never read") { Sockets = 20, Reads = false, ReceiveRoom = 4096, FirstOf = i => [.. Wire.ConnectPacket($"deaf{i}", clean: true), .. Wire.SubscribePacket(1, 1, "#")] },
        "garbage" => new("200 sockets of random bytes, 1000 new ones a second") { Sockets = 200, OpensPerTick = 1, ActsEvery = 200, FirstOf = i => Garbage[(i * 64)..((i * 64) + 512)], NextOf = (i, n) => Garbage.AsMemory((int)(((i * 31) + (n * 17)) % 8192), 1024) },
        _ => throw new UsageException($"'{kind}' is no attack; known: {string.Join(", ", Kinds)}."),
    };

    /// <summary>Sent when a socket is connected.</summary>
    public ReadOnlySpan<byte> First(int socket) => FirstOf(socket);

    /// <summary>Sent each time after that.</summary>
    public ReadOnlySpan<byte> Next(int socket, long time) => NextOf(socket, time).Span;

    private static ReadOnlyMemory<byte> Drip(int socket, long time)
    {
        var packet = Wire.ConnectPacket($"loris-{socket}-{new string('x', 40)}", clean: true);
        return time < packet.Length - 1 ? packet.AsMemory((int)time, 1) : default;
    }

    private static byte[] Bomb()
    {
        var all = new List<string>();
        for (var i = 0; all.Count < Filters; i++)
        {
            // Those that the traffic of this run meets, by ways that a trie must all try, and those that fail at the last of 32 levels.
            all.Add($"+/+/dev{i}/+");
            all.Add($"+/+/dev{i}/#");
            all.Add($"+/site{i % 50}/dev{i}/#");
            all.Add($"city/+/dev{i}/telemetry");
            all.Add(string.Concat(Enumerable.Repeat("+/", 31)) + $"x{i}");
        }
        return [.. all.Take(Filters).Chunk(100).SelectMany((part, i) => Wire.SubscribePacket(i + 1, 0, part))];
    }

    private static byte[] MakeGarbage()
    {
        var bytes = new byte[16 * 1024];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
