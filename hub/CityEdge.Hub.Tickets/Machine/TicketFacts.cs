namespace CityEdge.Hub.Tickets.Machine;

/// <summary>What a guard must know that the ticket does not hold; looked up before the machine is asked.</summary>
public sealed record TicketFacts
{
    /// <summary>Nothing known.</summary>
    public static TicketFacts None { get; } = new();

    /// <summary>Promises to make; null: none are kept.</summary>
    public ITicketPlan? Plan { get; init; }

    /// <summary>The figures that the guards use.</summary>
    public TicketLimits Limits { get; init; } = TicketLimits.Default;

    /// <summary>Who is responsible by the catalogue; null: nobody.</summary>
    public TicketAssignment? Assignment { get; init; }

    /// <summary>Why the crew cannot be assigned; null: it can.</summary>
    public string? CrewRefusal { get; init; }

    /// <summary>Metres between the place that the command tells and the asset; null when either is unknown.</summary>
    public double? DistanceM { get; init; }

    /// <summary>The ticket of <c>into</c> is another one and live.</summary>
    public bool TargetLive { get; init; }

    /// <summary>Number of another live ticket on the same incident.</summary>
    public string? LiveTwin { get; init; }

    /// <summary>The operating mode from now on.</summary>
    public OperatingMode? Mode { get; init; }

    /// <summary>Name of the clock whose mark has come.</summary>
    public string? Clock { get; init; }

    /// <summary>How much later than due a timer fired, ms; null: in time.</summary>
    public long? LateMs { get; init; }
}
