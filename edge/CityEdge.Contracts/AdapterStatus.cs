namespace CityEdge.Contracts;

/// <summary>State of one adapter as the status document gives it.</summary>
public sealed record AdapterStatus
{
    /// <summary>Id from the configuration.</summary>
    public required string Id { get; init; }

    /// <summary>Type from the configuration, e.g. <c>modbus-tcp</c>.</summary>
    public required string Type { get; init; }

    /// <summary>One word: <c>starting</c>, <c>running</c>, <c>faulted</c> or <c>completed</c>.</summary>
    public string? State { get; init; }

    /// <summary>The last fault, for a person; null when there was none.</summary>
    public string? LastError { get; init; }

    /// <summary>Readings given to the spool since the start.</summary>
    public long Readings { get; init; }
}
