using System.Globalization;

namespace CityEdge.Edge;

/// <summary>Records given up since the spool was made: a number that outlives the agent, in <c>dropped</c> beside the segments.</summary>
internal sealed class DroppedTally
{
    private readonly string? path;
    private readonly long before;
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
        if (path is not null && sinceStart != written)
        {
            File.WriteAllText(path + ".new", (before + sinceStart).ToString(CultureInfo.InvariantCulture));
            File.Move(path + ".new", path, overwrite: true);
            written = sinceStart;
        }
        return before + sinceStart;
    }
}
