using System.Globalization;

namespace CityEdge.Bench.Mqtt.Load;

/// <summary>What the generator is to do; travels to its process as a command line, so that any run can be repeated by hand.</summary>
internal sealed record LoadSettings
{
    /// <summary>Port of the server on 127.0.0.1.</summary>
    public required int Port { get; init; }

    /// <summary>Connections that publish; with <see cref="Hold"/> those that are held.</summary>
    public int Publishers { get; init; } = 1000;

    /// <summary>0 or 1, of publishers and subscribers.</summary>
    public int Qos { get; init; } = 1;

    /// <summary>QoS 1: messages of one connection that may be unacknowledged.</summary>
    public int Window { get; init; } = 20;

    /// <summary>Messages in one <c>send</c>; QoS 1 waits until the window has room for all of them.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Bytes of payload.</summary>
    public int Payload { get; init; } = 150;

    /// <summary>Messages a second over all connections, evenly; 0 = as fast as it goes.</summary>
    public int Rate { get; init; }

    /// <summary>How long is published.</summary>
    public double Seconds { get; init; } = 4;

    /// <summary>QoS 0 as fast as it goes: most messages between publish and delivery.</summary>
    public int InFlight { get; init; } = 20_000;

    /// <summary>Topic of a publisher; <c>{s}</c> is its number mod 50, <c>{i}</c> its number.</summary>
    public string Topic { get; init; } = "city/site{s}/dev{i}/telemetry";

    /// <summary>Subscribers, each gets every message and checks it.</summary>
    public int Subscribers { get; init; } = 1;

    /// <summary>Filter of the subscribers; with <see cref="Hold"/> of each held connection, <c>{i}</c> as above, none when empty.</summary>
    public string Filter { get; init; } = "city/#";

    /// <summary>Subscribers, or held connections, have sessions that outlive the connection (clean session 0).</summary>
    public bool Persistent { get; init; }

    /// <summary>When the first subscriber stops reading, seconds after the first publish; less than 0 is never.</summary>
    public double StallAfter { get; init; } = -1;

    /// <summary>How long it does not read; 0 is until everything is published.</summary>
    public double StallFor { get; init; }

    /// <summary>Server process whose CPU time is measured between first publish and last delivery; 0 = none.</summary>
    public int Watch { get; init; }

    /// <summary>How long is waited for acknowledgements and deliveries after the last publish, seconds.</summary>
    public double Drain { get; init; } = 40;

    /// <summary>Begin of the client identifiers.</summary>
    public string Prefix { get; init; } = "dev";

    /// <summary>Connects, then only holds the connections until standard input ends.</summary>
    public bool Hold { get; init; }

    /// <summary>Handshakes at a time.</summary>
    public int Handshakes { get; init; } = 64;

    /// <summary>Tries again for so long where nobody listens or the handshake breaks, seconds.</summary>
    public double Retry { get; init; }

    /// <summary>SenML readings of a message in place of the checked payload; 0 = the checked payload.</summary>
    public int Readings { get; init; }

    public static LoadSettings Parse(BenchArguments a)
    {
        var d = new LoadSettings { Port = 0 };
        return new LoadSettings
        {
            Port = a.Number("port", 0),
            Publishers = a.Number("publishers", d.Publishers),
            Qos = a.Number("qos", d.Qos),
            Window = a.Number("window", d.Window),
            Batch = a.Number("batch", d.Batch),
            Payload = a.Number("payload", d.Payload),
            Rate = a.Number("rate", d.Rate),
            Seconds = a.Seconds("seconds", d.Seconds),
            InFlight = a.Number("in-flight", d.InFlight),
            Topic = a.Text("topic", d.Topic),
            Subscribers = a.Number("subscribers", d.Subscribers),
            Filter = a.Text("filter", d.Filter),
            Persistent = a.Flag("persistent"),
            StallAfter = a.Seconds("stall-after", d.StallAfter),
            StallFor = a.Seconds("stall-for", d.StallFor),
            Watch = a.Number("watch", 0),
            Drain = a.Seconds("drain", d.Drain),
            Prefix = a.Text("prefix", d.Prefix),
            Hold = a.Flag("hold"),
            Handshakes = a.Number("handshakes", d.Handshakes),
            Retry = a.Seconds("retry", d.Retry),
            Readings = a.Number("readings", d.Readings),
        }.Checked();
    }

    public IEnumerable<string> ToArguments()
    {
        var d = new LoadSettings { Port = 0 };
        var all = new List<string> { "--port", Text(Port) };
        void Add(string name, object value, object fallback)
        {
            if (!value.Equals(fallback)) all.AddRange(["--" + name, Text(value)]);
        }
        Add("publishers", Publishers, d.Publishers);
        Add("qos", Qos, d.Qos);
        Add("window", Window, d.Window);
        Add("batch", Batch, d.Batch);
        Add("payload", Payload, d.Payload);
        Add("rate", Rate, d.Rate);
        Add("seconds", Seconds, d.Seconds);
        Add("in-flight", InFlight, d.InFlight);
        Add("topic", Topic, d.Topic);
        Add("subscribers", Subscribers, d.Subscribers);
        Add("filter", Filter, d.Filter);
        Add("stall-after", StallAfter, d.StallAfter);
        Add("stall-for", StallFor, d.StallFor);
        Add("watch", Watch, d.Watch);
        Add("drain", Drain, d.Drain);
        Add("prefix", Prefix, d.Prefix);
        Add("handshakes", Handshakes, d.Handshakes);
        Add("retry", Retry, d.Retry);
        Add("readings", Readings, d.Readings);
        if (Persistent) all.Add("--persistent");
        if (Hold) all.Add("--hold");
        return all;
    }

    private LoadSettings Checked()
    {
        if (Port is < 1 or > 65_535) throw new UsageException("--port PORT of the server on 127.0.0.1 is needed.");
        if (Qos is not (0 or 1)) throw new UsageException($"--qos is {Qos}; the generator speaks QoS 0 and 1.");
        if (Readings == 0 && Payload is < Telegrams.LeastPayload or > 4096) throw new UsageException($"--payload is {Payload}; expected {Telegrams.LeastPayload} to 4096 bytes.");
        if (Window is < 1 or > 1024) throw new UsageException($"--window is {Window}; expected 1 to 1024.");
        if (Batch < 1 || (Qos == 1 && Batch > Window) || Batch > 64) throw new UsageException($"--batch is {Batch}; expected 1 to 64, with QoS 1 at most the window ({Window}).");
        if (Publishers is < 0 or > 19_000 || (Publishers == 0 && !Hold)) throw new UsageException($"--publishers is {Publishers}; expected 1 to 19000.");
        if (Subscribers is < 0 or > 64) throw new UsageException($"--subscribers is {Subscribers}; expected 0 to 64.");
        return this;
    }

    private static string Text(object value) => Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
