namespace CityEdge.Hub.Registry;

/// <summary>An asset as it was read, and where it stands in its file.</summary>
/// <param name="Asset">The asset.</param>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Places">Line and column of its keys, from 1, and under <c>""</c> of itself; null where the file has no columns to tell.</param>
public sealed record AssetRow(Asset Asset, int Line, IReadOnlyDictionary<string, (int Line, int Column)>? Places = null)
{
    /// <summary>An error of the list that a 422 carries, at the key, else at the asset.</summary>
    internal object Error(string key, string message)
    {
        if (Places is null) return new { line = Line, key, message };
        var (line, column) = Places.TryGetValue(key, out var place) ? place : Places[""];
        return new { line, column, key, message };
    }
}
