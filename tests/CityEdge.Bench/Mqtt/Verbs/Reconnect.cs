using System.Diagnostics;
using System.Globalization;
using CityEdge.Bench.Mqtt.Load;
using CityEdge.Bench.Mqtt.Report;

namespace CityEdge.Bench.Mqtt.Verbs;

/// <summary><c>reconnect</c>: the hub is killed, and all its clients come back at once while it starts again.</summary>
internal static class Reconnect
{
    public static async Task RunAsync(BenchContext bench)
    {
        if (!bench.Wants("hub")) return;
        var count = bench.Quick ? 2_000 : 10_000;
        var rows = new List<IReadOnlyList<string>>();
        var (times, lost) = (new List<double>(), 0);
        for (var round = 1; round <= bench.Runs; round++)
        {
            bench.Cancelled.ThrowIfCancellationRequested();
            await using var hub = await bench.StartHubAsync();
            var clients = new LoadSettings { Port = hub.Port, Watch = hub.Pid, Hold = true, Publishers = count, Persistent = true, Prefix = "kiosk", Filter = "city/kiosk{i}/show" };
            ConnectResult first;
            await using (var before = await GeneratorProcess.StartAsync(clients))
            {
                first = before.Connected;
                await hub.Child.KillAsync();
            }
            var began = Stopwatch.GetTimestamp();
            // They knock while the hub is still reading its journal, as a city's devices do.
            var storm = GeneratorProcess.StartAsync(clients with { Filter = "", Watch = 0, Retry = 120, Handshakes = 256 });
            await hub.RestartAfterCrashAsync(bench.HubArguments);
            var ready = Stopwatch.GetElapsedTime(began).TotalSeconds;
            await using var after = await storm;
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            var subscriptions = (await hub.MetricsAsync()).GetValueOrDefault("cityedge_mqtt_subscriptions");
            var missing = count - after.Connected.SessionsPresent;
            times.Add(seconds);
            lost += missing;
            BenchContext.Progress($"reconnect, round {round}: ready after {ready:0.0} s, all back after {seconds:0.0} s, {missing} sessions lost");
            rows.Add([BenchReport.Short(first.Count / first.Seconds), BenchReport.Short(ready), BenchReport.Short(seconds), $"{after.Connected.SessionsPresent}", $"{missing}", BenchReport.Short(subscriptions), $"{after.Connected.Failed}", $"{after.Connected.Retried}"]);
        }
        bench.Report.Table($"reconnect: {count} clients with a session and a subscription each, hub killed with -9; each run",
            ["connects and subscribes/s before", "hub ready after s", "all back after s", "sessions present", "lost", "subscriptions after", "refused", "tried again"], rows);
        bench.Report.Judge("reconnect: all back", "<= 20 s", FormattableString.Invariant($"{BenchReport.Median(times):0.0} s"), BenchReport.Median(times) <= 20);
        bench.Report.Judge("reconnect: sessions lost", "0", lost.ToString(CultureInfo.InvariantCulture), lost == 0);
    }
}
