namespace CityEdge.Bench.Mqtt.Load;

/// <summary>What the two threads of the generator tell each other.</summary>
internal sealed class LoadShared
{
    private long firstPublish;
    private long sent;
    private long delivered;
    private long endOfPublishing;

    /// <summary>Nanoseconds; 0 before.</summary>
    public long FirstPublish
    {
        get => Volatile.Read(ref firstPublish);
        set => Volatile.Write(ref firstPublish, value);
    }

    /// <summary>Messages given to sockets.</summary>
    public long Sent
    {
        get => Volatile.Read(ref sent);
        set => Volatile.Write(ref sent, value);
    }

    /// <summary>Messages that the first subscriber got for the first time.</summary>
    public long Delivered
    {
        get => Volatile.Read(ref delivered);
        set => Volatile.Write(ref delivered, value);
    }

    /// <summary>When the last message was sent, nanoseconds; 0 before. <see cref="Sent"/> does not change any more.</summary>
    public long EndOfPublishing
    {
        get => Volatile.Read(ref endOfPublishing);
        set => Volatile.Write(ref endOfPublishing, value);
    }
}
