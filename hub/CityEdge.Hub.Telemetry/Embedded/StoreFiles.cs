using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Telemetry;

/// <summary>The files of one embedded store: the catalog, the day files and the roll-up files.</summary>
internal sealed class StoreFiles : IDisposable
{
    private const int IdleReaders = 128;

    /// <summary>Opens or creates the files under a directory. Throws <see cref="SqliteException"/>.</summary>
    public StoreFiles(string directory, EmbeddedStoreOptions options, ILogger? logger)
    {
        Directory = directory;
        Catalog = new Catalog(System.IO.Path.Combine(directory, Catalog.FileName));
        Partitions = new PartitionMap(DayFolder(directory), options.Retention, options.MaxFileDays);
        Readers = new DayReaders(IdleReaders, logger);
        Rolled = new RollUpFiles(HourFolder(directory));
        LateFiles = [.. Catalog.Days("SELECT start_day FROM late_file")];
    }

    public string Directory { get; }

    public Catalog Catalog { get; }

    public PartitionMap Partitions { get; }

    public DayFiles Writers { get; } = new();

    public DayReaders Readers { get; }

    public RollUpFiles Rolled { get; }

    /// <summary>First days of the files that have late rows to fold.</summary>
    public HashSet<int> LateFiles { get; }

    /// <summary>Called after each transaction of a commit, with the file's path: tests cut the power there.</summary>
    public Action<string>? Committed { get; set; }

    public static string DayFolder(string directory) => System.IO.Path.Combine(directory, "days");

    public static string HourFolder(string directory) => System.IO.Path.Combine(directory, "hours");

    /// <summary>Does work on the files; what SQLite reports becomes <see cref="TelemetryUnavailableException"/>.</summary>
    public void Guarded(Action work)
    {
        try
        {
            work();
        }
        catch (SqliteException error)
        {
            TelemetryMetrics.Retries.Add(1, TelemetryMetrics.Store("embedded"), TelemetryMetrics.Reason($"sqlite_{error.SqliteErrorCode}"));
            throw new TelemetryUnavailableException($"{Directory}: the telemetry store cannot be written: {error.Message}. Free disk space or mend the disk; the rows wait in the journal.", error);
        }
    }

    public void Dispose()
    {
        Readers.Dispose();
        Rolled.Dispose();
        Writers.Dispose();
        Catalog.Dispose();
    }
}
