namespace CityEdge.Hub.Notification;

/// <summary>Where a delivery is. Lower-kebab in JSON and SQL.</summary>
public enum DeliveryState : byte
{
    /// <summary>To be sent at its due time.</summary>
    Pending,

    Sent,

    /// <summary>Not taken for a day, or the channel is gone; kept until somebody replays it.</summary>
    Dead,

    /// <summary>A reminder that nobody needs any more.</summary>
    Stopped,
}
