using System.Net;
using CityEdge.Hub.Api;
using CityEdge.Hub.Complaints;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Metrics;
using CityEdge.Hub.Reports;
using CityEdge.Hub.Notification;
using CityEdge.Hub.Placing;
using CityEdge.Hub.Security;
using CityEdge.Hub.Upstream;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace CityEdge.Hub.Hosting;

/// <summary>A running hub: its state, its broker, its web application and the tasks between them.</summary>
public sealed class HubHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly HubState state;
    private readonly MqttBroker broker;
    private readonly MeterProvider meters;
    private readonly CancellationTokenSource consumers = new();
    private readonly List<Task> tasks = [];
    private bool stopped;

    private HubHost(WebApplication app, HubState state, MqttBroker broker, MeterProvider meters) => (this.app, this.state, this.broker, this.meters) = (app, state, broker, meters);

    /// <summary>Address of console and API, with the port that was chosen.</summary>
    public Uri Http { get; private set; } = new("http://127.0.0.1");

    /// <summary><c>HOST:PORT</c> of the plain MQTT listener, with the port that was chosen; <c>none</c> without one.</summary>
    public string Mqtt { get; private set; } = "";

    /// <summary><c>HOST:PORT</c> of console and API over TLS, with the port that was chosen; null when there is none.</summary>
    public string? Https { get; private set; }

    /// <summary><c>HOST:PORT</c> of MQTT over TLS, with the port that was chosen; null when there is none.</summary>
    public string? Mqtts { get; private set; }

    public HubState State => state;

    /// <summary>One of the parts, by type.</summary>
    public T Service<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    /// <summary>Opens the data directory, recovers, listens, and starts the consumers.</summary>
    /// <exception cref="IOException">The data directory is in use or cannot be written, or a port is taken.</exception>
    public static async Task<HubHost> StartAsync(HubOptions options, TimeProvider time, Action<ILoggingBuilder>? logging = null, CancellationToken ct = default)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, WebRootPath = Path.Combine(AppContext.BaseDirectory, "wwwroot") });
        builder.Logging.ClearProviders();
        logging?.Invoke(builder.Logging);
        var loggers = LoggerFactory.Create(b => logging?.Invoke(b));
        var state = HubState.Open(options, time, loggers);
        HubHost host;
        try
        {
            host = await ComposeAsync(builder, state, options, time, loggers, ct);
        }
        catch
        {
            await state.DisposeAsync();
            throw;
        }
        try
        {
            await host.RunAsync(options, time, ct);
            return host;
        }
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            await host.DisposeAsync();
            throw new IOException($"{error.Message} Stop the program that has it, or give another address with --http or --mqtt; port 0 is any free one.", error);
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    private static async Task<HubHost> ComposeAsync(WebApplicationBuilder builder, HubState state, HubOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken ct)
    {
        var accounts = new AccountStore(state.Tickets, state.Secrets, time);
        if (options.Auth == AuthMode.Required) await accounts.EnsureAdministratorAsync(options.Data, ct);
        // Certificates live by the real clock, in the demo too.
        var tls = options.Https is null && options.Mqtts is null ? null : new TlsFiles(options, TimeProvider.System, loggers.CreateLogger<TlsFiles>());
        var watch = new CertificateWatch(tls);
        var observer = new HubBrokerObserver(state, loggers.CreateLogger<HubBrokerObserver>());
        var throttle = new SignInThrottle(TimeProvider.System);
        var authenticator = new HubAuthenticator(options, accounts, throttle, watch, loggers.CreateLogger<HubAuthenticator>());
        var broker = new MqttBroker(options.Broker, state.Journal, Path.Combine(options.Data, "broker"), authenticator, observer, time, loggers.CreateLogger<MqttBroker>());
        await broker.StartAsync(ct);

        var prometheus = new PrometheusText(HubMetrics.InstanceTag, state.Metrics.Instance);
        var meters = Sdk.CreateMeterProviderBuilder().AddMeter("CityEdge.*", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime").AddReader(prometheus.CreateReader()).Build()!;
        HubGauges.Register(state, broker, time);
        BrokerGauges.Register(state.Metrics, broker, options.Broker);

        builder.Services.AddSingleton(options).AddSingleton(time).AddSingleton(state).AddSingleton(broker).AddSingleton(accounts).AddSingleton(prometheus).AddSingleton(throttle)
            .AddSingleton(watch).AddSingleton(state.Secrets).AddSingleton<ClaimCodes>().AddSingleton(new ClaimThrottle(TimeProvider.System))
            .AddSingleton(state.Registry).AddSingleton(state.Tickets).AddSingleton(state.Telemetry).AddSingleton(state.EngineReader).AddSingleton(state.Live).AddSingleton(state.States)
            .AddSingleton(state.Journal).AddSingleton(state.Rules).AddSingleton<HubChanges>().AddSingleton<ComplaintIntake>().AddSingleton(state.Metrics).AddSingleton<ApiIdentity>().AddSingleton(new ConsoleSessions(TimeProvider.System))
            .AddSingleton(observer).AddSingleton<Announcer>().AddSingleton(sp => new Notifier(options, state.Tickets, state.Registry, state.Metrics, time, sp.GetRequiredService<ILogger<Notifier>>())).AddSingleton<RulesWatcher>().AddSingleton(new ReportBook(state.Tickets, TimeZoneInfo.FindSystemTimeZoneById(options.TimeZone))).AddSingleton<ConfigPublisher>();
        if (options.Upstream is not null) builder.Services.AddSingleton<IBrokerObserver>(observer).AddSingleton<UpstreamCounters>().AddSingleton<UpstreamLink>();
        // Without the link nothing is kept for it: its place must not hold the journal.
        else state.Journal.RemoveCursor(UpstreamOutbox.CursorName);
        builder.Services.ConfigureHttpJsonOptions(json => HubJson.Configure(json.SerializerOptions));
        builder.Services.AddProblemDetails(problems => problems.CustomizeProblemDetails = Routes.Describe);
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        builder.Services.AddOpenApi("v1");
        builder.Services.AddResponseCompression();
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options, tls));
        builder.WebHost.UseKestrelHttpsConfiguration();

        var app = builder.Build();
        Routes.Map(app);
        return new HubHost(app, state, broker, meters);
    }

    /// <summary>Starts the consumers, puts the rules directory in force, then listens: the first reading already meets its rules.</summary>
    private async Task RunAsync(HubOptions options, TimeProvider time, CancellationToken ct)
    {
        var watcher = app.Services.GetRequiredService<RulesWatcher>();
        await state.LastValues.LoadAsync(TimeSpan.FromSeconds(2), ct);
        Run("rules", state.Rules.RunAsync);
        Run("telemetry", state.TelemetryConsumer.RunAsync);
        Run("notifications", app.Services.GetRequiredService<Notifier>().RunAsync);
        Run("configurations", app.Services.GetRequiredService<ConfigPublisher>().RunAsync);
        Run("announcer", app.Services.GetRequiredService<Announcer>().RunAsync);
        var observer = app.Services.GetRequiredService<HubBrokerObserver>();
        Run("refusals", observer.RunAsync);
        Run("connection log", observer.TellAsync);
        Run("last values", state.LastValues.RunAsync);
        Run("storage watch", new StorageWatch(options, state.Journal, state.Incidents).RunAsync);
        Run("maintenance", async stop =>
        {
            using var minute = new PeriodicTimer(TimeSpan.FromMinutes(1));
            while (await minute.WaitForNextTickAsync(stop)) await state.MaintainAsync(time.GetUtcNow().ToUnixTimeMilliseconds(), stop);
        });
        await watcher.ApplyAsync(ct);
        if (app.Services.GetService<UpstreamLink>() is { } upstream)
        {
            app.Services.GetRequiredService<UpstreamCounters>().Register(state.Metrics, upstream);
            Run("upstream", upstream.RunAsync);
        }
        Run("rules directory", watcher.RunAsync);
        Run("certificates", stop => app.Services.GetRequiredService<CertificateWatch>().RunAsync(broker, stop));
        await app.StartAsync(ct);
        ReadAddresses(options);
        app.Services.GetRequiredService<Notifier>().Address = Https is null ? Http : new Uri("https://" + Https);
        if (!Endpoints.IsOwn(options.Broker) || options.Mqtt is not { } plain) return;
        Endpoints.TrySplit(plain, out var host, out var port);
        Mqtt = $"{host}:{broker.Listen(Endpoints.AddressesOf(host), port).Port}";
    }

    private static void Listen(KestrelServerOptions kestrel, HubOptions options, TlsFiles? tls)
    {
        // Endpoints that take files say so themselves.
        kestrel.Limits.MaxRequestBodySize = 1 << 20;
        Endpoints.Listen(kestrel, options.Http.Host, options.Http.Port, listen => listen.Protocols = HttpProtocols.Http1);
        if (!Endpoints.IsOwn(options.Broker) && options.Mqtt is { } plain) ListenMqtt(plain, null);
        if (tls is null) return;
        if (options.Https is { } https && Endpoints.TrySplit(https, out var host, out var port)) Endpoints.Listen(kestrel, host, port, listen => UseTls(listen, clients: false));
        if (options.Mqtts is { } mqtts) ListenMqtt(mqtts, tls);

        void ListenMqtt(string address, TlsFiles? secured)
        {
            if (!Endpoints.TrySplit(address, out var host, out var port)) throw new FormatException($"'{address}' is not HOST:PORT.");
            Endpoints.Listen(kestrel, host, port, listen =>
            {
                if (secured is not null)
                {
                    listen.UseMqttAdmission(kestrel.ApplicationServices.GetRequiredService<MqttBroker>());
                    UseTls(listen, clients: true);
                }
                listen.UseConnectionHandler<MqttConnectionHandler>();
            });
        }

        void UseTls(ListenOptions listen, bool clients) => listen.UseHttps(new TlsHandshakeCallbackOptions { HandshakeTimeout = options.Broker.ConnectTimeout, OnConnection = _ => ValueTask.FromResult(tls!.Handshake(clients)) });
    }

    private void ReadAddresses(HubOptions options)
    {
        // Kestrel reports its endpoints in the order in which they were added: HTTP first, plain MQTT second unless the broker serves it itself.
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(a => new Uri(a)).ToList();
        Http = new Uri($"http://{options.Http.Host}:{addresses[0].Port}");
        var host = "";
        if (options.Mqtt is null) Mqtt = "none";
        else if (!Endpoints.IsOwn(options.Broker) && Endpoints.TrySplit(options.Mqtt, out host, out _)) Mqtt = $"{host}:{addresses[1].Port}";
        // The TLS ones come last, HTTPS before MQTT.
        if (options.Https is not null && Endpoints.TrySplit(options.Https, out host, out _)) Https = $"{host}:{addresses[options.Mqtts is null ? ^1 : ^2].Port}";
        if (options.Mqtts is not null && Endpoints.TrySplit(options.Mqtts, out host, out _)) Mqtts = $"{host}:{addresses[^1].Port}";
    }

    private void Run(string name, Func<CancellationToken, Task> work)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("CityEdge.Hub." + name.Replace(' ', '-'));
        tasks.Add(Task.Run(async () =>
        {
            while (!consumers.IsCancellationRequested)
            {
                try
                {
                    await work(consumers.Token);
                    return;
                }
                catch (OperationCanceledException) when (consumers.IsCancellationRequested)
                {
                    return;
                }
#pragma warning disable CA1031 // A part that fails is started again and says so; the others go on.
                catch (Exception error)
#pragma warning restore CA1031
                {
                    logger.LogCritical(error, "The {Part} part failed; it starts again in 1 s.", name);
                    state.Metrics.Retry(name.Replace(' ', '-'));
                    await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, consumers.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }));
    }

    /// <summary>Waits until the application is asked to stop.</summary>
    public async Task WaitForShutdownAsync(CancellationToken ct)
    {
        var done = new TaskCompletionSource();
        await using var byToken = ct.Register(() => done.TrySetResult());
        await using var byApp = app.Lifetime.ApplicationStopping.Register(() => done.TrySetResult());
        if (await Task.WhenAny(done.Task, broker.Failed) == broker.Failed)
            throw new IOException($"The journal in {state.DataDirectory} can no longer be written: {state.Journal.Stats.Failure ?? "the broker's router has failed, see the log"}. Nothing acknowledged is lost; mend the disk and start the hub again.");
    }

    /// <summary>Drains and stops within 10 s: no more connections, consumers end at a stored position, everything is flushed.</summary>
    public async Task StopAsync()
    {
        if (stopped) return;
        stopped = true;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(7));
        await broker.StopAsync();
        await state.Live.DisposeAsync();
        try
        {
            await app.StopAsync(deadline.Token);
            await consumers.CancelAsync();
            await Task.WhenAll(tasks).WaitAsync(deadline.Token);
            await state.Rules.StopAsync(deadline.Token);
            await state.Telemetry.FlushAsync(deadline.Token);
        }
        catch (Exception error) when (error is Telemetry.TelemetryUnavailableException or OperationCanceledException)
        {
            app.Logger.LogWarning("Not everything could be drained at stop; what is left stays in the journal for the next start: {Message}", error.Message);
        }
        if (!state.Journal.Failed.IsCompleted) state.TelemetryConsumer.SaveCursor();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await app.DisposeAsync();
        meters.Dispose();
        await broker.DisposeAsync();
        await state.DisposeAsync();
        consumers.Dispose();
    }
}
