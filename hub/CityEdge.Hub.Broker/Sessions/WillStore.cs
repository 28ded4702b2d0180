using CityEdge.Mqtt;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker;

/// <summary>
/// Wills that may still have to be sent (MQTT 5.0 §3.1.2.5), as a fold of journal records: a device that dies while the hub is down is still reported. Under the session
/// table's lock.
/// </summary>
internal sealed class WillStore(BrokerCore core)
{
    internal sealed record Stored(ClientIdentity Identity, string ClientId, PendingWill Will);

    private readonly Dictionary<string, Stored> _wills = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _orphans = new(StringComparer.Ordinal);

    /// <summary>Records a connection's will; returns the position that must be durable before CONNACK.</summary>
    public long Set(ClientIdentity identity, string clientId, PendingWill will)
    {
        var stored = new Stored(identity, clientId, will);
        var position = core.Append(JournalKind.WillStored, stored, static (writer, value) => Write(writer, value));
        var key = Session.KeyOf(identity.Name, clientId);
        _wills[key] = stored;
        _orphans.Remove(key);
        return position;
    }

    /// <summary>Sent, or not to be sent. If the journal is full it may be sent again after a restart.</summary>
    public void Clear(string key)
    {
        _orphans.Remove(key);
        if (!_wills.Remove(key)) return;
        try
        {
            core.Append(JournalKind.WillCleared, key, static (writer, value) => writer.String(value));
        }
        catch (IOException failure)
        {
            core.WillNotCleared(failure);
        }
    }

    /// <summary>After loading: these clients were connected when the hub ended; they have until then to come back.</summary>
    public void Orphan(TimeSpan grace)
    {
        var now = core.Protocol.GetTimestamp();
        foreach (var (key, stored) in _wills)
        {
            var wait = stored.Will.Delay > grace ? stored.Will.Delay : grace;
            _orphans[key] = now + (long)(wait.TotalSeconds * core.Protocol.TimestampFrequency);
        }
    }

    /// <summary>Wills of clients that did not come back.</summary>
    public List<Stored> Due()
    {
        var now = core.Protocol.GetTimestamp();
        return [.. _orphans.Where(o => o.Value <= now).Select(o => _wills[o.Key])];
    }

    /// <summary>Applies a record. Only while loading.</summary>
    public bool Apply(byte kind, ref RecordReader reader)
    {
        if (kind == JournalKind.WillCleared) _wills.Remove(reader.String());
        else Read(ref reader);
        return reader.Ok;
    }

    public void Reset() => _wills.Clear();

    public void WriteAll(in RecordWriter writer)
    {
        writer.VarUInt((uint)_wills.Count);
        foreach (var stored in _wills.Values) Write(writer, stored);
    }

    public void ReadAll(ref RecordReader reader)
    {
        var count = reader.Count();
        for (var i = 0; i < count && reader.Ok; i++) Read(ref reader);
    }

    private static void Write(in RecordWriter writer, Stored stored)
    {
        Session.WriteIdentity(writer, stored.Identity);
        writer.String(stored.ClientId);
        writer.String(stored.Will.Topic);
        writer.Bytes(stored.Will.Payload);
        writer.Byte((byte)((byte)stored.Will.QoS | (stored.Will.Retain ? 4 : 0) | (stored.Will.ExpirySeconds is null ? 0 : 8)));
        writer.Bytes(stored.Will.Properties);
        writer.VarUInt(stored.Will.ExpirySeconds ?? 0);
        writer.VarUInt((uint)stored.Will.Delay.TotalSeconds);
    }

    private void Read(ref RecordReader reader)
    {
        var identity = Session.ReadIdentity(ref reader);
        var clientId = reader.String();
        var topic = reader.String();
        var payload = reader.Bytes();
        var flags = reader.Byte();
        var properties = reader.Bytes();
        var expiry = reader.VarUInt();
        var delay = TimeSpan.FromSeconds(reader.VarUInt());
        if (!reader.Ok || (flags & 3) == 3) return;
        _wills[Session.KeyOf(identity.Name, clientId)] = new Stored(
            identity, clientId, new PendingWill(topic, payload, (QoS)(flags & 3), (flags & 4) != 0, properties, (flags & 8) != 0 ? expiry : null, delay));
    }
}
