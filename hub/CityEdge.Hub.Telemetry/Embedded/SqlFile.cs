using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Telemetry;

/// <summary>One SQLite file with its prepared statements. WAL; a commit is flushed to the disk before it returns. One thread at a time.</summary>
internal class SqlFile : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly Dictionary<string, SqlStatement> statements = new(StringComparer.Ordinal);

    /// <summary>Opens for writing, or for reading only. Throws <see cref="SqliteException"/>.</summary>
    public SqlFile(string path, bool readOnly, int cacheKilobytes)
    {
        Path = path;
        connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, Mode = readOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWriteCreate }.ToString());
        try
        {
            connection.Open();
            Execute(FormattableString.Invariant($"PRAGMA busy_timeout=10000; PRAGMA cache_size=-{cacheKilobytes}; PRAGMA temp_store=MEMORY"));
            if (!readOnly) Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public string Path { get; }

    /// <summary>True inside a transaction.</summary>
    public bool InRead => SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle!) == 0;

    /// <summary>The prepared statement of a text; made at its first use.</summary>
    public SqlStatement this[string sql] => statements.TryGetValue(sql, out var statement) ? statement : statements[sql] = new SqlStatement(connection, sql);

    /// <summary>Several statements without results.</summary>
    public void Execute(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>First column of the first row, or null.</summary>
    public long? Number(string sql)
    {
        var statement = this[sql];
        long? found = statement.Step() && !statement.IsNull(0) ? statement.Long(0) : null;
        statement.Reset();
        return found;
    }

    public void InTransaction(Action work)
    {
        this["BEGIN IMMEDIATE"].Run();
        var done = false;
        try
        {
            work();
            this["COMMIT"].Run();
            done = true;
        }
        finally
        {
            if (!done) RollBack();
        }
    }

    /// <summary>Runs statements of the schema when the file is new, else checks its format; a newer one is refused.</summary>
    public void Prepare(string tables, int format)
    {
        InTransaction(() =>
        {
            if (Number("SELECT count(*) FROM sqlite_master WHERE name='meta'") != 0) return;
            Execute($"CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID; {tables}; INSERT INTO meta VALUES ('format', {format});");
        });
        var found = Number("SELECT value FROM meta WHERE key='format'");
        if (found != format) throw new InvalidDataException($"{Path}: the telemetry store has format {found}, this program knows format {format}. Run the program that wrote it, or move the folder away to begin a new store.");
    }

    public void SetMeta(string key, long value) => this["INSERT OR REPLACE INTO meta VALUES (?, ?)"].Bind(1, key).Bind(2, value).Run();

    public long? Meta(string key)
    {
        var statement = this["SELECT value FROM meta WHERE key=?"].Bind(1, key);
        long? found = statement.Step() ? statement.Long(0) : null;
        statement.Reset();
        return found;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var statement in statements.Values) statement.Dispose();
        connection.Dispose();
        GC.SuppressFinalize(this);
    }

    private void RollBack()
    {
        foreach (var statement in statements.Values) statement.Reset();
        try
        {
            this["ROLLBACK"].Run();
        }
        catch (SqliteException)
        {
            // SQLite has rolled back by itself (disk full, I/O error): there is no transaction to end.
        }
    }
}
