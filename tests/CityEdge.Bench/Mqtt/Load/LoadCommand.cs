using System.Diagnostics;
using System.Text.Json;
using CityEdge.Bench.Mqtt.Measure;
using CityEdge.Bench.Mqtt.Net;

namespace CityEdge.Bench.Mqtt.Load;

/// <summary>
/// <c>mqtt load</c>, the generator as its own process. Writes <c>connected {…}</c>, then <c>result {…}</c>. With <c>--ask</c> it waits for a line of
/// standard input before it publishes and for the end of standard input before it closes its connections.
/// </summary>
internal static class LoadCommand
{
    public static int Run(BenchArguments arguments)
    {
        var settings = LoadSettings.Parse(arguments);
        var ask = arguments.Flag("ask");
        arguments.RejectUnknown();
        Native.RaiseOpenFiles();
        if (settings.Hold) return Hold(settings);

        var telegrams = new Telegrams(settings);
        var shared = new LoadShared();
        var (cpu, own, began) = (ProcFiles.CpuSeconds(settings.Watch), OwnCpu(), Stopwatch.GetTimestamp());
        var connector = new Connector(settings.Port, settings.Handshakes, settings.Retry);
        var subscribers = connector.Open(settings.Subscribers, i => $"sub-{settings.Prefix}{i}", _ => settings.Filter, (byte)settings.Qos, !settings.Persistent, 60);
        var publishers = connector.Open(settings.Publishers, i => $"{settings.Prefix}{i}", null, 0, true, 120);
        Say("connected", new ConnectResult(settings.Publishers + settings.Subscribers, Stopwatch.GetElapsedTime(began).TotalSeconds, connector.Failed, connector.Retried, connector.SessionsPresent, ProcFiles.CpuSeconds(settings.Watch) - cpu, OwnCpu() - own));
        if (connector.Failed > 0)
        {
            Console.Error.WriteLine($"{connector.Failed} of {settings.Publishers + settings.Subscribers} connections were refused.");
            return 1;
        }
        if (ask && Console.In.ReadLine() is null) return 1;

        using var publishing = new PublisherLoop(settings, telegrams, publishers, shared);
        using var subscribing = new SubscriberLoop(settings, telegrams, subscribers, shared);
        GC.Collect();
        double Busy() => ProcFiles.BusySeconds();
        (cpu, own, began) = (ProcFiles.CpuSeconds(settings.Watch), OwnCpu(), Stopwatch.GetTimestamp());
        var busy = Busy();
        Exception? failure = null;
        void Guarded(Action work)
        {
            try
            {
                work();
            }
#pragma warning disable CA1031 // Told below, by the main thread.
            catch (Exception error)
#pragma warning restore CA1031
            {
                failure = error;
                shared.EndOfPublishing = Stopwatch.GetTimestamp();
            }
        }
        var reader = new Thread(() => Guarded(subscribing.Run)) { Name = "subscribers" };
        reader.Start();
        Guarded(publishing.Run);
        reader.Join();
        if (failure is not null) throw new InvalidOperationException($"The generator failed: {failure.Message}", failure);
        var elapsed = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var (serverCpu, ownCpu) = (ProcFiles.CpuSeconds(settings.Watch) - cpu, OwnCpu() - own);
        var other = Math.Max(0, Busy() - busy - serverCpu - ownCpu) / elapsed;
        Say("result", Summary(settings, shared, publishing, subscribing, serverCpu, ownCpu, other));
        if (ask) Console.In.ReadToEnd();
        Connector.Close(publishers);
        return 0;
    }

    private static LoadResult Summary(LoadSettings settings, LoadShared shared, PublisherLoop publishing, SubscriberLoop subscribing, double serverCpu, double ownCpu, double other)
    {
        IReadOnlyList<SubscriberResult> subscribers = [.. subscribing.Results(shared.Sent)];
        var acknowledged = publishing.Acknowledged.Count;
        var (last, count) = subscribers.Count > 0 ? (subscribers[0].LastDelivery, subscribers[0].Deliveries - subscribers[0].Repeated)
            : settings.Qos > 0 ? (publishing.LastAcknowledged, acknowledged) : (shared.EndOfPublishing, shared.Sent);
        var seconds = Math.Max(last - shared.FirstPublish, 1) / 1e9;
        var (rss, peak) = ProcFiles.Memory(settings.Watch);
        return new LoadResult
        {
            Sent = shared.Sent,
            Acknowledged = acknowledged,
            Unacknowledged = publishing.Unacknowledged,
            Unexpected = publishing.Unexpected,
            PublishersClosed = publishing.Closed,
            Rate = count / seconds,
            Seconds = seconds,
            Ack = publishing.Acknowledged.Summary(),
            Behind = publishing.Behind.Summary(),
            Deferred = publishing.Deferred,
            Subscribers = subscribers,
            ServerCpu = serverCpu,
            GeneratorCpu = ownCpu,
            OtherCores = other,
            ServerRss = rss,
            ServerPeak = peak,
        };
    }

    private static int Hold(LoadSettings settings)
    {
        var (cpu, own, began) = (ProcFiles.CpuSeconds(settings.Watch), OwnCpu(), Stopwatch.GetTimestamp());
        var connector = new Connector(settings.Port, settings.Handshakes, settings.Retry);
        Func<int, string>? filter = settings.Filter.Length > 0 ? i => Telegrams.Name(settings.Filter, i) : null;
        var sockets = connector.Open(settings.Publishers, i => $"{settings.Prefix}{i}", filter, (byte)settings.Qos, !settings.Persistent, 120);
        Say("connected", new ConnectResult(settings.Publishers, Stopwatch.GetElapsedTime(began).TotalSeconds, connector.Failed, connector.Retried, connector.SessionsPresent, ProcFiles.CpuSeconds(settings.Watch) - cpu, OwnCpu() - own));
        Console.In.ReadToEnd();
        Connector.Close(sockets);
        return 0;
    }

    private static double OwnCpu() => ProcFiles.CpuSeconds(Environment.ProcessId);

    private static void Say<T>(string what, T value) => Console.Out.WriteLine($"{what} {JsonSerializer.Serialize(value)}");
}
