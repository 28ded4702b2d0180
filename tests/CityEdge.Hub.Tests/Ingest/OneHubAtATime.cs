namespace CityEdge.Hub.Tests;

/// <summary>Counters belong to the process: tests that compare them run while no other hub of this process does.</summary>
[CollectionDefinition(nameof(OneHubAtATime), DisableParallelization = true)]
public sealed class OneHubAtATime;
