using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CityEdge.Hub.Api;

/// <summary>A page of a list: <c>{"items":[],"next":null|CURSOR}</c>.</summary>
public sealed record Page(IReadOnlyList<object> Items, string? Next)
{
    public const int DefaultLimit = 100;

    public const int MaxLimit = 1000;

    /// <summary>1 to 1000; null means the default; a problem for anything else.</summary>
    public static bool TryLimit(string? text, out int limit, out ProblemHttpResult? problem)
    {
        (limit, problem) = (DefaultLimit, null);
        if (string.IsNullOrEmpty(text)) return true;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MaxLimit) return true;
        problem = Problems.Bad("limit", text, $"a whole number from 1 to {MaxLimit}");
        return false;
    }

    /// <summary>Pages an ordered sequence whose items have unique string keys; the cursor is the last key.</summary>
    public static Page Of<T>(IEnumerable<T> ordered, Func<T, string> key, Func<T, object> item, string? cursor, int limit)
    {
        var rest = cursor is null ? ordered : ordered.Where(x => string.CompareOrdinal(key(x), cursor) > 0);
        var taken = rest.Take(limit + 1).ToList();
        var more = taken.Count > limit;
        return new Page(taken.Take(limit).Select(item).ToList(), more ? key(taken[limit - 1]) : null);
    }
}
