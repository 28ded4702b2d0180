namespace CityEdge.Contracts;

/// <summary>One resolved SenML record (RFC 8428 §4.6): base fields are already applied.</summary>
/// <param name="Index">Place in the pack, from 0.</param>
/// <param name="Name">Base name and name together.</param>
/// <param name="TimeMs">Unix ms; relative and absent times are resolved against the arrival time.</param>
/// <param name="Unit">Unit as sent; null when none.</param>
/// <param name="Value">The value; null for a record that carries only a sum.</param>
/// <param name="Sum">Integrated sum, in unit-seconds; null when absent.</param>
/// <param name="UpdateTime">Seconds until the next record at the latest (<c>ut</c>); null when absent.</param>
/// <param name="Quality">Extension label <c>quality</c> of this product's agents; <see cref="Quality.Good"/> when absent.</param>
public readonly record struct SenmlRecord(
    int Index,
    string Name,
    long TimeMs,
    string? Unit,
    ReadingValue? Value,
    double? Sum,
    double? UpdateTime,
    Quality Quality);
