using System.Globalization;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Telemetry;

/// <summary>Tables of the embedded store's file and its format version.</summary>
internal static class ChunkSchema
{
    public const int Format = 1;

    private const string Tables = """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE series (id INTEGER PRIMARY KEY, site TEXT NOT NULL, device TEXT NOT NULL, point TEXT NOT NULL, kind TEXT NOT NULL,
            UNIQUE (site, device, point, kind));
        CREATE TABLE chunk (series_id INTEGER NOT NULL, t0 INTEGER NOT NULL, t1 INTEGER NOT NULL, n INTEGER NOT NULL, position INTEGER NOT NULL, save INTEGER NOT NULL, body BLOB NOT NULL,
            PRIMARY KEY (series_id, t0)) WITHOUT ROWID;
        CREATE TABLE late (series_id INTEGER NOT NULL, t INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (series_id, t)) WITHOUT ROWID;
        CREATE TABLE head_segment (id INTEGER PRIMARY KEY, save INTEGER NOT NULL, body BLOB NOT NULL);
        INSERT INTO meta VALUES ('format', 1), ('position', 0), ('save', 0);
        """;

    /// <summary>Opens the writing connection: WAL, a commit is flushed to the disk before it returns.</summary>
    public static SqliteConnection OpenForWriting(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 10 }.ToString());
        try
        {
            connection.Open();
            Run(connection, "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32768; PRAGMA temp_store=MEMORY;");
            Prepare(connection, path);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar() ?? 0L, CultureInfo.InvariantCulture);
    }

    private static void Prepare(SqliteConnection connection, string path)
    {
        using var transaction = connection.BeginTransaction();
        if (Number(connection, "SELECT count(*) FROM sqlite_master WHERE name='meta'") == 0) Run(connection, Tables);
        transaction.Commit();
        var format = Number(connection, "SELECT value FROM meta WHERE key='format'");
        if (format is not Format)
        {
            throw new InvalidDataException($"{path}: the telemetry store has format {format}, this program knows format {Format}. Run the program that wrote it, or move the file away to begin a new store.");
        }
    }
}
