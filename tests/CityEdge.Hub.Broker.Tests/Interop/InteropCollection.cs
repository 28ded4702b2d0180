namespace CityEdge.Hub.Broker.Tests.Interop;

/// <summary>The tests that share <see cref="InteropHub"/>, one after the other.</summary>
[CollectionDefinition(InteropHub.Collection)]
public sealed class InteropCollection : ICollectionFixture<InteropHub>;
