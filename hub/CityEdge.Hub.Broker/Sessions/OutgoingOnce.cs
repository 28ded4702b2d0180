namespace CityEdge.Hub.Broker;

/// <summary>
/// What exactly-once delivery to a journaled session needs beside its table of messages in flight. Made with its first QoS 2 message, given back when idle. Under the
/// session's gate.
/// </summary>
internal sealed class OutgoingOnce
{
    private volatile bool _awaitsFlush;

    /// <summary>A message whose binding to its packet id is not durable yet: its PUBLISH waits.</summary>
    /// <param name="PacketId">Its id.</param>
    /// <param name="Message">Kept.</param>
    /// <param name="Position">What the journal must have flushed.</param>
    public readonly record struct Waiting(ushort PacketId, JournalMessage Message, long Position);

    /// <summary>In the order of their records.</summary>
    public Queue<Waiting> Held { get; } = new();

    public int HeldBytes { get; set; }

    /// <summary>Past the session's newest record about a QoS 2 message.</summary>
    public long Recorded { get; set; }

    /// <summary>What must be durable before anything is sent again on this connection.</summary>
    public long ResendAfter { get; set; }

    /// <summary>The journal had no room for a binding; tried again each second and whenever something else happens.</summary>
    public bool Blocked { get; set; }

    /// <summary>Messages at or past the resume position that have, or had, a packet id before a crash: the journal must not offer them again. Null when there are none.</summary>
    public SortedSet<long>? BoundBefore { get; set; }

    /// <summary>Something can be sent after a flush. Any thread.</summary>
    public bool AwaitsFlush
    {
        get => _awaitsFlush;
        set => _awaitsFlush = value;
    }

    /// <summary>The connection is gone: what waited is in flight, and sent with the rest of that when the client is back.</summary>
    public void Drop()
    {
        Held.Clear();
        HeldBytes = 0;
        ResendAfter = 0;
        Blocked = false;
        AwaitsFlush = false;
    }

    /// <summary>Forgets what no reading of the journal from <paramref name="position"/> on will find.</summary>
    public static void Trim(SortedSet<long>? bound, long position)
    {
        while (bound is { Count: > 0 } && bound.Min < position) bound.Remove(bound.Min);
    }
}
