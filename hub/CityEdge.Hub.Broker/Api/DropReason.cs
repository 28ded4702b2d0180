namespace CityEdge.Hub.Broker;

/// <summary>Why a stored message was not delivered to one of its subscribers; label of the drop counter.</summary>
public enum DropReason
{
    /// <summary>Its expiry passed while it waited.</summary>
    Expired,

    /// <summary>QoS 0 and the subscriber was away.</summary>
    Offline,

    /// <summary>Larger than the subscriber's Maximum Packet Size.</summary>
    TooLargeForClient,

    /// <summary>The session's or group's queue was over its cap.</summary>
    QueueFull,

    /// <summary>No longer in the journal.</summary>
    Trimmed,

    /// <summary>Retained store full: delivered, not retained.</summary>
    RetainedFull,

    /// <summary>A will that could not be stored: the journal stayed full.</summary>
    Will,
}
