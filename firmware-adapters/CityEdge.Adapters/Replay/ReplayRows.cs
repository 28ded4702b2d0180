using CityEdge.Contracts;

namespace CityEdge.Adapters.Replay;

/// <summary>The good rows of a file, with times as recorded; bad rows and bad cells are reported with their line and passed over.</summary>
internal sealed class ReplayRows(ReplayOptions options, Action<string> report) : IDisposable
{
    private readonly IRowReader reader = ReplayFileException.Wrap(options.Open);
    private readonly string?[] cells = new string?[options.TimeColumns.Count + options.Points.Count];

    /// <summary>Rows passed so far, good and bad.</summary>
    public long Count { get; private set; }

    /// <summary>Recorded time of the current row, Unix ms.</summary>
    public long TimeMs { get; private set; }

    /// <summary>Passes over rows without looking at them.</summary>
    public void Skip(long rows)
    {
        while (Count < rows && Step(out _) != RowOutcome.End) Count++;
    }

    /// <summary>Goes to the next row with a time; false at the end.</summary>
    public bool Next()
    {
        while (true)
        {
            var outcome = Step(out var error);
            if (outcome == RowOutcome.End) return false;
            Count++;
            if (outcome == RowOutcome.Bad)
            {
                report($"{options.File}: {error}");
                continue;
            }
            var text = options.TimeColumns.Count == 1 ? cells[0] : string.Join(' ', cells.Take(options.TimeColumns.Count));
            if (text is { Length: > 0 } && ReplayTime.TryParse(text, options.TimeFormat, options.Zone, out var ms))
            {
                TimeMs = ms;
                return true;
            }
            report($"{options.File}: line {reader.Line}: '{Shown(text)}' in {string.Join(", ", options.TimeColumns)} is not a time{(options.TimeFormat is null ? "; state time_format if it is written otherwise" : $" of the form {options.TimeFormat}")}");
        }
    }

    /// <summary>Adds the readings of the current row, stamped <paramref name="stampMs"/>.</summary>
    public void AddReadings(AdapterContext context, long stampMs, List<Reading> batch)
    {
        for (var i = 0; i < options.Points.Count; i++)
        {
            var cell = cells[options.TimeColumns.Count + i];
            var (point, column) = options.Points[i];
            if (ReplayCell.IsMissing(cell)) continue;
            if (ReplayCell.TryParse(cell!, point.Kind, options.DecimalComma, out var value)) batch.Add(new Reading(new PointId(context.Site, context.Device, point.Name), stampMs, value, point.Unit));
            else report($"{options.File}: line {reader.Line}: '{Shown(cell)}' in {column} is not a value of {PointKinds.Name(point.Kind)}");
        }
    }

    public void Dispose() => reader.Dispose();

    private RowOutcome Step(out string? error)
    {
        try
        {
            return reader.Read(cells, out error);
        }
        catch (IOException e)
        {
            throw new ReplayFileException(e);
        }
    }

    private static string Shown(string? text) => text is null ? "" : text.Length <= 60 ? text : text[..60] + "…";
}
