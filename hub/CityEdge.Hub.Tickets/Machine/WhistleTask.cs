namespace CityEdge.Hub.Tickets.Machine;

/// <summary>What one unit that was whistled for has to do (吹哨报到). It is bound until the whistle is over, reported in or not. Times are Unix ms UTC in event time.</summary>
/// <param name="Unit">The called unit.</param>
/// <param name="ReportByMs">Until when it must have reported in.</param>
public sealed record WhistleTask(string Unit, long ReportByMs)
{
    public long? ReportedMs { get; init; }

    /// <summary>Took part by video or telephone (线上吹哨).</summary>
    public bool Remote { get; init; }

    /// <summary>Its supervisor was told that it had not reported in.</summary>
    public bool Late { get; init; }

    public long? DoneMs { get; init; }
}
