using System.Net.Http.Headers;

namespace CityEdge.Hub.Telemetry;

/// <summary>The differences between InfluxDB 1, 2 and 3. Lines are the same for all; so is InfluxQL, by which all are queried.</summary>
internal interface IInfluxDialect
{
    /// <summary>First digit of the server's version.</summary>
    char Version { get; }

    /// <summary>Path and query of a write in milliseconds.</summary>
    string WritePath(InfluxOptions options);

    /// <summary>Path and query of an InfluxQL query that answers in milliseconds.</summary>
    string QueryPath(InfluxOptions options);

    /// <summary>What stands after FROM.</summary>
    string Source(InfluxOptions options, string measurement);

    /// <summary>The header that says who writes, or null.</summary>
    AuthenticationHeaderValue? Authorization(InfluxOptions options);

    /// <summary>Statements that create what is missing; none where the dialect has none.</summary>
    IReadOnlyList<string> SetUp(InfluxOptions options);

    /// <summary>The statement that deletes all points of a measurement at a time, or null where the dialect has none.</summary>
    string? Forget(string measurement, long timeMs);
}
