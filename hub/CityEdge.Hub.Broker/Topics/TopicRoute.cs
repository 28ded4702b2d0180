namespace CityEdge.Hub.Broker;

/// <summary>Who gets the messages of one topic, worked out once for as long as subscriptions do not change.</summary>
internal sealed class TopicRoute(string topic)
{
    private RouteTarget[] _targets = [];
    private int _count;

    public string Topic => topic;

    /// <summary>Of the trie that this was made from.</summary>
    public int Version { get; private set; } = -1;

    public SharedGroup[] Groups { get; private set; } = [];

    public ReadOnlySpan<RouteTarget> Targets => _targets.AsSpan(0, _count);

    /// <summary>Memory held, bytes, about.</summary>
    public int Cost => 200 + 2 * topic.Length + _targets.Length * 64 + Groups.Length * 8;

    public void Set(int version, ReadOnlySpan<RouteTarget> targets, List<SharedGroup> groups)
    {
        if (_targets.Length < targets.Length || _targets.Length > 2 * targets.Length) _targets = targets.Length == 0 ? [] : new RouteTarget[targets.Length];
        else if (_count > targets.Length) _targets.AsSpan(targets.Length).Clear();
        targets.CopyTo(_targets);
        _count = targets.Length;
        Groups = groups.Count == 0 ? [] : [.. groups];
        Version = version;
    }
}
