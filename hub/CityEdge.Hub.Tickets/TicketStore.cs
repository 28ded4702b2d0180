using System.Collections.Concurrent;
using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;
using CityEdge.Hub.Tickets.Store;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CityEdge.Hub.Tickets;

/// <summary>
/// Alarms, tickets, deadlines, notices and the rule consumer's cursor in one SQLite file (design §4 "Cursor and effect"): one writer with group commit and
/// <c>synchronous=FULL</c>, any number of readers. Times are Unix ms UTC.
/// </summary>
public sealed partial class TicketStore : IAsyncDisposable
{
    private readonly SqlSession writer;
    private readonly WriteQueue queue;
    private readonly ILogger logger;
    private readonly string readString;
    private readonly ConcurrentDictionary<PointId, long> earliest = new();
    private long cursor;
    private int disposed;

    private TicketStore(string path, string readString, SqlSession writer, TimeProvider time, ILogger logger)
    {
        Path = path;
        this.writer = writer;
        this.logger = logger;
        this.readString = readString;
        cursor = writer.One("SELECT position FROM rule_cursor", row => row.GetInt64(0));
        foreach (var (anchor, due) in writer.All("SELECT anchor, min(due) FROM ticket_deadlines GROUP BY anchor", row => (row.GetString(0), row.GetInt64(1))))
        {
            earliest[ChangeSet.Point(anchor)] = due;
        }
        queue = new WriteQueue(writer, time, logger, OnCommitted);
    }

    /// <summary>
    /// After a commit: what it changed, each alarm and ticket once. Runs on the writer, before those who wait for the commit go on: be quick, and do not wait
    /// for another write.
    /// </summary>
    public event Action<IReadOnlyList<StoreChange>>? Committed;

    /// <summary>The file, or the name of a store in memory.</summary>
    public string Path { get; }

    /// <summary>The position last given to <see cref="TicketTransaction.SaveCursor"/> and committed; 0 when none.</summary>
    public long Cursor => Interlocked.Read(ref cursor);

    /// <summary>Every point that a deadline waits on, with its earliest due time, so that the wall clock can wake a point that has gone silent.</summary>
    public IReadOnlyCollection<(PointId Anchor, long DueMs)> AnchoredDeadlines => [.. earliest.Select(e => (e.Key, e.Value))];

    /// <summary>Opens or creates the file and brings its tables up to date.</summary>
    /// <exception cref="InvalidDataException">The file was written by a newer program.</exception>
    /// <exception cref="SqliteException">The file is not a database, or cannot be written.</exception>
    public static TicketStore Open(string path, TimeProvider time, ILogger<TicketStore>? logger = null)
    {
        path = System.IO.Path.GetFullPath(path);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        // Not pooled: closing the store closes the file.
        return Open(path, new() { DataSource = path, Pooling = false }, new() { DataSource = path, Mode = SqliteOpenMode.ReadOnly }, time, logger);
    }

    /// <summary>A store in memory, for asking what tickets some alarms would give; it is gone when disposed.</summary>
    public static TicketStore OpenInMemory(TimeProvider time)
    {
        var name = $"tickets-{Guid.NewGuid():N}";
        var source = new SqliteConnectionStringBuilder { DataSource = name, Mode = SqliteOpenMode.Memory, Cache = SqliteCacheMode.Shared, Pooling = false };
        return Open(name, source, source, time, null);
    }

