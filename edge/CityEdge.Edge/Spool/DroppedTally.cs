using System.Globalization;

namespace CityEdge.Edge;

/// <summary>Records given up since the spool was made: a number that outlives the agent, in <c>dropped</c> beside the segments.</summary>
internal sealed class DroppedTally
{
    private readonly string? path;
    private readonly long before;
    private readonly Lock gate = new();
    private long written;

    /// <param name="directory">The spool's folder; null: nothing is kept (a file system of a test).</param>
    public DroppedTally(string? directory)
    {
        if (directory is null) return;
        path = Path.Combine(directory, "dropped");
        if (File.Exists(path) && long.TryParse(File.ReadAllText(path), NumberStyles.None, CultureInfo.InvariantCulture, out var total)) before = total;
    }

    public long Total(long sinceStart)
    {
        lock (gate)
        {
            if (path is not null && sinceStart != written) Save(before + sinceStart, sinceStart);
        }
        return before + sinceStart;
    }

    private void Save(long total, long sinceStart)
    {
        try
        {
            File.WriteAllText(path + ".new", total.ToString(CultureInfo.InvariantCulture));
            File.Move(path + ".new", path!, overwrite: true);
            written = sinceStart;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A count is not worth the agent: it is tried again with the next status.
            written = -1;
        }
    }
}
