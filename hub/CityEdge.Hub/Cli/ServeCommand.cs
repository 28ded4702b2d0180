using System.CommandLine;
using CityEdge.Hub.Hosting;

namespace CityEdge.Hub.Cli;

/// <summary><c>serve</c>: runs the hub until Ctrl-C or SIGTERM, then drains and exits 0.</summary>
public static class ServeCommand
{
    public static Command Build()
    {
        var command = new Command("serve", "Runs the hub");
        var settings = new ServeSettings();
        settings.AddTo(command);
        var verbose = new Option<bool>("--verbose") { Description = "Log more" };
        command.Options.Add(verbose);
        command.SetAction(async (parsed, ct) =>
        {
            var options = settings.Read(parsed);
            await using var host = await StartAsync(options, TimeProvider.System, Logging(parsed.GetValue(verbose)), ct);
            if (host is null) return 0;
            Console.Out.WriteLine($"ready http={host.Http.ToString().TrimEnd('/')} mqtt={host.Mqtt}{(host.Https is { } https ? $" https=https://{https}" : "")}{(host.Mqtts is { } mqtts ? $" mqtts={mqtts}" : "")}");
            await host.WaitForShutdownAsync(ct);
            await host.StopAsync();
            return 0;
        });
        return command;
    }

    /// <summary>A running hub; null when Ctrl-C came before it was ready.</summary>
    public static async Task<HubHost?> StartAsync(HubOptions options, TimeProvider time, Action<ILoggingBuilder> logging, CancellationToken ct)
    {
        try
        {
            return await HubHost.StartAsync(options, time, logging, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Logs go to standard error; standard output is for answers.</summary>
    public static Action<ILoggingBuilder> Logging(bool verbose) => builder => builder
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.UseUtcTimestamp = true;
        })
        .AddFilter("Microsoft", LogLevel.Warning)
        // A start that fails is told by the command, in one line.
        .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
        .SetMinimumLevel(verbose ? LogLevel.Debug : LogLevel.Information)
        .Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            // A terminal or a pipe that nobody reads must not hold the hub up; what is left out is told.
            console.QueueFullMode = Microsoft.Extensions.Logging.Console.ConsoleLoggerQueueFullMode.DropWrite;
            console.MaxQueueLength = 10_000;
        });
}
