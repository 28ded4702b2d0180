namespace CityEdge.Hub.Telemetry;

/// <summary>Point ids by pattern: <c>*</c> is any run of characters (slashes too), <c>?</c> any one.</summary>
public static class PointGlob
{
    /// <summary>True when the whole id fits the pattern.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> id)
    {
        var (p, i, star, back) = (0, 0, -1, 0);
        while (i < id.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, back) = (p++, i);
            }
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == id[i]))
            {
                p++;
                i++;
            }
            else if (star >= 0)
            {
                (p, i) = (star + 1, ++back);
            }
            else
            {
                return false;
            }
        }
        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }
}
