using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using CityEdge.Contracts;
using CityEdge.Hub.Api;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Security;
using CityEdge.Rules;

namespace CityEdge.Hub.Cli;

/// <summary>
/// <c>demo</c>: serve plus the simulated city, a program of its own that speaks real MQTT. The clock they share starts on a fixed date of a heating
/// season and runs N times as fast, so that a two-hour hold shows in seconds, in July too; protocol time-outs stay real.
/// </summary>
public static class DemoCommand
{
    /// <summary>Start of the demo's clock: six in the morning of a winter day in Beijing.</summary>
    public static readonly DateTimeOffset Start = new(2026, 1, 12, 6, 0, 0, TimeSpan.FromHours(8));

    public static Command Build()
    {
        var command = new Command("demo", "Runs the hub together with a simulated city");
        var settings = new ServeSettings();
        settings.AddTo(command);
        var speed = new Option<double>("--speed") { HelpName = "N", Description = "How many times as fast as real time the demo's clock runs, 1 to 3600", DefaultValueFactory = _ => 600 };
        var seed = new Option<int>("--seed") { HelpName = "N", Description = "Seed of the simulated city; the same seed gives the same weather and faults", DefaultValueFactory = _ => 1 };
        var verbose = new Option<bool>("--verbose") { Description = "Log more" };
        command.Options.Add(speed);
        command.Options.Add(seed);
        command.Options.Add(verbose);
        command.SetAction(async (parsed, ct) =>
        {
            var factor = parsed.GetValue(speed);
            if (factor is not (>= 1 and <= 3600)) throw new UsageException($"--speed is '{factor}'; expected a number from 1 to 3600.");
            var scratch = Directory.CreateTempSubdirectory("cityedge-demo-");
            try
            {
                var overrides = new Dictionary<string, string> { ["data"] = Path.Combine(scratch.FullName, "hub") };
                var clock = new ScaledTimeProvider(Start, TimeProvider.System.GetUtcNow(), factor);
                var options = settings.Read(parsed, overrides) with { ClockSpeed = factor };
                await RunAsync(options, clock, parsed.GetValue(seed), scratch.FullName, ServeCommand.Logging(parsed.GetValue(verbose)), ct);
                return 0;
            }
            finally
            {
                scratch.Delete(recursive: true);
            }
        });
        return command;
    }

    private static async Task RunAsync(HubOptions options, ScaledTimeProvider clock, int seed, string scratch, Action<ILoggingBuilder> logging, CancellationToken ct)
    {
        await using var host = await ServeCommand.StartAsync(options, clock, logging, ct);
        if (host is null) return;
        var rules = RuleCatalogue.All.Select(r => new RuleChange(RuleParser.Parse(r.Yaml, r.File).Rule!.Id, r.Yaml, "demo")).ToList();
        await host.Service<HubChanges>().ApplyAsync(new HubChange { Actor = "demo", Rules = rules }, ct);
        var accounts = host.Service<AccountStore>();
        var password = Secrets.NewToken()[..16];
        await accounts.AddUserAsync("demo", "admin", password, ct);
        await accounts.AddUserAsync("city", "admin", null, ct);
        var token = await accounts.NewUserTokenAsync("city", ct);
        using var city = StartCity(host, clock, seed, scratch, token!);
        Console.Out.WriteLine($"ready http={host.Http.ToString().TrimEnd('/')} mqtt={host.Mqtt}");
        Console.Out.WriteLine($"Open {host.Http} and sign in as 'demo' with the one-time password {password}");
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"The city's clock runs {clock.Speed} times as fast; a heating fault and a roof leak follow within minutes. Ctrl-C ends the demo."));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var exit = city.WaitForExitAsync(ended.Token);
        var shutdown = host.WaitForShutdownAsync(ended.Token);
        var first = await Task.WhenAny(shutdown, exit);
        // Ctrl-C in a terminal reaches the city too: that it ends then is no failure.
        var cityFailed = first == exit && exit.IsCompletedSuccessfully && !ct.IsCancellationRequested && city.ExitCode != 0;
        await ended.CancelAsync();
        if (!city.HasExited) await StopCityAsync(city);
        await host.StopAsync();
        await shutdown;
        if (cityFailed) throw new CommandFailedException($"The simulated city ended with exit code {city.ExitCode}; see its messages above.");
    }

    private static Process StartCity(HubHost host, ScaledTimeProvider clock, int seed, string scratch, string token)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "city", "cityedge-city.dll");
        if (!File.Exists(program)) throw new CommandFailedException($"{program} is missing: build with 'dotnet build hub/CityEdge.Hub', which builds the simulated city too.");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } self && Path.GetFileNameWithoutExtension(self) == "dotnet" ? self : "dotnet")
        {
            UseShellExecute = false,
            // The city ends when this pipe closes, so that it never outlives a hub that was killed.
            RedirectStandardInput = true,
            // Standard output is for the hub's own lines.
            RedirectStandardOutput = true,
        };
        string[] arguments =
        [
            program, "run", "--mqtt", $"mqtt://{host.Mqtt}", "--api", host.Http.ToString(), "--data", Path.Combine(scratch, "city"), "--seed", seed.ToString(CultureInfo.InvariantCulture),
            "--speed", clock.Speed.ToString(CultureInfo.InvariantCulture), "--clock-origin", clock.Origin.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
            "--clock-real-origin", clock.RealOrigin.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture), "--exit-with-input",
        ];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["CITYEDGE_TOKEN"] = token;
        var city = Process.Start(start) ?? throw new CommandFailedException($"{program} could not be started.");
        city.OutputDataReceived += (_, line) =>
        {
            if (line.Data is not null) Console.Error.WriteLine("city: " + line.Data);
        };
        city.BeginOutputReadLine();
        return city;
    }

    private static async Task StopCityAsync(Process city)
    {
        city.StandardInput.Close();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await city.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            city.Kill(entireProcessTree: true);
            await city.WaitForExitAsync(CancellationToken.None);
        }
    }
}
