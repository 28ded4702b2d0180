namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Figures of the guards. Defaults are of the domain's §5.2; those that it marks EJ are engineering judgement, not a standard. Durations ms.</summary>
public sealed record TicketLimits
{
    /// <summary>The defaults.</summary>
    public static TicketLimits Default { get; } = new();

    /// <summary>T12: how long after dispatch a unit may send it back.</summary>
    public long ReturnWithinMs { get; init; } = 2 * 3_600_000L;

    /// <summary>T13: returns of one ticket; after the last the level above decides.</summary>
    public int MaxReturns { get; init; } = 2;

    /// <summary>T17: metres from the asset within which a position proves arrival.</summary>
    public double ArriveWithinM { get; init; } = 100;

    /// <summary>T20: until when a called unit reports in.</summary>
    public long ReportInMs { get; init; } = 30 * 60_000L;

    /// <summary>T23: longest hold (EJ).</summary>
    public long HoldMaxMs { get; init; } = 30 * 86_400_000L;

    /// <summary>T35: vain calls, on <see cref="CallbackDays"/> days, after which the ticket closes (EJ).</summary>
    public int CallbackTries { get; init; } = 3;

    /// <summary>T35 (EJ).</summary>
    public int CallbackDays { get; init; } = 2;

    /// <summary>T38: how long after closing a resident may say that it is not fixed (EJ).</summary>
    public long NotFixedWithinMs { get; init; } = 15 * 86_400_000L;

    /// <summary>T42: how long a merge can be undone.</summary>
    public long UnmergeWithinMs { get; init; } = 24 * 3_600_000L;
}
