using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Telemetry.Tests;

/// <summary>Looks into, and damages, the files of an embedded store.</summary>
internal static class StoreFolder
{
    public static string[] DayFiles(string directory) => [.. Directory.GetFiles(Path.Combine(directory, "days"), "*.db").Order(StringComparer.Ordinal)];

    /// <summary>Rows of a table, in the catalog or in all day files.</summary>
    public static long Count(string directory, string table) => table is "chunk" or "late"
        ? DayFiles(directory).Sum(f => Number(f, $"SELECT count(*) FROM {table}"))
        : Number(Path.Combine(directory, "catalog.db"), $"SELECT count(*) FROM {table}");

    public static long Number(string path, string sql)
    {
        using var connection = Open(path);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    public static int Run(string path, string sql)
    {
        using var connection = Open(path);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteNonQuery();
    }

    /// <summary>Copies all files as they are now; the shared-memory files are rebuilt from the logs, as after a power cut.</summary>
    public static void Copy(string from, string to)
    {
        foreach (var path in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            if (path.EndsWith("-shm", StringComparison.Ordinal)) continue;
            var target = Path.Combine(to, Path.GetRelativePath(from, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target);
        }
    }

    public static long Bytes(string directory) => Directory.GetFiles(directory, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);

    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        return connection;
    }
}
