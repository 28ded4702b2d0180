namespace CityEdge.SegmentLog;

/// <summary>
/// The file seam of the log: everything it asks of a file system, so that power loss can be tested (<see cref="PowerCutFiles"/>). Paths are as given by the
/// caller; errors are <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.
/// </summary>
public interface ILogFiles
{
    /// <summary>Creates the folder and its parents; nothing when present.</summary>
    void CreateDirectory(string path);

    /// <summary>Names (without folder) of the files in a folder; empty when there is no such folder.</summary>
    IReadOnlyList<string> List(string directory);

    /// <summary>Opens a file for reading and writing; <paramref name="create"/> makes it anew and empty.</summary>
    ILogFile Open(string path, bool create);

    /// <summary>Opens an existing file for reading beside its writer.</summary>
    ILogFile OpenRead(string path);

    /// <summary>Renames, replacing the target.</summary>
    void Rename(string from, string to);

    /// <summary>Deletes; nothing when absent.</summary>
    void Delete(string path);

    /// <summary>Makes created, renamed and deleted names of a folder durable.</summary>
    void FlushDirectory(string path);

    /// <summary>Takes the folder for one writer; throws when another process has it. Freed when disposed or when the process ends.</summary>
    IDisposable Lock(string directory);
}
