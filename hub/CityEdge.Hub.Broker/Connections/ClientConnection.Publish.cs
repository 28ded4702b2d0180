using System.Text;
using CityEdge.Contracts;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>Incoming PUBLISH: checked, journaled, its acknowledgement queued behind the flush.</summary>
internal sealed partial class ClientConnection
{
    private byte[]?[]? _aliases;
    private byte[] _lastTopicUtf8 = [];
    private string _lastTopic = "";
    private bool _lastAllowed;
    private int _matchVersion = -1;
    private bool _nobodyMatches;

    private Outcome HandlePublish(byte header, ReadOnlySpan<byte> body)
    {
        if (!PacketDecoder.TryViewPublish(header, body, Version, out var publish, out var error)) return Closed(error.Code, error.Message);
        if (publish.HasSubscriptionIdentifier) return Closed(ReasonCode.ProtocolError, "PUBLISH with a Subscription Identifier (MQTT-3.3.4-6)");
        var topicUtf8 = publish.Topic;
        if (publish.TopicAlias != 0)
        {
            if (publish.TopicAlias > _core.Options.TopicAliasMaximum) return Bitten(BrokerLimit.TopicAliases, ReasonCode.TopicAliasInvalid, $"topic alias {publish.TopicAlias}; {_core.Options.TopicAliasMaximum} is the highest");
            _aliases ??= new byte[]?[_core.Options.TopicAliasMaximum + 1];
            if (!topicUtf8.IsEmpty) _aliases[publish.TopicAlias] = topicUtf8.ToArray();
            else if (_aliases[publish.TopicAlias] is { } known) topicUtf8 = known;
            else return Closed(ReasonCode.ProtocolError, $"topic alias {publish.TopicAlias} was never set");
        }
        if (!topicUtf8.SequenceEqual(_lastTopicUtf8) || _lastTopic.Length == 0)
        {
            var topic = Encoding.UTF8.GetString(topicUtf8);
            if (LevelsOf(topic) > _core.Options.MaxTopicLevels) return Bitten(BrokerLimit.TopicLevels, ReasonCode.TopicNameInvalid, $"topic has more than {_core.Options.MaxTopicLevels} levels");
            _lastTopicUtf8 = topicUtf8.ToArray();
            _lastTopic = topic;
            // Only the broker itself speaks under $SYS.
            _lastAllowed = !topic.StartsWith(SystemTopics.Root, StringComparison.Ordinal) && _core.Options.Policy.MayPublish(Identity!, topic);
            _matchVersion = -1;
        }
        var session = _session!;
        if (publish.QoS > QoS.AtMostOnce && IsV5 && Exceeds(session, publish))
            return Bitten(BrokerLimit.ReceiveMaximum, ReasonCode.ReceiveMaximumExceeded, $"more than {_core.Options.ReceiveMaximum} unacknowledged messages");
        _rate?.Take();
        if (!_lastAllowed) return Forbidden(publish);
        return publish.QoS == QoS.ExactlyOnce ? StoreOnce(session, publish) : Store(publish);
    }

    /// <summary>Receive Maximum (MQTT 5.0 §3.3.4): QoS 1 until PUBACK, QoS 2 until PUBCOMP; a repeated QoS 2 id counts once.</summary>
    private bool Exceeds(Session session, in PublishView publish)
    {
        lock (session.Gate)
        {
            return !(publish.QoS == QoS.ExactlyOnce && session.Incoming.ContainsKey(publish.PacketId)) && session.Incoming.Count + _acks.PubAcks >= _core.Options.ReceiveMaximum;
        }
    }

    private Outcome Store(in PublishView publish)
    {
        var position = Append(publish, 0);
        if (publish.QoS == QoS.AtLeastOnce) _acks.Add(position, PacketType.PubAck, publish.PacketId, Accepted());
        return Outcome.Next;
    }

    /// <summary>QoS 2: while its id is unreleased, the same PUBLISH stores nothing again, across restarts too (MQTT 5.0 §4.3.3).</summary>
    private Outcome StoreOnce(Session session, in PublishView publish)
    {
        lock (session.Gate)
        {
            if (session.Incoming.TryGetValue(publish.PacketId, out var stored))
            {
                _core.Counters.Duplicate();
                _acks.Add(stored, PacketType.PubRec, publish.PacketId);
                return Outcome.Next;
            }
            var position = Append(publish, session.Journaled ? publish.PacketId : (ushort)0);
            session.Incoming[publish.PacketId] = position;
            _acks.Add(position, PacketType.PubRec, publish.PacketId, Accepted());
            return Outcome.Next;
        }
    }

    /// <summary>0x10 where nobody subscribes (MQTT 5.0 §3.4.2.1); journal consumers of the hub are not subscribers.</summary>
    private ReasonCode Accepted() =>
        IsV5 && _services.Router.NobodyMatches(_lastTopic, ref _matchVersion, ref _nobodyMatches) ? ReasonCode.NoMatchingSubscribers : ReasonCode.Success;

    private long Append(in PublishView publish, ushort packetId)
    {
        var scratch = BrokerCore.Scratch();
        ReadOnlySpan<byte> properties = default;
        if (!publish.RawProperties.IsEmpty)
        {
            Span<byte> forwarded = publish.RawProperties.Length <= 512 ? stackalloc byte[512] : new byte[publish.RawProperties.Length];
            var length = ForwardedProperties.Copy(publish.RawProperties, forwarded);
            PublishRecord.Encode(scratch, _lastTopic, ClientId, Identity!.Name, publish.QoS, publish.Retain, packetId, publish.MessageExpiryInterval, publish.Payload, forwarded[..length]);
        }
        else
        {
            PublishRecord.Encode(scratch, _lastTopic, ClientId, Identity!.Name, publish.QoS, publish.Retain, packetId, publish.MessageExpiryInterval, publish.Payload, properties);
        }
        var position = _core.Append(JournalKind.Publish, scratch.WrittenSpan);
        _core.Counters.In(publish.QoS);
        return position;
    }

    private Outcome Forbidden(in PublishView publish)
    {
        var message = $"{Describe} may not publish to '{_lastTopic}'. A device publishes only under cityedge/v1/{{site}}/{{device}}/ of its own name, and what the hub's broker.acl allows.";
        Refuse(_lastTopic, RefusalReason.ForbiddenTopic, message, publish.Payload);
        if (!IsV5 && _core.Options.CloseOnForbiddenPublish) return Closed(ReasonCode.NotAuthorized, message);
        if (publish.QoS == QoS.AtMostOnce) return Outcome.Next;
        var type = publish.QoS == QoS.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec;
        _acks.Add(0, type, publish.PacketId, ReasonCode.NotAuthorized, Explain(message));
        return Outcome.Next;
    }

    private static int LevelsOf(ReadOnlySpan<char> topic) => topic.Count('/') + 1;
}
