namespace CityEdge.Contracts;

/// <summary>What the normaliser made of one raw reading: a reading to send, or the reason why not.</summary>
/// <param name="Reading">In the canonical unit, quality flags set; null when dropped.</param>
/// <param name="Drop">Why it was dropped; <see cref="NormaliserDrop.None"/> when it was not.</param>
/// <param name="Message">For a person, when the drop is a fault; null otherwise.</param>
public readonly record struct NormalisedReading(Reading? Reading, NormaliserDrop Drop = NormaliserDrop.None, string? Message = null);
