namespace CityEdge.Hub.Broker;

/// <summary>
/// Filters by level, so that a publish costs its own levels and its matches, not the number of subscribers (MQTT 5.0 §4.7). Used by the router's thread only.
/// </summary>
internal sealed class SubscriptionTrie<T> where T : class
{
    private sealed class Node
    {
        public Dictionary<string, Node>? Children;
        public Dictionary<string, Node>.AlternateLookup<ReadOnlySpan<char>> Lookup;
        public Node? Plus;
        public Node? Hash;
        public List<T>? Entries;

        public bool Empty => Children is null or { Count: 0 } && Plus is null && Hash is null && Entries is null or { Count: 0 };

        public Node Child(ReadOnlySpan<char> level)
        {
            if (level is "+") return Plus ??= new Node();
            if (level is "#") return Hash ??= new Node();
            if (Children is null)
            {
                Children = new Dictionary<string, Node>(StringComparer.Ordinal);
                Lookup = Children.GetAlternateLookup<ReadOnlySpan<char>>();
            }
            if (!Lookup.TryGetValue(level, out var child)) Children[level.ToString()] = child = new Node();
            return child;
        }

        public bool TryChild(ReadOnlySpan<char> level, out Node child)
        {
            child = null!;
            return Children is not null && Lookup.TryGetValue(level, out child!);
        }
    }

    private readonly Node _root = new();

    /// <summary>Entries held.</summary>
    public int Count { get; private set; }

    public void Add(string filter, T entry)
    {
        var node = _root;
        foreach (var range in filter.AsSpan().Split('/')) node = node.Child(filter.AsSpan()[range]);
        (node.Entries ??= []).Add(entry);
        Count++;
    }

    /// <summary>Removes one entry and the levels it leaves empty.</summary>
    public bool Remove(string filter, T entry)
    {
        var removed = Remove(_root, filter, entry);
        if (removed) Count--;
        return removed;
    }

    private static bool Remove(Node node, ReadOnlySpan<char> rest, T entry)
    {
        var slash = rest.IndexOf('/');
        var level = slash < 0 ? rest : rest[..slash];
        Node? child;
        if (level is "+") child = node.Plus;
        else if (level is "#") child = node.Hash;
        else if (!node.TryChild(level, out child!)) child = null;
        if (child is null) return false;
        var removed = slash < 0 ? child.Entries?.Remove(entry) ?? false : Remove(child, rest[(slash + 1)..], entry);
        if (!removed || !child.Empty) return removed;
        if (level is "+") node.Plus = null;
        else if (level is "#") node.Hash = null;
        else node.Lookup.Remove(level);
        return true;
    }

    /// <summary>Adds every entry whose filter matches the topic. Wildcards at the first level do not match topics that begin with <c>$</c>.</summary>
    public void Match(ReadOnlySpan<char> topic, List<T> into) => Match(_root, topic, into, topic.Length > 0 && topic[0] == '$');

    private static void Match(Node node, ReadOnlySpan<char> rest, List<T> into, bool dollar)
    {
        if (!dollar && node.Hash?.Entries is { } all) into.AddRange(all);
        var slash = rest.IndexOf('/');
        var level = slash < 0 ? rest : rest[..slash];
        if (!dollar && node.Plus is { } plus) Step(plus, slash, rest, into);
        if (node.TryChild(level, out var child)) Step(child, slash, rest, into);
    }

    private static void Step(Node node, int slash, ReadOnlySpan<char> rest, List<T> into)
    {
        if (slash >= 0)
        {
            Match(node, rest[(slash + 1)..], into, false);
            return;
        }
        if (node.Entries is { } entries) into.AddRange(entries);
        if (node.Hash?.Entries is { } parents) into.AddRange(parents);
    }
}
