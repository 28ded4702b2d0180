namespace CityEdge.Hub.Rehearsing;

/// <summary>What a rule would have done (design §5, <c>rules/{id}/rehearse</c>). Alarms count when they are raised with from ≤ t &lt; to.</summary>
public sealed record RehearsalReport
{
    public required string Rule { get; init; }

    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    /// <summary>Points on which the rule runs.</summary>
    public required int Points { get; init; }

    /// <summary>Stored readings given to the engine, those of the warm-up before <see cref="From"/> included.</summary>
    public required long Readings { get; init; }

    public required int Alarms { get; init; }

    /// <summary>Tickets opened; candidates whose alarms cleared within the wait are none.</summary>
    public required int Tickets { get; init; }

    /// <summary>Open time of the alarms within the period, added up over points.</summary>
    public required long ActiveSeconds { get; init; }

    /// <summary>Alarms that were open already when the period began; they are not counted above.</summary>
    public required int OpenAtStart { get; init; }

    /// <summary>Stored complaints of the rule's category that were made in the period.</summary>
    public int Complaints { get; init; }

    /// <summary>Those of them that a ticket would have been earlier than.</summary>
    public int ComplaintsBeaten { get; init; }

    /// <summary>Median of the time by which they are beaten; null while there are none.</summary>
    public double? MedianLeadSeconds { get; init; }

    /// <summary>Which they are, and by how much, in the order of time.</summary>
    public IReadOnlyList<BeatenComplaint> Beaten { get; init; } = [];

    /// <summary>By week (ISO 8601, in the hub's zone) of raising and opening; weeks without any are left out.</summary>
    public required IReadOnlyList<RehearsalWeek> Weeks { get; init; }

    /// <summary>Against the version in force, rehearsed over the same readings; null when there is none, or it is the same.</summary>
    public RehearsalComparison? Compared { get; init; }

    /// <summary>The alarms, by raise time.</summary>
    public required IReadOnlyList<RehearsalItem> Items { get; init; }
}
