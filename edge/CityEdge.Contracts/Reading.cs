namespace CityEdge.Contracts;

/// <summary>One measured value of one point at one instant.</summary>
/// <param name="Point">Whose value it is.</param>
/// <param name="TimeMs">Event time, Unix milliseconds UTC.</param>
/// <param name="Value">Number, boolean, text or data.</param>
/// <param name="Unit">Unit of a number as given at the source, or the canonical one after <see cref="ReadingNormaliser"/>; null when none.</param>
/// <param name="Quality"><see cref="Quality.Good"/> unless something about the reading is in doubt.</param>
public readonly record struct Reading(PointId Point, long TimeMs, ReadingValue Value, string? Unit, Quality Quality = Quality.Good);
