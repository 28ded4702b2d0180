using CityEdge.SegmentLog;

namespace CityEdge.Hub.Keeping;

/// <summary>Makes a data directory out of an archive: aside, checked, then in one rename.</summary>
internal static class DataRestore
{
    /// <exception cref="IOException">The directory is there and not empty, or cannot be written.</exception>
    /// <exception cref="InvalidDataException">The archive or its journal is damaged; the directory is as it was.</exception>
    public static async Task<(BackupManifest Manifest, LogReport Journal)> RunAsync(string archive, string data, Action<long> progress, CancellationToken ct)
    {
        data = Path.TrimEndingDirectorySeparator(Path.GetFullPath(data));
        if (Directory.Exists(data) && Directory.EnumerateFileSystemEntries(data).Any()) throw new IOException($"{data}: it is not empty. Give a new --data directory, or move this one away first.");
        var aside = data + ".restoring";
        if (Directory.Exists(aside)) Directory.Delete(aside, recursive: true);
        Directory.CreateDirectory(aside, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute);
        try
        {
            var manifest = await BackupReader.ReadAsync(archive, aside, progress, ct);
            var journal = LogInspector.Inspect(Path.Combine(aside, DataDirectory.Journal));
            if (manifest.JournalEnd >= 0 && journal.End != manifest.JournalEnd) throw new InvalidDataException($"{archive}: its journal ends at {journal.End}, not at {manifest.JournalEnd}. Use another backup.");
            if (Directory.Exists(data)) Directory.Delete(data);
            Directory.Move(aside, data);
            return (manifest, journal);
        }
        finally
        {
            if (Directory.Exists(aside)) Directory.Delete(aside, recursive: true);
        }
    }
}
