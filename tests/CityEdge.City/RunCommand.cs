using System.CommandLine;
using CityEdge.City.Crew;
using CityEdge.City.Devices;
using CityEdge.City.World;
using CityEdge.Contracts;
using CityEdge.Edge;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CityEdge.City;

/// <summary><c>cityedge-city run</c>: registers the city's assets and devices with a hub and lives until cancelled.</summary>
public static class RunCommand
{
    /// <summary>How often each device reads, by the city's clock.</summary>
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(5);

    public static Command Build()
    {
        var command = new Command("run", "Runs the city against a hub");
        var mqtt = new Option<string>("--mqtt") { HelpName = "URL", Description = "The hub's MQTT listener", DefaultValueFactory = _ => "mqtt://127.0.0.1:1883" };
        var api = new Option<string>("--api") { HelpName = "URL", Description = "The hub's API", DefaultValueFactory = _ => "http://127.0.0.1:8080" };
        var token = new Option<string?>("--token") { HelpName = "TOKEN", Description = "Token of an admin; not needed under --auth none (CITYEDGE_TOKEN)", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("CITYEDGE_TOKEN") };
        var data = new Option<string>("--data") { HelpName = "DIR", Description = "Spools of the agents", DefaultValueFactory = _ => "./cityedge-city-data" };
        var seed = new Option<int>("--seed") { HelpName = "N", Description = "Same seed, same weather and faults", DefaultValueFactory = _ => 1 };
        var speed = new Option<double>("--speed") { HelpName = "N", Description = "How many times as fast as real time the city's clock runs", DefaultValueFactory = _ => 1 };
        var origin = new Option<long?>("--clock-origin") { HelpName = "MS", Description = "The clock's time, Unix ms, at --clock-real-origin; default: now" };
        var realOrigin = new Option<long?>("--clock-real-origin") { HelpName = "MS", Description = "The machine's time, Unix ms, at which the clock showed --clock-origin; default: now" };
        var exitWithInput = new Option<bool>("--exit-with-input") { Description = "End when standard input closes: with the program that started this one" };
        foreach (var option in new Option[] { mqtt, api, token, data, seed, speed, origin, realOrigin, exitWithInput }) command.Options.Add(option);
        command.SetAction(async (parsed, ct) =>
        {
            var now = TimeProvider.System.GetUtcNow();
            var clock = new ScaledTimeProvider(Time(parsed.GetValue(origin)) ?? now, Time(parsed.GetValue(realOrigin)) ?? now, parsed.GetValue(speed));
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
            if (parsed.GetValue(exitWithInput)) _ = WatchInputAsync(stop);
            try
            {
                await RunAsync(clock, parsed.GetValue(seed), new Uri(parsed.GetValue(mqtt)!), new Uri(parsed.GetValue(api)!), parsed.GetValue(token), parsed.GetValue(data)!, stop.Token);
                return 0;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return 0;
            }
            catch (Exception error) when (error is HttpRequestException or IOException)
            {
                await Console.Error.WriteLineAsync(error.Message);
                return 1;
            }
        });
        return command;
    }

    private static DateTimeOffset? Time(long? ms) => ms is { } value ? DateTimeOffset.FromUnixTimeMilliseconds(value) : null;

    private static async Task WatchInputAsync(CancellationTokenSource stop)
    {
        var nothing = new byte[256];
        await using var input = Console.OpenStandardInput();
        while (await input.ReadAsync(nothing) > 0)
        {
            // Nothing is said to the city this way; only the end counts.
        }
        await stop.CancelAsync();
    }

    private static async Task RunAsync(ScaledTimeProvider clock, int seed, Uri mqtt, Uri api, string? token, string data, CancellationToken ct)
    {
        var world = new CityWorld(seed, clock.GetUtcNow());
        world.Happened += (time, what) => Log(time, what);
        using var http = CrewWorker.Client(api, token);
        var hub = new HubSetup(http);
        await hub.ImportAssetsAsync(CityMap.Csv(world), ct);
        var devices = CityDevices.All(world);
        var running = new List<Task>();
        foreach (var device in devices)
        {
            var password = token is null ? null : await hub.AddDeviceAsync(CityMap.Site, device.Name, ct);
            running.Add(Agent(device, world, clock, mqtt, password, data).RunAsync(ct));
        }
        Log(clock.GetUtcNow(), $"{devices.Count} devices with {devices.Sum(d => d.Points.Count)} points are live, seed {seed}");
        running.Add(new CrewWorker(http, world, clock, what => Log(clock.GetUtcNow(), what)).RunAsync(ct));
        await await Task.WhenAny(running);
        await Task.WhenAll(running);
    }

    private static EdgeAgent Agent(CityDevice device, CityWorld world, TimeProvider clock, Uri mqtt, string? password, string data)
    {
        var folder = Path.Combine(data, device.Name);
        Directory.CreateDirectory(folder);
        var config = new AgentConfig
        {
            Site = CityMap.Site,
            Device = device.Name,
            Hub = new HubLinkConfig { Url = mqtt.ToString().TrimEnd('/'), Password = password },
            Spool = new SpoolConfig { Directory = Path.Combine(folder, "spool"), MaxBytes = SpoolConfig.MinBytes },
        };
        return new EdgeAgent(config, [new WorldAdapter(device, world, clock, Every)], clock, NullLoggerFactory.Instance);
    }

    private static void Log(DateTimeOffset time, string what) => Console.Out.WriteLine($"{time.ToOffset(TimeSpan.FromHours(8)):MM-dd HH:mm} {what}");
}
