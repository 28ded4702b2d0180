namespace CityEdge.Hub.Keeping;

/// <summary>The last entry of a backup, <c>manifest.json</c>: what the others are. An archive without it is cut short.</summary>
/// <param name="Format">Of the archive; this program writes and reads 1.</param>
/// <param name="CreatedAt">When the copy was begun, UTC.</param>
/// <param name="Version">Of the hub that wrote it.</param>
/// <param name="JournalEnd">Journal position below which everything is in the copy; -1 when the hub was not running.</param>
/// <param name="Files">Every other entry.</param>
public sealed record BackupManifest(int Format, DateTimeOffset CreatedAt, string Version, long JournalEnd, IReadOnlyList<BackupFile> Files)
{
    /// <summary>Format that this program writes.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Name of the entry.</summary>
    public const string EntryName = "manifest.json";
}
