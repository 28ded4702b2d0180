using CityEdge.Contracts;
using CityEdge.Hub.Api;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Keeping;
using CityEdge.Hub.Live;
using CityEdge.Hub.Notification;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Security;
using CityEdge.Hub.Telemetry;
using CityEdge.Hub.Tickets;
using CityEdge.Hub.Tickets.Machine;
using CityEdge.Rules;
using CityEdge.SegmentLog;
using Dapper;

namespace CityEdge.Hub.Hosting;

/// <summary>Everything of a hub that lives on its data directory: opened in one order, closed in the reverse one.</summary>
public sealed class HubState : IAsyncDisposable
{
    private readonly FileStream lockFile;
    private readonly TimeSpan? reporterRetention;

    private HubState(FileStream lockFile, HubOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        this.lockFile = lockFile;
        DataDirectory = options.Data;
        reporterRetention = options.ReporterRetention;
        var zone = TimeZoneInfo.FindSystemTimeZoneById(options.TimeZone);
        Secrets = Secrets.Open(options.Data);
        Tickets = TicketStore.Open(Path.Combine(options.Data, "hub.db"), time, loggers.CreateLogger<TicketStore>());
        // A journal that lost its end (a damaged disk, a folder that was replaced) goes on past what has been handled: a position is never used twice.
        Journal = AppendLog.Open(new AppendLogOptions
        {
            Directory = Path.Combine(options.Data, "journal"),
            MaxBytes = options.JournalMaxBytes,
            MaxRecordBytes = HubChange.MaxBytes,
            MinimumEnd = Tickets.Cursor,
            WhenFull = WhenFull.Refuse,
            // Many sparse devices share a flush; it adds at most this to an acknowledgement.
            FlushInterval = TimeSpan.FromMilliseconds(2),
        });
        DataBackup.RemoveLeftovers(this);
        Tickets.WriteAsync(tx =>
        {
            RegistryTables.Migrate(tx.Connection);
            return true;
        }).GetAwaiter().GetResult();
        if (Tickets.Sla() is null) Tickets.WriteAsync(tx => tx.Put(SlaBook.Default, "system", "the defaults of this program")).GetAwaiter().GetResult();
        Dictionary<string, int> versions;
        using (var read = Tickets.OpenRead())
        {
            RegistryTables.Load(read, Registry);
            versions = read.Query<(string Id, long Version)>("select id, max(version) from rules group by id").ToDictionary(r => r.Id, r => (int)r.Version);
        }
        var log = loggers.CreateLogger<HubState>();
        var rules = new List<RuleDefinition>();
        foreach (var stored in Registry.Rules.OrderBy(r => r.Id, StringComparer.Ordinal))
        {
            var parsed = RuleParser.Parse(stored.Yaml, stored.Id);
            if (parsed.Rule is { } rule) rules.Add(rule with { Version = stored.Version });
            else log.LogError("Rule {Rule} version {Version} no longer parses and does not run: {Errors}. Put it again in today's language.", stored.Id, stored.Version, string.Join("; ", parsed.Errors));
        }
        var recovered = EngineRecovery.Load(Tickets, Journal, Registry, new RuleEngineOptions { MaxAge = options.MaxAge, Seasons = options.Calendar, HearsAgents = true }, rules, zone, time.GetUtcNow().ToUnixTimeMilliseconds(), log);
        var engine = Engine = recovered.Engine;
        var inForce = rules.ToDictionary(r => r.Id);
        var desk = DeskRecovery.Load(recovered, new DeskSite(Registry, engine, inForce), zone, Tickets, Registry, time.GetUtcNow().ToUnixTimeMilliseconds(), log);
        EngineReader = new EngineReader(engine, desk);
        Live = new LiveStream(time);
        var fold = new RuleFold(options, Registry, engine, desk, Tickets, Live, Metrics, zone, inForce);
        fold.Begin(versions);
        Rules = new RuleConsumer(Journal, Tickets, fold, engine, desk, EngineReader, Metrics, time, loggers.CreateLogger<RuleConsumer>());
        Rules.Recover(recovered);
        Telemetry = TelemetryStores.Create(options.Telemetry, time, StoreDeadLetterAsync, loggers);
        Incidents = new SystemIncidents(Tickets, time, loggers.CreateLogger<SystemIncidents>());
        TelemetryConsumer = new TelemetryConsumer(options, Journal, Telemetry, Registry, Rules.Folded, Metrics, Incidents, loggers.CreateLogger<TelemetryConsumer>());
        LastValues = new LastValues(Registry, Telemetry, TelemetryConsumer, Rules.Folded.Position);
        States = new PointStates(Registry, Tickets);
        States.Refresh();
        Counts = new RecentTicketCounts(Tickets);
    }

