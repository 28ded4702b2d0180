namespace CityEdge.Hub.Broker;

/// <summary>
/// Filters by level, so that a publish costs its own levels and its matches, not the number of subscribers (MQTT 5.0 §4.7). Not thread-safe.
/// </summary>
internal sealed class SubscriptionTrie<T> where T : class
{
    private const int LinearChildren = 4;

    private sealed class Node
    {
        // A few children lie in an array, many in a dictionary: most nodes of a city's topics have one.
        private (string Level, Node Child)[] _few = [];
        private Dictionary<string, Node>? _many;

        public Node? Plus;
        public Node? Hash;
        public List<T>? Entries;

        public bool Empty => _few.Length == 0 && _many is null && Plus is null && Hash is null && Entries is null;

        public Node Child(ReadOnlySpan<char> level)
        {
            if (level is "+") return Plus ??= new Node();
            if (level is "#") return Hash ??= new Node();
            if (Find(level) is { } present) return present;
            var child = new Node();
            var name = level.ToString();
            if (_many is null && _few.Length == LinearChildren)
            {
                _many = new Dictionary<string, Node>(StringComparer.Ordinal);
                foreach (var (known, node) in _few) _many.Add(known, node);
                _few = [];
            }
            if (_many is not null) _many.Add(name, child);
            else _few = [.. _few, (name, child)];
            return child;
        }

        public Node? Find(ReadOnlySpan<char> level)
        {
            foreach (ref readonly var few in _few.AsSpan())
            {
                if (level.SequenceEqual(few.Level)) return few.Child;
            }
            return _many is not null && _many.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(level, out var child) ? child : null;
        }

        public Node? Step(ReadOnlySpan<char> level) => level is "+" ? Plus : level is "#" ? Hash : Find(level);

        public void Drop(ReadOnlySpan<char> level)
        {
            if (level is "+") Plus = null;
            else if (level is "#") Hash = null;
            else if (_many is null) _few = [.. Without(_few, level)];
            else if (_many.GetAlternateLookup<ReadOnlySpan<char>>().Remove(level) && _many.Count == 0) _many = null;
        }

        private static List<(string, Node)> Without((string Level, Node Child)[] few, ReadOnlySpan<char> level)
        {
            var rest = new List<(string, Node)>(few.Length);
            foreach (var one in few)
            {
                if (!level.SequenceEqual(one.Level)) rest.Add(one);
            }
            return rest;
        }
    }

    private readonly Node _root = new();

    /// <summary>Entries held.</summary>
    public int Count { get; private set; }

    /// <summary>Nodes held beside the root.</summary>
    public int Nodes { get; private set; }

    /// <summary>Nodes looked at by all matching so far: its cost, whatever the machine.</summary>
    public long Visited { get; private set; }

    public void Add(string filter, T entry)
    {
        var node = _root;
        foreach (var range in filter.AsSpan().Split('/'))
        {
            var level = filter.AsSpan()[range];
            if (node.Step(level) is not { } child)
            {
                child = node.Child(level);
                Nodes++;
            }
            node = child;
        }
        (node.Entries ??= new List<T>(1)).Add(entry);
        Count++;
    }

    /// <summary>Removes one entry and the levels it leaves empty.</summary>
    public bool Remove(string filter, T entry)
    {
        var removed = Remove(_root, filter, entry);
        if (removed) Count--;
        return removed;
    }

    private bool Remove(Node node, ReadOnlySpan<char> rest, T entry)
    {
        var slash = rest.IndexOf('/');
        var level = slash < 0 ? rest : rest[..slash];
        if (node.Step(level) is not { } child) return false;
        if (slash >= 0)
        {
            if (!Remove(child, rest[(slash + 1)..], entry)) return false;
        }
        else
        {
            if (child.Entries is null || !child.Entries.Remove(entry)) return false;
            if (child.Entries.Count == 0) child.Entries = null;
        }
        if (!child.Empty) return true;
        node.Drop(level);
        Nodes--;
        return true;
    }

    /// <summary>Adds every entry whose filter matches the topic. Wildcards at the first level do not match topics that begin with <c>$</c>.</summary>
    public void Match(ReadOnlySpan<char> topic, List<T> into) => Match(_root, topic, into, topic.Length > 0 && topic[0] == '$');

    /// <summary>True when any filter matches the topic.</summary>
    public bool Any(ReadOnlySpan<char> topic) => Match(_root, topic, null, topic.Length > 0 && topic[0] == '$');

    // Without a list the first match ends it.
    private bool Match(Node node, ReadOnlySpan<char> rest, List<T>? into, bool dollar)
    {
        Visited++;
        if (!dollar && Take(node.Hash?.Entries, into)) return true;
        var slash = rest.IndexOf('/');
        var level = slash < 0 ? rest : rest[..slash];
        return !dollar && node.Plus is { } plus && Step(plus, slash, rest, into) || node.Find(level) is { } child && Step(child, slash, rest, into);
    }

    private bool Step(Node node, int slash, ReadOnlySpan<char> rest, List<T>? into)
    {
        if (slash >= 0) return Match(node, rest[(slash + 1)..], into, false);
        Visited++;
        return Take(node.Entries, into) || Take(node.Hash?.Entries, into);
    }

    private static bool Take(List<T>? entries, List<T>? into)
    {
        if (entries is null) return false;
        into?.AddRange(entries);
        return into is null;
    }
}
