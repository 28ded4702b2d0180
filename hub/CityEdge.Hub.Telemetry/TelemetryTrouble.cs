namespace CityEdge.Hub.Telemetry;

/// <summary>Why a telemetry store does not take rows: whether waiting helps, or somebody must mend something.</summary>
public enum TelemetryTrouble
{
    /// <summary>It cannot be reached, or did not answer in time. It is backlog, and passes when the store is back.</summary>
    Away,

    /// <summary>It answers, but not now: 429, 5xx, a full cache, a full disk. Waiting helps, unless it says the same for long.</summary>
    Busy,

    /// <summary>It answers that it never will: wrong user, no such database, another dialect, times in another unit. Nothing is sent but a look now and then whether it was mended.</summary>
    Stopped,
}
