namespace CityEdge.SegmentLog;

public sealed partial class AppendLog
{
    private readonly List<LogCursor> cursors = [];
    private ITimer? cursorTimer;
    private bool cursorTimerSet;

    private string CursorDirectory => Path.Combine(options.Directory, "cursors");

    /// <summary>
    /// Opens a durable cursor, the same object for the same name. A new one (or one whose both copies are damaged) begins at <paramref name="startAt"/>, -1: at <see cref="Start"/>.
    /// Names are <c>[A-Za-z0-9_-]{1,64}</c>. It is on disk when this returns, so that trimming waits for it from now on.
    /// </summary>
    public LogCursor OpenCursor(string name, long startAt = -1)
    {
        if (string.IsNullOrEmpty(name) || name.Length > 64 || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-')))
            throw new ArgumentException($"'{name}' cannot name a cursor: use [A-Za-z0-9_-], 1 to 64 characters.", nameof(name));
        lock (gate)
        {
            ThrowIfUnusable();
            if (cursors.Find(c => c.Name == name) is { } present) return present;
            var (sequence, stored) = CursorFile.Read(files, CursorDirectory, name);
            var from = stored >= 0 ? stored : startAt < 0 ? start : startAt;
            var cursor = new LogCursor(this, files, CursorDirectory, name, Math.Clamp(from, start, durableEnd), stored, sequence);
            cursor.Store();
            cursors.Add(cursor);
            return cursor;
        }
    }

    /// <summary>Forgets a cursor and its files; trimming no longer waits for it. Nothing when there is none.</summary>
    public void RemoveCursor(string name)
    {
        LogCursor? cursor;
        lock (gate)
        {
            cursor = cursors.Find(c => c.Name == name);
            if (cursor is not null) cursors.Remove(cursor);
            else if (CursorFile.Names(files, CursorDirectory).Contains(name)) cursor = new LogCursor(this, files, CursorDirectory, name, 0, 0, 0);
        }
        cursor?.CloseAsync(remove: true).GetAwaiter().GetResult();
    }

    internal void CursorMoved()
    {
        if (Volatile.Read(ref cursorTimerSet)) return;
        lock (gate)
        {
            if (cursorTimerSet || closing) return;
            cursorTimerSet = true;
            cursorTimer ??= options.Clock.CreateTimer(static state => _ = ((AppendLog)state!).FlushCursorsAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            cursorTimer.Change(options.CursorFlushInterval, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Makes every cursor durable. An I/O error fails the log: a cursor that cannot be stored will send everything again. A full disk passes.</summary>
    private async Task FlushCursorsAsync()
    {
        LogCursor[] dirty;
        lock (gate)
        {
            cursorTimerSet = false;
            dirty = [.. cursors.Where(c => c.Dirty)];
        }
        try
        {
            foreach (var cursor in dirty) await cursor.FlushAsync().ConfigureAwait(false);
        }
        catch (IOException e) when (IsDiskFull(e))
        {
            // Its second copy finds no room yet: the stored position is older, which is allowed. Again later.
            CursorMoved();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(e);
        }
    }

    private async Task CloseCursorsAsync()
    {
        if (cursorTimer is not null) await cursorTimer.DisposeAsync().ConfigureAwait(false);
        if (failure is null) await FlushCursorsAsync().ConfigureAwait(false);
        foreach (var cursor in cursors) await cursor.CloseAsync(remove: false).ConfigureAwait(false);
    }

    private long HighestStoredCursor()
    {
        long highest = 0;
        foreach (var name in CursorFile.Names(files, CursorDirectory)) highest = Math.Max(highest, CursorFile.Read(files, CursorDirectory, name).Position);
        return highest;
    }
}
