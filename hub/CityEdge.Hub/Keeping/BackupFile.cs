namespace CityEdge.Hub.Keeping;

/// <summary>A file of a data directory in a backup.</summary>
/// <param name="Path">Relative to the data directory, with <c>/</c>.</param>
/// <param name="Bytes">Bytes in the archive.</param>
/// <param name="FullBytes">Bytes that it has once restored; the rest is zeros (a journal segment is zero-filled beforehand).</param>
/// <param name="Sha256">Of the bytes in the archive, lower-case hex.</param>
/// <param name="Mode">Unix permissions.</param>
public sealed record BackupFile(string Path, long Bytes, long FullBytes, string Sha256, UnixFileMode Mode);
