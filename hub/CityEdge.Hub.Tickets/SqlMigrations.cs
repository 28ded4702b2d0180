using System.Globalization;
using System.Reflection;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Tickets;

/// <summary>
/// Numbered SQL migrations from embedded resources <c>{prefix}NNN_name.sqlite.sql</c>, recorded per component in <c>schema_version</c>, so that
/// several rooms can keep tables in one file. Each migration runs once, in order; a file from a newer program is refused.
/// </summary>
public static class SqlMigrations
{
    private const string Suffix = ".sqlite.sql";

    /// <summary>Brings a component's tables up to date and returns the version reached.</summary>
    /// <exception cref="InvalidDataException">The file was written by a newer program.</exception>
    public static int Apply(SqliteConnection connection, SqliteTransaction transaction, string component, Assembly assembly, string prefix, long nowMs)
    {
        Execute("CREATE TABLE IF NOT EXISTS schema_version (component TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL, applied_at INTEGER NOT NULL, PRIMARY KEY (component, version)) STRICT");
        var current = Current();
        var steps = assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(prefix, StringComparison.Ordinal) && n.EndsWith(Suffix, StringComparison.Ordinal))
            .Select(n => (Version: int.Parse(n.AsSpan(prefix.Length, 3), NumberStyles.None, CultureInfo.InvariantCulture), Resource: n))
            .OrderBy(s => s.Version).ToList();
        var newest = steps.Count == 0 ? 0 : steps[^1].Version;
        if (current > newest)
        {
            throw new InvalidDataException(
                $"{connection.DataSource}: tables of '{component}' are version {current}, this program knows up to {newest}. Run the newer program, or restore an older backup.");
        }
        foreach (var (version, resource) in steps.Where(s => s.Version > current))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            Execute(reader.ReadToEnd());
            Execute("INSERT INTO schema_version (component, version, name, applied_at) VALUES ($1, $2, $3, $4)", component, version, resource[prefix.Length..], nowMs);
        }
        return newest;

        void Execute(string sql, params ReadOnlySpan<object> args)
        {
            using var command = Command(sql, args);
            command.ExecuteNonQuery();
        }

        int Current()
        {
            using var command = Command("SELECT coalesce(max(version), 0) FROM schema_version WHERE component = $1", component);
            return Convert.ToInt32(command.ExecuteScalar(), CultureInfo.InvariantCulture);
        }

        SqliteCommand Command(string sql, params ReadOnlySpan<object> args)
        {
            var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = sql;
            for (var i = 0; i < args.Length; i++) command.Parameters.AddWithValue($"${i + 1}", args[i]);
            return command;
        }
    }
}
