using CityEdge.Contracts;

namespace CityEdge.Hub.Tickets.Store;

/// <summary>What one work, or one commit, changed: announced only once it is durable.</summary>
internal sealed class ChangeSet
{
    private readonly HashSet<StoreChange> seen = [];
    private readonly List<StoreChange> order = [];

    public IReadOnlyList<StoreChange> Changes => order;

    /// <summary>Points whose earliest deadline may have moved.</summary>
    public HashSet<string> Anchors { get; } = new(StringComparer.Ordinal);

    public long? Cursor { get; set; }

    public void Ticket(string id) => Add(new(StoreChangeKind.Ticket, id));

    public void Alarm(string id) => Add(new(StoreChangeKind.Alarm, id));

    public void Anchor(string point) => Anchors.Add(point);

    public void Merge(ChangeSet other)
    {
        foreach (var change in other.order) Add(change);
        Anchors.UnionWith(other.Anchors);
        Cursor = other.Cursor ?? Cursor;
    }

    public static PointId Point(string text) =>
        PointId.TryParse(text, out var point) ? point : throw new InvalidDataException($"'{text}' in the ticket store is not site/device/name.");

    private void Add(StoreChange change)
    {
        if (seen.Add(change)) order.Add(change);
    }
}
