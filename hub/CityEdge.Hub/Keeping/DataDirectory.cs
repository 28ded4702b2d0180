namespace CityEdge.Hub.Keeping;

/// <summary>What lies in a data directory, as a copy of it must know: databases, the journal, and the rest.</summary>
internal static class DataDirectory
{
    /// <summary>Folder of the database copies under way; left behind by a hub that was killed, removed by the next.</summary>
    public const string Staging = "backup.tmp";

    public const string Journal = "journal";

    private const string Cursors = "journal/cursors/";

    public static bool IsCursor(string path) => path.StartsWith(Cursors, StringComparison.Ordinal);

    public static bool IsSegment(string path) => path.StartsWith("journal/", StringComparison.Ordinal) && path.EndsWith(".seg", StringComparison.Ordinal);

    public static bool IsDatabase(string path) => path.EndsWith(".db", StringComparison.Ordinal);

    /// <summary>Files of the directory that hold something of their own, as relative paths with <c>/</c>, in one order. <paramref name="live"/>: without what SQLite keeps beside an open database.</summary>
    public static IEnumerable<string> Files(string directory, bool live) => Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(directory, f).Replace('\\', '/'))
        .Where(f => !IsPassing(f) && !(live && IsBesideDatabase(f)))
        .Order(StringComparer.Ordinal);

    private static bool IsBesideDatabase(string path) => path.EndsWith(".db-wal", StringComparison.Ordinal);

    private static bool IsPassing(string path) =>
        path.StartsWith(Staging + "/", StringComparison.Ordinal) || path is "lock" or "journal/lock" || path.EndsWith(".tmp", StringComparison.Ordinal) || path.EndsWith(".new", StringComparison.Ordinal)
        || path.EndsWith(".db-shm", StringComparison.Ordinal);
}