    private static TicketStore Open(string path, SqliteConnectionStringBuilder write, SqliteConnectionStringBuilder read, TimeProvider time, ILogger<TicketStore>? logger)
    {
        var connection = new SqliteConnection(write.ToString());
        try
        {
            connection.Open();
            using (var pragma = connection.CreateCommand())
            {
                pragma.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;";
                pragma.ExecuteNonQuery();
            }
            using (var transaction = connection.BeginTransaction(deferred: false))
            {
                SqlMigrations.Apply(connection, transaction, "tickets", typeof(TicketStore).Assembly, "CityEdge.Hub.Tickets.Sql.", time.GetUtcNow().ToUnixTimeMilliseconds());
                // A component of its own: its numbers are its own, too.
                SqlMigrations.Apply(connection, transaction, "desk_settings", typeof(TicketStore).Assembly, "CityEdge.Hub.Tickets.Settings.", time.GetUtcNow().ToUnixTimeMilliseconds());
                transaction.Commit();
            }
            return new TicketStore(path, read.ToString(), new SqlSession(connection), time, logger ?? (ILogger)NullLogger.Instance);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Runs a work on the writer; when the task completes, all that it did is on disk. A work that throws is rolled back alone and its exception is the task's.
    /// Works run one at a time, in the order of the calls. A work must not wait for anything.
    /// </summary>
    public Task<T> WriteAsync<T>(Func<TicketTransaction, T> work, CancellationToken ct = default) => queue.WriteAsync(work, ct);

    /// <summary>As <see cref="WriteAsync{T}"/>, for a work without a result.</summary>
    public Task WriteAsync(Action<TicketTransaction> work, CancellationToken ct = default) => queue.WriteAsync(
        t =>
        {
            work(t);
            return true;
        },
        ct);

    /// <summary>Tickets, newest raise time first.</summary>
    /// <exception cref="ArgumentException">The cursor is none (<see cref="IsCursor"/>), or the limit is out of range.</exception>
    public TicketPage List(TicketQuery query) => Read(sql => TicketLists.Tickets(sql, query));

    /// <summary>One ticket with its alarms, deadlines and timeline; null when there is none.</summary>
    public TicketView? Get(string id) => Read(sql => TicketViews.One(sql, id));

    /// <summary>Alarms, newest raise time first.</summary>
    /// <exception cref="ArgumentException">The cursor is none (<see cref="IsCursor"/>), or the limit is out of range.</exception>
    public AlarmPage Alarms(AlarmQuery query) => Read(sql => TicketLists.Alarms(sql, query));

    /// <summary>One alarm; null when there is none.</summary>
    public AlarmView? Alarm(string id) => Read(sql => TicketViews.OneAlarm(sql, id));

    /// <summary>The promises in force; null: none are kept.</summary>
    public DeskSetting<SlaBook>? Sla() => Setting<SlaBook>(DeskSettings.Sla);

    /// <summary>The operating mode; null: it was never changed from normal.</summary>
    public DeskSetting<OperatingMode>? Mode() => Setting<OperatingMode>(DeskSettings.OperatingModeKind);

    /// <summary>The responsibility catalogue; null or empty: a unit takes a ticket by itself.</summary>
    public DeskSetting<IReadOnlyList<ResponsibilityRow>>? Catalogue() => Setting<IReadOnlyList<ResponsibilityRow>>(DeskSettings.Catalogues);

    /// <summary>Shelves that were not ended; those past their time have no effect.</summary>
    public IReadOnlyList<Shelf> Shelves() => Read(DeskRows.Shelves);

    /// <summary>Maintenance windows, by id.</summary>
    public IReadOnlyList<Maintenance> MaintenanceWindows() => Read(DeskRows.Windows);

    /// <summary>What people did to a rule's alarms on a point, the latest 50, oldest first.</summary>
    public IReadOnlyList<AlarmActView> Acts(string rule, string point) => Read(sql => DeskRows.Acts(sql, rule, point));

    /// <summary>True for a text that a page's <c>Next</c> can have been.</summary>
    public static bool IsCursor(string text) => PageCursor.TryParse(text, out _);

    /// <summary>A ticket's whole log; empty when there is no such ticket.</summary>
    public IReadOnlyList<TicketEvent> Log(string ticketId) =>
        Read(sql => sql.All($"SELECT {TicketRows.EventColumns} FROM ticket_events WHERE ticket_id = $1 ORDER BY seq", TicketRows.Event, ticketId));

    /// <summary>The folded ticket as stored; null when there is none.</summary>
    public TicketRecord? Record(string ticketId) => Read(sql => TicketRows.Load(sql, ticketId)?.Record);

    /// <summary>Checks a ticket's hash chain to its stored end and that its log folds to its row; null when all is well, else what is wrong.</summary>
    public string? Audit(string ticketId) => Read(sql =>
    {
        if (TicketRows.Load(sql, ticketId) is not { } stored) return $"There is no ticket {ticketId}.";
        var lines = sql.All($"SELECT {TicketRows.EventColumns} FROM ticket_events WHERE ticket_id = $1 ORDER BY seq", TicketRows.Event, ticketId);
        return TicketLog.FirstBreak(lines, stored.Head) ?? (TicketLog.Replay(lines) == stored.Record ? null : $"ticket {ticketId}: its log does not fold to its row");
    });

    /// <summary>A kept snapshot of rule state, 0 the newest, 1 the one before; null when there is none.</summary>
    public (long Position, byte[] Data)? LoadSnapshot(int ageIndex = 0) => Read(sql => sql.One(
        "SELECT position, data FROM rule_snapshots ORDER BY position DESC LIMIT 1 OFFSET $1", ((long Position, byte[] Data)? (row) => (row.GetInt64(0), row.Bytes(1))), ageIndex));

    /// <summary>Notices that nobody has marked as sent and that are not gathered, oldest first.</summary>
    public IReadOnlyList<PendingNotice> UnsentNotices(int limit) => Read(sql => NoticeRows.Unsent(sql, limit));

    /// <summary>Gathered notices that nobody has told of, up to an id, oldest first.</summary>
    public IReadOnlyList<PendingNotice> GatheredUpTo(long lastId, int limit) => Read(sql => NoticeRows.GatheredUpTo(sql, lastId, limit));

    /// <summary>What is gathered and not told yet; null when nothing is.</summary>
    public GatheredNotices? Gathered() => Read(sql => NoticeRows.Digest(sql, newest: 50));

    /// <summary>Earliest event-time deadline of a point among committed tickets; null when none. A look-up in memory.</summary>
    public long? EarliestDue(PointId anchor) => earliest.TryGetValue(anchor, out var due) ? due : null;

    /// <summary>A read-only connection of the caller's own, to dispose. It sees committed data only.</summary>
    public SqliteConnection OpenRead()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        var connection = new SqliteConnection(readString);
        connection.Open();
        return connection;
    }

    /// <summary>Runs what is queued, commits, closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        await queue.DisposeAsync().ConfigureAwait(false);
        writer.Dispose();
        using (var pooled = new SqliteConnection(readString)) SqliteConnection.ClearPool(pooled);
        await writer.Connection.DisposeAsync().ConfigureAwait(false);
    }

