using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>
/// One MQTT session (5.0 §4.1): subscriptions, incoming QoS 2 ids, outgoing messages. Outlives its connection when it has an expiry. All members under
/// <see cref="Feed.Gate"/> unless said otherwise.
/// </summary>
internal sealed partial class Session : Feed
{
    private static readonly Dictionary<string, SubscriptionEntry> None = new(StringComparer.Ordinal);
    private Dictionary<string, SubscriptionEntry>? _subscriptions;

    public Session(BrokerCore core, string clientId, ClientIdentity identity, uint expirySeconds) : base(core)
    {
        ClientId = clientId;
        Identity = identity;
        Key = KeyOf(identity.Name, clientId);
        ExpirySeconds = expirySeconds;
    }

    public string ClientId { get; }

    /// <summary>Identity and client id: two identities that use one client id have two sessions, so nobody can take over another's.</summary>
    public string Key { get; }

    public ClientIdentity Identity { get; set; }

    /// <summary>0: ends with its connection; <see cref="uint.MaxValue"/>: never (still bounded by the broker's maximum).</summary>
    public uint ExpirySeconds { get; set; }

    public bool Persistent => ExpirySeconds > 0;

    /// <summary>Its changes are journal records, until it has ended.</summary>
    public bool Journaled { get; set; }

    /// <summary>Unix ms at which an unconnected session ends.</summary>
    public long ExpiresAtMs { get; set; } = long.MaxValue;

    /// <summary>The connection that owns the session now; a stale connection's close compares itself and does nothing.</summary>
    public ISessionConnection? Connection { get; set; }

    public bool Ended { get; set; }

    /// <summary>A will waiting for its delay; null when there is none.</summary>
    public DelayedWill? DelayedWill { get; set; }

    /// <summary>By filter as subscribed. Not to be changed: the router does, by <see cref="Put"/> and <see cref="Take"/>.</summary>
    public Dictionary<string, SubscriptionEntry> Subscriptions => _subscriptions ?? None;

    /// <summary>Shared groups this session is a member of. Written by the router only; replaced, not changed.</summary>
    public SharedGroup[] Groups { get; set; } = [];

    /// <summary>Incoming QoS 2 packet ids that have no PUBREL yet, with the position past their record.</summary>
    public IncomingIds Incoming;

    /// <summary>Progress since the last progress record.</summary>
    public bool Dirty { get; set; }

    // Of the router's thread: while it collects a topic's matches, and while it hands out a batch.
    public long MatchEpoch;
    public int MatchIndex;
    public bool Touched;

    /// <summary>Adds or replaces a subscription; returns the one before it.</summary>
    public SubscriptionEntry? Put(SubscriptionEntry subscription)
    {
        _subscriptions ??= new Dictionary<string, SubscriptionEntry>(StringComparer.Ordinal);
        _subscriptions.Remove(subscription.Filter, out var old);
        _subscriptions[subscription.Filter] = subscription;
        return old;
    }

    /// <summary>Removes a subscription; null when there was none.</summary>
    public SubscriptionEntry? Take(string filter)
    {
        SubscriptionEntry? old = null;
        _subscriptions?.Remove(filter, out old);
        return old;
    }

    public static string KeyOf(string identity, string clientId) => identity + "\n" + clientId;

    public void Write(in RecordWriter writer)
    {
        writer.String(ClientId);
        WriteIdentity(writer, Identity);
        writer.VarUInt(ExpirySeconds);
    }

    public static Session Read(BrokerCore core, ref RecordReader reader)
    {
        var clientId = reader.String();
        var identity = ReadIdentity(ref reader);
        return new Session(core, clientId, identity, reader.VarUInt()) { Journaled = true };
    }

    internal static void WriteIdentity(in RecordWriter writer, ClientIdentity identity)
    {
        writer.Byte((byte)identity.Kind);
        writer.String(identity.Name);
        writer.String(identity.Site ?? "");
        writer.String(identity.Device ?? "");
        writer.Bool(identity.IsAdmin);
    }

    internal static ClientIdentity ReadIdentity(ref RecordReader reader)
    {
        var kind = (IdentityKind)reader.Byte();
        var name = reader.String();
        var site = reader.String();
        var device = reader.String();
        return new ClientIdentity(kind, name, site.Length == 0 ? null : site, device.Length == 0 ? null : device, reader.Bool());
    }
}
