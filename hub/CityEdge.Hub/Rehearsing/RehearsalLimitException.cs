namespace CityEdge.Hub.Rehearsing;

/// <summary>The rule does more than a rehearsal keeps.</summary>
public sealed class RehearsalLimitException(string message) : Exception(message);
