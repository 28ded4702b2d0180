namespace CityEdge.Hub.Broker;

/// <summary>
/// The last retained message of each topic, by topic level, so that a wildcard subscription costs its matches and not the whole store. A fold of publish records; bounded
/// by bytes and messages. Used by the router's thread only; counters may be read from any.
/// </summary>
internal sealed class RetainedStore(long maxBytes, int maxMessages = int.MaxValue)
{
    private sealed class Node
    {
        private static readonly Dictionary<string, Node> None = new(StringComparer.Ordinal);
        private Dictionary<string, Node>? _children;

        // Most nodes are leaves.
        public Dictionary<string, Node> Children => _children ?? None;

        public Dictionary<string, Node> OwnChildren => _children ??= new Dictionary<string, Node>(StringComparer.Ordinal);

        public JournalMessage? Message;
    }

    private readonly Node _root = new();
    private long _bytes;
    private int _count;

    public long Bytes => Volatile.Read(ref _bytes);

    public int Count => Volatile.Read(ref _count);

    /// <summary>Stores or, for an empty payload, clears (MQTT 5.0 §3.3.1.3). The limit when it does not fit: then the topic keeps nothing, so that no stale value is served.</summary>
    public BrokerLimit? Apply(JournalMessage message)
    {
        var topic = message.TopicText;
        if (message.Payload.IsEmpty)
        {
            Remove(_root, topic);
            return null;
        }
        var node = _root;
        foreach (var range in topic.AsSpan().Split('/'))
        {
            var lookup = node.OwnChildren.GetAlternateLookup<ReadOnlySpan<char>>();
            var level = topic.AsSpan()[range];
            if (!lookup.TryGetValue(level, out var child)) node.OwnChildren[level.ToString()] = child = new Node();
            node = child;
        }
        var freed = node.Message?.Size ?? 0;
        if ((_bytes - freed + message.Size > maxBytes ? BrokerLimit.RetainedBytes : node.Message is null && _count >= maxMessages ? BrokerLimit.RetainedMessages : default(BrokerLimit?)) is { } full)
        {
            Remove(_root, topic);
            return full;
        }
        if (node.Message is null) _count++;
        _bytes += message.Size - freed;
        node.Message = message.Keep();
        return null;
    }

    /// <summary>Adds every retained message that the filter matches and that has not expired; expired ones it meets are removed.</summary>
    public void Match(string filter, long nowMs, List<JournalMessage> into)
    {
        var start = into.Count;
        Match(_root, filter, true, into);
        for (var i = into.Count - 1; i >= start; i--)
        {
            if (!into[i].Expires || into[i].SecondsLeft(nowMs) > 0) continue;
            Remove(_root, into[i].TopicText);
            into.RemoveAt(i);
        }
    }

    /// <summary>Forgets a topic's message.</summary>
    public void Remove(string topic) => Remove(_root, topic);

    /// <summary>Everything held, for a snapshot.</summary>
    public List<JournalMessage> All()
    {
        var all = new List<JournalMessage>(_count);
        Collect(_root, all);
        return all;
    }

    private static void Match(Node node, ReadOnlySpan<char> filter, bool first, List<JournalMessage> into)
    {
        var slash = filter.IndexOf('/');
        var level = slash < 0 ? filter : filter[..slash];
        if (level is "#")
        {
            // "a/#" matches "a" too; at the first level there is no parent.
            if (!first && node.Message is { } own) into.Add(own);
            foreach (var (name, child) in node.Children)
            {
                if (!(first && name.StartsWith('$'))) Collect(child, into);
            }
            return;
        }
        if (level is "+")
        {
            foreach (var (name, child) in node.Children)
            {
                if (!(first && name.StartsWith('$'))) Descend(child, slash, filter, into);
            }
        }
        else if (node.Children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(level, out var child))
        {
            Descend(child, slash, filter, into);
        }
    }

    private static void Descend(Node child, int slash, ReadOnlySpan<char> filter, List<JournalMessage> into)
    {
        if (slash >= 0) Match(child, filter[(slash + 1)..], false, into);
        else if (child.Message is { } message) into.Add(message);
    }

    private static void Collect(Node node, List<JournalMessage> into)
    {
        if (node.Message is { } message) into.Add(message);
        foreach (var child in node.Children.Values) Collect(child, into);
    }

    private bool Remove(Node node, ReadOnlySpan<char> rest)
    {
        var slash = rest.IndexOf('/');
        var lookup = node.Children.GetAlternateLookup<ReadOnlySpan<char>>();
        var level = slash < 0 ? rest : rest[..slash];
        if (!lookup.TryGetValue(level, out var child)) return false;
        if (slash >= 0)
        {
            Remove(child, rest[(slash + 1)..]);
        }
        else if (child.Message is { } message)
        {
            _bytes -= message.Size;
            _count--;
            child.Message = null;
        }
        if (child.Message is null && child.Children.Count == 0) lookup.Remove(level);
        return true;
    }
}
