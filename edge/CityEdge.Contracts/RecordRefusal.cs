namespace CityEdge.Contracts;

/// <summary>One refused record of a payload.</summary>
/// <param name="Index">Place in the pack, from 0.</param>
/// <param name="Reason">Why; label of the metric and of the dead letter.</param>
/// <param name="Message">For a person; names record, field and the mend.</param>
public readonly record struct RecordRefusal(int Index, RefusalReason Reason, string Message);
