namespace CityEdge.Rules;

/// <summary>The points of an engine by the asset that they belong to and their name, so that rules can look at each other's points.</summary>
internal sealed class PointIndex
{
    private readonly Dictionary<(string Home, string Name), List<PointState>> places = [];

    /// <summary>Rises whenever a point comes, goes or moves: who has looked something up looks again.</summary>
    public int Version { get; private set; } = 1;

    public void Add(PointState point)
    {
        var place = (point.Home, point.Context.Id.Name);
        if (!places.TryGetValue(place, out var found)) places[place] = found = [];
        // By id, so that the order of announcements does not show.
        var at = found.FindIndex(other => string.CompareOrdinal(other.Key, point.Key) > 0);
        found.Insert(at < 0 ? found.Count : at, point);
        Version++;
    }

    public void Remove(PointState point)
    {
        var place = (point.Home, point.Context.Id.Name);
        if (places.TryGetValue(place, out var found) && found.Remove(point) && found.Count == 0) places.Remove(place);
        Version++;
    }

    /// <summary>The point that <paramref name="reference"/> means, seen from <paramref name="from"/>; of several the one with the lowest id; null when there is none of the kind.</summary>
    public PointState? Find(PointContext from, string home, PointReference reference)
    {
        if (reference.Up > 0)
        {
            // Above an asset that the tree does not know, or above none, comes what the path begins with.
            var at = from.Path.Count > 0 && from.Path[0].Id == from.Asset ? reference.Up : reference.Up - 1;
            if (at >= from.Path.Count) return null;
            home = from.Path[at].Id;
        }
        if (!places.TryGetValue((home, reference.Name), out var found)) return null;
        foreach (var point in found)
        {
            if (reference.Kind is null || reference.Kind == point.Context.Kind) return point;
        }
        return null;
    }
}
