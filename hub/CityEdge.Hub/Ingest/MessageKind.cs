namespace CityEdge.Hub.Ingest;

/// <summary>What a journaled PUBLISH is to the hub.</summary>
public enum MessageKind
{
    /// <summary>A topic outside <c>cityedge/</c>, or one that the hub writes itself: served by the broker, nothing to fold.</summary>
    NotOurs,
    Refused,
    Telemetry,
    Event,
    Status,
    ConfigReported,
    Other,
}
