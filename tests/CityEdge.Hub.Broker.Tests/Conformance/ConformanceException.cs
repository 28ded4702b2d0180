namespace CityEdge.Hub.Broker.Tests.Conformance;

/// <summary>The server did not do what a step says.</summary>
public sealed class ConformanceException(string message) : Exception(message);
