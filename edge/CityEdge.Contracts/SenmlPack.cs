namespace CityEdge.Contracts;

/// <summary>What came out of one SenML payload: resolved records, refused records, or the refusal of the whole.</summary>
/// <param name="Records">Good records in their order. Records that carry only base fields are applied and not listed.</param>
/// <param name="Errors">Refused records.</param>
/// <param name="Refusal">Why the whole payload is not SenML, with the byte position; null when it is.</param>
/// <param name="Reason">Reason of <paramref name="Refusal"/>: <see cref="RefusalReason.NotSenml"/> or <see cref="RefusalReason.TooLarge"/>; None without one.</param>
public sealed record SenmlPack(IReadOnlyList<SenmlRecord> Records, IReadOnlyList<SenmlError> Errors, string? Refusal = null, RefusalReason Reason = RefusalReason.None)
{
    /// <summary>A pack of which nothing can be used.</summary>
    public static SenmlPack Refused(string message, RefusalReason reason = RefusalReason.NotSenml) => new([], [], message, reason);
}
