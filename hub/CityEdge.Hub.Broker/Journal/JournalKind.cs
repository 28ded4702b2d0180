namespace CityEdge.Hub.Broker;

/// <summary>
/// Kinds of journal records. 1 is a published message, 2..15 are the broker's own state, from <see cref="HubFirst"/> on the hub's own records.
/// Numbers are on disk: they are never given a second meaning.
/// </summary>
public static class JournalKind
{
    /// <summary>A message that a client or the hub published; body: <see cref="PublishRecord"/>.</summary>
    public const byte Publish = 1;

    /// <summary>A persistent session began, or its identity or expiry changed.</summary>
    public const byte SessionOpened = 2;

    /// <summary>A persistent session ended: its subscriptions and queue are gone.</summary>
    public const byte SessionEnded = 3;

    /// <summary>A persistent session subscribed, or changed the options of a subscription.</summary>
    public const byte Subscribed = 4;

    /// <summary>A persistent session unsubscribed.</summary>
    public const byte Unsubscribed = 5;

    /// <summary>An incoming QoS 2 packet id was released (PUBREL): its next use is a new message.</summary>
    public const byte Released = 6;

    /// <summary>How far a persistent session's outgoing queue is, and what is in flight.</summary>
    public const byte Progress = 7;

    /// <summary>A persistent session lost its connection; begins its expiry.</summary>
    public const byte Detached = 8;

    /// <summary>A connection began that has a will.</summary>
    public const byte WillStored = 9;

    /// <summary>A will was sent, or is not to be sent.</summary>
    public const byte WillCleared = 10;

    /// <summary>A QoS 2 message has its packet id towards a persistent session; durable before its PUBLISH leaves.</summary>
    public const byte Bound = 11;

    /// <summary>PUBREC came for such a message; durable before PUBREL leaves.</summary>
    public const byte Received = 12;

    /// <summary>PUBCOMP came, or PUBREC with a failure: the packet id is free.</summary>
    public const byte Completed = 13;

    /// <summary>First kind that belongs to the hub and not to the broker.</summary>
    public const byte HubFirst = 16;
}
