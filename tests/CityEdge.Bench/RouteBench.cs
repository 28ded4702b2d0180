using System.Diagnostics;
using CityEdge.Hub.Broker.Tests;
using CityEdge.Mqtt;

namespace CityEdge.Bench;

/// <summary>CPU of the delivery half alone: append, flush, read back, match, encode; no sockets. One thread and the journal's flusher.</summary>
internal static class RouteBench
{
    private const int Turn = 500;

    public static async Task RunAsync(string directory)
    {
        Console.WriteLine("150-byte payloads, turns of 500; CPU of the whole process, append and fsync included");
        Console.WriteLine("subscribers             QoS  msg/s      CPU-s/M  B alloc/msg");
        for (var run = 0; run < 3; run++) await MeasureAsync(directory, "nobody", QoS.AtLeastOnce, 1_000_000, Devices(1000), static _ => [], 1);
        foreach (var qos in (QoS[])[QoS.AtLeastOnce, QoS.AtMostOnce])
        {
            for (var run = 0; run < 3; run++) await MeasureAsync(directory, "one of #", qos, 1_000_000, Devices(1000), static _ => ["#"], 1);
        }
        await MeasureAsync(directory, "10 of #", QoS.AtLeastOnce, 300_000, Devices(1000), static _ => ["#"], 10);
        string[] kiosks = [.. Enumerable.Range(0, 10_000).Select(i => $"cityedge/v1/bj-{i % 40:D2}/kiosk-{i:D5}")];
        string[] commands = [.. kiosks.Select(k => k + "/command/c1")];
        Func<int, string[]> own = i => [kiosks[i] + "/command/#", kiosks[i] + "/config", $"cityedge/v1/bj-{i % 40:D2}/tickets/+"];
        for (var run = 0; run < 3; run++)
        {
            await MeasureAsync(directory, "1 kiosk, to it", QoS.AtLeastOnce, 500_000, commands[..1], own, 1);
            await MeasureAsync(directory, "10 000 kiosks, to one", QoS.AtLeastOnce, 500_000, commands[..1], own, 10_000);
            await MeasureAsync(directory, "1 of #, 10 000 topics", QoS.AtLeastOnce, 500_000, commands, static _ => ["#"], 1);
            await MeasureAsync(directory, "10 000 kiosks, to all", QoS.AtLeastOnce, 500_000, commands, own, 10_000);
        }
    }

    private static string[] Devices(int count) => [.. Enumerable.Range(0, count).Select(i => $"cityedge/v1/bj-chaoyang-{i % 10:D2}/device-{i:D4}/telemetry")];

    private static async Task MeasureAsync(string directory, string name, QoS qos, int messages, string[] topics, Func<int, string[]> filters, int subscribers)
    {
        if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
        await using var scene = new RoutingScene(directory);
        for (var i = 0; i < subscribers; i++)
        {
            var subscriber = scene.Connect($"sub-{i}");
            foreach (var filter in filters(i)) scene.Subscribe(subscriber, filter, qos);
        }
        var random = new Random(1);
        Round(messages / 5);
        var delivered = scene.Delivered;
        var (cpu, allocated, flushes, clock) = (Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(), scene.Log.Stats.Flushes, Stopwatch.StartNew());
        Round(messages);
        var seconds = clock.Elapsed.TotalSeconds;
        Console.WriteLine(
            $"{name,-23} {(int)qos}    {messages / seconds,9:F0}  {(Environment.CpuUsage.TotalTime - cpu).TotalSeconds / messages * 1e6,7:F2}  {(double)(GC.GetTotalAllocatedBytes() - allocated) / messages,9:F1}"
            + $"   delivered {scene.Delivered - delivered}, {scene.Log.Stats.Flushes - flushes} flushes");

        void Round(int count)
        {
            for (var sent = 0; sent < count;)
            {
                for (var k = 0; k < Turn && sent < count; k++, sent++) scene.Append(topics[random.Next(topics.Length)], qos);
                scene.Flush();
                scene.Route();
            }
        }
    }
}
