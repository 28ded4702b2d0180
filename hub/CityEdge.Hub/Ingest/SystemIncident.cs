using CityEdge.Contracts;

namespace CityEdge.Hub.Ingest;

/// <summary>A fault of the hub itself: no rule and no sensor has found it, but it gets a ticket like any other.</summary>
/// <param name="Subject">What is at fault, one word: <c>telemetry</c>, <c>journal</c>, <c>disk</c>. One live ticket for each.</param>
/// <param name="Severity">Severity of alarm and ticket; P1 never closes by itself.</param>
/// <param name="Title">What is the matter.</param>
/// <param name="Action">Where, in whose words, and how to mend it.</param>
public sealed record SystemIncident(string Subject, Severity Severity, LocalizedText Title, LocalizedText Action);
