using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>SUBSCRIBE and UNSUBSCRIBE: recorded for persistent sessions, in effect at a journal position, answered after both.</summary>
internal sealed partial class ClientConnection
{
    private Outcome HandleSubscribe(ReadOnlySpan<byte> body)
    {
        if (!PacketDecoder.TryDecodeSubscribe(body, Version, out var packet, out var error)) return Closed(error.Code, error.Message);
        var session = _session!;
        var id = packet.Properties?.SubscriptionIdentifiers is { Count: > 0 } ids ? ids[0] : 0;
        var codes = new ReasonCode[packet.Subscriptions.Count];
        var granted = new List<SubscriptionEntry>(codes.Length);
        var why = "";
        int room;
        lock (session.Gate) room = _core.Options.MaxSubscriptionsPerSession - session.Subscriptions.Count;
        for (var i = 0; i < codes.Length; i++)
        {
            var asked = packet.Subscriptions[i];
            codes[i] = Judge(asked, session, granted.Count >= room);
            if (ReasonCodes.IsFailure(codes[i]))
            {
                if (why.Length == 0) why = Why(codes[i], asked.Filter);
                continue;
            }
            granted.Add(new SubscriptionEntry(asked.Filter, asked.QoS, asked.NoLocal, asked.RetainAsPublished, asked.RetainHandling, id));
        }
        using var preparing = _services.Router.Prepare();
        var at = _core.AppendedEnd;
        if (session.Journaled)
        {
            foreach (var subscription in granted)
            {
                at = _core.Append(JournalKind.Subscribed, (session.Key, subscription), static (writer, value) =>
                {
                    writer.String(value.Key);
                    value.subscription.Write(writer);
                });
            }
        }
        Interlocked.Increment(ref _operations);
        _services.Router.Enqueue(at, () => Subscribed(session, new SubAckPacket(packet.PacketId, codes, _problemInformation ? ReasonString(why, codes.Length) : null), granted));
        return Outcome.Next;
    }

    private ReasonCode Judge(in Subscription asked, Session session, bool full)
    {
        if (LevelsOf(asked.Filter) > _core.Options.MaxTopicLevels)
        {
            _core.Counters.Bitten(BrokerLimit.TopicLevels);
            return ReasonCode.TopicFilterInvalid;
        }
        if (!_core.Options.Policy.MaySubscribe(session.Identity, asked.Filter)) return ReasonCode.NotAuthorized;
        if (full)
        {
            lock (session.Gate)
            {
                if (!session.Subscriptions.ContainsKey(asked.Filter))
                {
                    _core.Counters.Bitten(BrokerLimit.MaxSubscriptionsPerSession);
                    return ReasonCode.QuotaExceeded;
                }
            }
        }
        return (ReasonCode)(byte)asked.QoS;
    }

    /// <summary>The first refusal of a SUBSCRIBE, for SUBACK's reason string.</summary>
    private string Why(ReasonCode code, string filter) => code switch
    {
        ReasonCode.TopicFilterInvalid => $"'{Short(filter)}' has more than {_core.Options.MaxTopicLevels} levels",
        ReasonCode.QuotaExceeded => $"'{Short(filter)}' would be one more than the {_core.Options.MaxSubscriptionsPerSession} subscriptions that a session may have",
        _ => $"{Describe} may not subscribe to '{Short(filter)}'",
    };

    private static string Short(string filter) => filter.Length <= 200 ? filter : string.Concat(filter.AsSpan(0, char.IsHighSurrogate(filter[198]) ? 198 : 199), "…");

    /// <summary>On the router's loop: from this position on the subscription counts; the retained messages are those of this position.</summary>
    private void Subscribed(Session session, SubAckPacket answer, List<SubscriptionEntry> granted)
    {
        OperationDone();
        if (session.Ended) return;
        var isNew = new bool[granted.Count];
        for (var i = 0; i < granted.Count; i++) isNew[i] = _services.Router.Subscribe(session, granted[i]);
        if (granted.Exists(g => g.Inner.StartsWith(SystemTopics.Root, StringComparison.Ordinal))) _services.System.Ask();
        lock (session.Gate)
        {
            if (session.Connection != this) return;
            Answer(answer, PacketEncoder.Write);
            for (var i = 0; i < granted.Count; i++)
            {
                // A shared subscription gets no retained messages (MQTT 5.0 §4.8.2).
                if (granted[i].IsShared || granted[i].RetainHandling == RetainHandling.DoNotSend || granted[i].RetainHandling == RetainHandling.SendIfNew && !isNew[i]) continue;
                var retained = new List<JournalMessage>();
                _services.Retained.Match(granted[i].Inner, _core.ArrivalMs, retained);
                if (retained.Count > 0 && !session.SendRetained(retained, granted[i], _services.Retained.Count)) Close(ReasonCode.QuotaExceeded, "it subscribes again and again without taking the retained messages");
            }
        }
        Output.Kick();
    }

    private Outcome HandleUnsubscribe(ReadOnlySpan<byte> body)
    {
        if (!PacketDecoder.TryDecodeUnsubscribe(body, Version, out var packet, out var error)) return Closed(error.Code, error.Message);
        var session = _session!;
        using var preparing = _services.Router.Prepare();
        var at = _core.AppendedEnd;
        if (session.Journaled)
        {
            foreach (var filter in packet.Filters)
            {
                // A filter that is not there needs no record, unless its subscription is still on the way.
                lock (session.Gate)
                {
                    if (Volatile.Read(ref _operations) == 0 && !session.Subscriptions.ContainsKey(filter)) continue;
                }
                at = _core.Append(JournalKind.Unsubscribed, (session.Key, filter), static (writer, value) =>
                {
                    writer.String(value.Key);
                    writer.String(value.filter);
                });
            }
        }
        Interlocked.Increment(ref _operations);
        _services.Router.Enqueue(at, () => Unsubscribed(session, packet));
        return Outcome.Next;
    }

    private void Unsubscribed(Session session, UnsubscribePacket packet)
    {
        OperationDone();
        if (session.Ended) return;
        var codes = new ReasonCode[packet.Filters.Count];
        for (var i = 0; i < codes.Length; i++) codes[i] = _services.Router.Unsubscribe(session, packet.Filters[i]) ? ReasonCode.Success : ReasonCode.NoSubscriptionExisted;
        Answer(new UnsubAckPacket(packet.PacketId, codes), PacketEncoder.Write);
        Output.Kick();
    }
}
