namespace CityEdge.Contracts;

/// <summary>What came out of one telemetry message.</summary>
/// <param name="Readings">Accepted readings, in the order of the pack.</param>
/// <param name="Refusals">Records refused alone.</param>
/// <param name="Refused">Reason for which the whole payload is refused; None when it is not.</param>
/// <param name="Refusal">Message of <paramref name="Refused"/>.</param>
public sealed record TelemetryBatch(
    IReadOnlyList<DecodedReading> Readings,
    IReadOnlyList<RecordRefusal> Refusals,
    RefusalReason Refused = RefusalReason.None,
    string? Refusal = null);