    public string DataDirectory { get; }

    /// <summary>Held by whoever removes or moves telemetry's files, or must find them where they are.</summary>
    public SemaphoreSlim TelemetryFiles { get; } = new(1);

    public Secrets Secrets { get; }

    public AppendLog Journal { get; }

    public TicketStore Tickets { get; }

    public HubRegistry Registry { get; } = new();

    public RuleEngine Engine { get; }

    public EngineReader EngineReader { get; }

    public RuleConsumer Rules { get; }

    public ITelemetryStore Telemetry { get; }

    public TelemetryConsumer TelemetryConsumer { get; }

    /// <summary>Faults of the hub itself.</summary>
    public SystemIncidents Incidents { get; }

    public LastValues LastValues { get; }

    public LiveStream Live { get; }

    public HubMetrics Metrics { get; } = new();

    public PointStates States { get; }

    public RecentTicketCounts Counts { get; }

    /// <summary>Opens the data directory, making it if missing.</summary>
    /// <exception cref="IOException">Another hub has it open, or it cannot be written.</exception>
    public static HubState Open(HubOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        // Keys, tokens and residents' data: not for every user of the machine.
        if (!Directory.Exists(options.Data)) Directory.CreateDirectory(options.Data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute);
        FileStream lockFile;
        try
        {
            lockFile = new FileStream(Path.Combine(options.Data, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new IOException($"{options.Data}: another hub has this data directory open. Stop it, or use another --data directory.", error);
        }
        try
        {
            return new HubState(lockFile, options, time, loggers);
        }
        catch
        {
            lockFile.Dispose();
            throw;
        }
    }

    /// <summary>Stores a dead letter that did not come out of folding the journal; it is durable when this returns.</summary>
    private async ValueTask StoreDeadLetterAsync(DeadLetter letter, CancellationToken ct)
    {
        Metrics.Refused(RefusalReason.SinkRefused);
        await Tickets.WriteAsync(tx => DeadLetters.Add(tx.Connection, letter), ct);
    }

    /// <summary>About once a minute: retention and folding in the telemetry store, caps of the tables, space of the journal.</summary>
    public async Task MaintainAsync(long nowMs, CancellationToken ct)
    {
        await Tickets.WriteAsync(tx => DeadLetters.Trim(tx.Connection) + EventTable.Trim(tx.Connection) + RegistryTables.TrimHistory(tx.Connection, Journal.Start) + DeliveryTable.Trim(tx.Connection, nowMs), ct);
        if (reporterRetention is { } kept) await Tickets.WriteAsync(tx => tx.ForgetReportersBefore(nowMs - (long)kept.TotalMilliseconds), ct);
        Registry.History.Trim(Journal.Start);
        Journal.Trim();
        // A backup copies file by file: none may be gathered into another one meanwhile.
        if (!await TelemetryFiles.WaitAsync(TimeSpan.Zero, ct)) return;
        try
        {
            await Telemetry.MaintainAsync(nowMs, ct);
        }
        catch (TelemetryUnavailableException)
        {
            // The consumer already says so; the next minute comes.
        }
        finally
        {
            TelemetryFiles.Release();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Live.DisposeAsync();
        await Telemetry.DisposeAsync();
        await Tickets.DisposeAsync();
        await Journal.DisposeAsync();
        Metrics.Dispose();
        TelemetryFiles.Dispose();
        await lockFile.DisposeAsync();
    }
}
