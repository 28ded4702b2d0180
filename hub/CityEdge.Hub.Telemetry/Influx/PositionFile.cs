using System.Globalization;
using System.Text;

namespace CityEdge.Hub.Telemetry;

/// <summary>A journal position on disk: one line <c>cityedge-position 1 N</c>, replaced as a whole and flushed.</summary>
internal sealed class PositionFile(string? path)
{
    private const string Head = "cityedge-position 1 ";

    /// <summary>The saved position; 0 for a new or unreadable file, because feeding all again changes nothing.</summary>
    public long Load()
    {
        if (path is null || !File.Exists(path)) return 0;
        var text = File.ReadAllText(path).Trim();
        return text.StartsWith(Head, StringComparison.Ordinal) && long.TryParse(text.AsSpan(Head.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var position) ? position : 0;
    }

    public void Save(long position)
    {
        if (path is null) return;
        var next = path + ".next";
        try
        {
            using (var file = new FileStream(next, FileMode.Create, FileAccess.Write))
            {
                file.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Head}{position}\n")));
                file.Flush(flushToDisk: true);
            }
            File.Move(next, path, overwrite: true);
        }
        catch (IOException error)
        {
            throw new TelemetryUnavailableException($"{path}: the journal position cannot be saved: {error.Message}. Free disk space.", error);
        }
    }
}
