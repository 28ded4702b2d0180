namespace CityEdge.Contracts;

/// <summary>Why one record of a pack was refused.</summary>
/// <param name="Index">Place of the record in the pack, from 0.</param>
/// <param name="Field">Label at fault, e.g. <c>v</c>; empty when it is the record as a whole.</param>
/// <param name="Reason"><see cref="RefusalReason.BadRecord"/> or <see cref="RefusalReason.NotFinite"/>.</param>
/// <param name="Message">For a person; names record and field.</param>
public readonly record struct SenmlError(int Index, string Field, RefusalReason Reason, string Message);
