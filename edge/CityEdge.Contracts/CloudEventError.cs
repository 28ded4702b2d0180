namespace CityEdge.Contracts;

/// <summary>Why one event of a payload was refused.</summary>
/// <param name="Index">Place in the batch, from 0.</param>
/// <param name="Attribute">Attribute at fault; empty when it is the event as a whole.</param>
/// <param name="Message">For a person; names event and attribute.</param>
public readonly record struct CloudEventError(int Index, string Attribute, string Message);
