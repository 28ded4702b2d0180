namespace CityEdge.Adapters.Replay;

/// <summary>Configuration of a replay, checked.</summary>
/// <param name="File">Full path of the file.</param>
/// <param name="IsJson">True for JSON lines, false for CSV.</param>
/// <param name="TimeColumns">Column of the time; several are joined by a blank.</param>
/// <param name="TimeFormat">.NET date format, <c>unix</c>, <c>unix-ms</c>; null: recognised.</param>
/// <param name="Zone">Zone of times without an offset.</param>
/// <param name="Start">What is done with the times.</param>
/// <param name="Speed">How many times as fast as recorded; null: as fast as the sink takes it.</param>
/// <param name="HasHeader">CSV: the first row names the columns.</param>
/// <param name="Separator">CSV: separator; null: detected in the first row.</param>
/// <param name="DecimalComma">True: numbers are written 3,14; false: 3.14; null: both are understood where the separator is not a comma.</param>
/// <param name="Points">Points with their columns.</param>
internal sealed record ReplayOptions(
    string File,
    bool IsJson,
    IReadOnlyList<string> TimeColumns,
    string? TimeFormat,
    TimeZoneInfo Zone,
    ReplayStart Start,
    double? Speed,
    bool HasHeader,
    char? Separator,
    bool? DecimalComma,
    IReadOnlyList<(PointDeclaration Point, string Column)> Points)
{
    /// <summary>All columns that are read: those of the time, then one a point.</summary>
    public IReadOnlyList<string> Columns => [.. TimeColumns, .. Points.Select(p => p.Column)];

    /// <summary>Opens the file.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public IRowReader Open() => IsJson ? new JsonLineReader(File, Columns) : new CsvReader(File, Columns, HasHeader, Separator);
}