    private DeskSetting<T>? Setting<T>(string kind) => Read(sql => DeskSettings.Latest(sql, kind)) is { } row ? new(row.Version, DeskSettings.Read<T>(row.Body), row.Actor, row.Reason, row.AtMs) : null;

    private T Read<T>(Func<SqlSession, T> read)
    {
        using var connection = OpenRead();
        using var sql = new SqlSession(connection);
        // One snapshot for all the queries of a view.
        using var transaction = connection.BeginTransaction(deferred: true);
        sql.Transaction = transaction;
        return read(sql);
    }

    private void OnCommitted(ChangeSet changes)
    {
        foreach (var anchor in changes.Anchors)
        {
            var due = writer.One("SELECT min(due) FROM ticket_deadlines WHERE anchor = $1", row => row.LongOrNull(0), anchor);
            if (due is { } ms) earliest[ChangeSet.Point(anchor)] = ms;
            else earliest.TryRemove(ChangeSet.Point(anchor), out _);
        }
        if (changes.Cursor is { } position) Interlocked.Exchange(ref cursor, position);
        if (changes.Changes.Count == 0 || Committed is not { } listeners) return;
        foreach (var listener in listeners.GetInvocationList().Cast<Action<IReadOnlyList<StoreChange>>>())
        {
            try
            {
                listener(changes.Changes);
            }
            catch (Exception failure)
            {
                // The commit stands; a listener must not make a stored work look failed.
                logger.LogError(failure, "Ticket store: a listener of Committed failed");
            }
        }
    }
}
