using CityEdge.Contracts;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>What the machine needs to know of one alarm occurrence; also its durable row. Times are Unix ms UTC in event time, durations ms.</summary>
public sealed record AlarmFacts
{
    public required string Id { get; init; }

    public required string Rule { get; init; }

    /// <summary>Point as <c>site/device/name</c>.</summary>
    public required string Point { get; init; }

    /// <summary>The rule's silence alarm: data coming back is its proof.</summary>
    public required bool NoData { get; init; }

    public required Severity Severity { get; init; }

    public required bool Active { get; init; }

    public required long RaisedAtMs { get; init; }

    public long? ClearedAtMs { get; init; }

    /// <summary>Since when the verify condition has been true; null while it is not.</summary>
    public long? VerifySinceMs { get; init; }

    /// <summary>How long the verify condition must have held.</summary>
    public required long VerifyForMs { get; init; }

    /// <summary>Ticket that it joined.</summary>
    public string? Ticket { get; init; }

    /// <summary>Episode of the ticket in which it joined.</summary>
    public int Episode { get; init; }

    /// <summary>It no longer counts in the ticket's verification: a later occurrence of the same rule on the same point took its place, or its rule changed.</summary>
    public bool Superseded { get; init; }

    /// <summary>True when the alarm does not stand against closing.</summary>
    public bool Verified => NoData ? !Active : VerifySinceMs is not null;
}
