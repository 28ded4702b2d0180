namespace CityEdge.Hub.Tickets.Machine;

/// <summary>A point on a clock.</summary>
/// <param name="Percent">Of its time: below 100 a reminder, 100 its end, above a further step.</param>
/// <param name="AtMs">Event time, Unix ms.</param>
/// <param name="StepUp">The ticket goes to the level above.</param>
public sealed record ClockMark(int Percent, long AtMs, bool StepUp = false);
