using CityEdge.Hub.Hosting;
using CityEdge.SegmentLog;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Keeping;

/// <summary>
/// Copies a data directory into one archive. Of a running hub too: everything beside the journal is the effect of the journal up to a position of its own, so each part is
/// copied whole, in the order cursors, databases and files, journal. No part is then ahead of the copied journal, and whatever it lags behind is done again from there,
/// which changes nothing twice (design §2.2). A cursor of its own keeps the journal from being trimmed meanwhile.
/// </summary>
internal static class DataBackup
{
    private const string PinName = "backup";

    /// <summary>Copies a running hub's directory. One at a time.</summary>
    public static async Task WriteAsync(HubState state, Stream output, DateTimeOffset now, CancellationToken ct)
    {
        var data = state.DataDirectory;
        var staging = Path.Combine(data, DataDirectory.Staging);
        RemoveLeftovers(state);
        await state.TelemetryFiles.WaitAsync(ct);
        try
        {
            state.Journal.OpenCursor(PinName, state.Journal.Start);
            Directory.CreateDirectory(staging, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await using var archive = new BackupWriter(output, now);
            var files = DataDirectory.Files(data, live: true).Where(f => !DataDirectory.IsSegment(f) && !IsPin(f)).OrderByDescending(DataDirectory.IsCursor).ToList();
            foreach (var path in files)
            {
                var source = Path.Combine(data, path);
                try
                {
                    if (DataDirectory.IsDatabase(path)) await AddDatabaseAsync(archive, path, source, staging, ct);
                    else await archive.AddAsync(path, source, ct);
                }
                catch (FileNotFoundException)
                {
                    // An older snapshot of the broker, removed since the files were listed.
                }
            }
            var end = state.Journal.DurableEnd;
            foreach (var file in state.Journal.FilesBelow(end)) await archive.AddAsync($"{DataDirectory.Journal}/{file.Name}", Path.Combine(data, DataDirectory.Journal, file.Name), ct, file.UsedBytes, file.FullBytes);
            await archive.FinishAsync(end, ct);
        }
        finally
        {
            RemoveLeftovers(state);
            state.TelemetryFiles.Release();
        }
    }

    /// <summary>What a backup that was cut off by the end of its process left behind.</summary>
    public static void RemoveLeftovers(HubState state)
    {
        state.Journal.RemoveCursor(PinName);
        var staging = Path.Combine(state.DataDirectory, DataDirectory.Staging);
        if (Directory.Exists(staging)) Directory.Delete(staging, recursive: true);
    }

    /// <summary>Copies the directory of a hub that does not run, byte for byte.</summary>
    /// <exception cref="IOException">A hub has it open.</exception>
    public static async Task WriteStoppedAsync(string data, Stream output, DateTimeOffset now, CancellationToken ct)
    {
        await using var held = Hold(data);
        await using var archive = new BackupWriter(output, now);
        foreach (var path in DataDirectory.Files(data, live: false).Where(f => !IsPin(f)))
        {
            var source = Path.Combine(data, path);
            if (DataDirectory.IsSegment(path)) await archive.AddAsync(path, source, ct, UsedBytes(source), new FileInfo(source).Length);
            else await archive.AddAsync(path, source, ct);
        }
        await archive.FinishAsync(-1, ct);
    }

    private static bool IsPin(string path) => DataDirectory.IsCursor(path) && Path.GetFileNameWithoutExtension(path) == PinName;

    private static FileStream Hold(string data)
    {
        if (!Directory.Exists(data)) throw new IOException($"{data}: there is no such directory. Give the data directory of a hub.");
        if (!File.Exists(Path.Combine(data, "hub.db"))) throw new IOException($"{data}: this is not the data directory of a hub, there is no hub.db in it.");
        try
        {
            return new FileStream(Path.Combine(data, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new IOException($"{data}: a hub has this data directory open. Leave --data out to copy the running hub, or stop it.", error);
        }
    }

    /// <summary>A transaction of its own reads the database as it is now; readers and the writer go on.</summary>
    private static async Task AddDatabaseAsync(BackupWriter archive, string path, string source, string staging, CancellationToken ct)
    {
        if (!File.Exists(source)) throw new FileNotFoundException(null, source);
        var copy = Path.Combine(staging, Path.GetFileName(path));
        await using (var database = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = source, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 60 }.ToString()))
        {
            await database.OpenAsync(ct);
            await using var command = database.CreateCommand();
            command.CommandText = "VACUUM INTO $copy";
            command.Parameters.AddWithValue("$copy", copy);
            await Task.Run(command.ExecuteNonQuery, ct);
        }
        File.SetUnixFileMode(copy, File.GetUnixFileMode(source));
        await archive.AddAsync(path, copy, ct);
        File.Delete(copy);
    }

    /// <summary>Bytes up to the last that is not zero.</summary>
    private static long UsedBytes(string path)
    {
        using var file = File.OpenHandle(path);
        var buffer = new byte[1 << 20];
        for (var end = RandomAccess.GetLength(file); end > 0;)
        {
            var from = Math.Max(0, end - buffer.Length);
            var read = RandomAccess.Read(file, buffer.AsSpan(0, (int)(end - from)), from);
            var last = buffer.AsSpan(0, read).LastIndexOfAnyExcept((byte)0);
            if (last >= 0) return from + last + 1;
            end = from;
        }
        return 0;
    }
}
