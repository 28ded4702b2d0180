namespace CityEdge.Adapters.Replay;

/// <summary>What one step through a file gave.</summary>
internal enum RowOutcome : byte
{
    /// <summary>The cells are filled.</summary>
    Row,

    /// <summary>A row that cannot be used; the error says why.</summary>
    Bad,

    /// <summary>The end of the file.</summary>
    End,
}

/// <summary>Reads chosen columns of a file row by row.</summary>
internal interface IRowReader : IDisposable
{
    /// <summary>Line at which the last row began, from 1.</summary>
    long Line { get; }

    /// <summary>Asked-for columns that the file does not have; known after opening for files with a header, empty otherwise.</summary>
    IReadOnlyList<string> MissingColumns { get; }

    /// <summary>Columns that the file has; empty when it does not say.</summary>
    IReadOnlyList<string> AvailableColumns { get; }

    /// <summary>Reads the next row into <paramref name="cells"/>, one a column asked for; null where there is none.</summary>
    RowOutcome Read(string?[] cells, out string? error);
}
