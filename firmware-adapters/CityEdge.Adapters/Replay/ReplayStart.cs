namespace CityEdge.Adapters.Replay;

/// <summary>What a replay does with the times of its file (design §5, <i>Replay</i>).</summary>
public enum ReplayStart : byte
{
    /// <summary>Keeps them.</summary>
    Recorded,

    /// <summary>The first row is now; spacing is divided by the speed.</summary>
    Now,

    /// <summary>All are shifted so that the last row is now; spacing is kept.</summary>
    EndingNow,
}
