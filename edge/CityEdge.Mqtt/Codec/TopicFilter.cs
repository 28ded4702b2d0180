using System.Text;

namespace CityEdge.Mqtt;

/// <summary>Rules of topic names and filters (5.0 §4.7, 3.1.1 §4.7) and of shared subscriptions (5.0 §4.8.2). Text may be chars or UTF-8; UTF-8 overloads allocate nothing.</summary>
public static class TopicFilter
{
    /// <summary>Longest name or filter, UTF-8 bytes.</summary>
    public const int MaxLength = ushort.MaxValue;

    private const string SharePrefix = "$share/";

    /// <summary>True for 1 to 65 535 bytes of UTF-8 without <c>+</c>, <c>#</c> and U+0000.</summary>
    public static bool IsValidTopic(ReadOnlySpan<char> topic) => topic.Length > 0 && !topic.ContainsAny('+', '#') && IsText(topic);

    /// <inheritdoc cref="IsValidTopic(ReadOnlySpan{char})"/>
    public static bool IsValidTopic(ReadOnlySpan<byte> topic) =>
        topic.Length is > 0 and <= MaxLength && !topic.ContainsAny((byte)'+', (byte)'#') && Utf8Text.IsValid(topic);

    /// <summary>
    /// True when <c>+</c> stands alone in its level, <c>#</c> alone in the last one, and a filter that begins with <c>$share/</c> is a shared subscription with a
    /// non-empty group and filter.
    /// </summary>
    public static bool IsValidFilter(ReadOnlySpan<char> filter)
    {
        if (filter.IsEmpty || !IsText(filter)) return false;
        if (!filter.StartsWith(SharePrefix)) return AreWildcardsValid(filter);
        return TryParseShared(filter, out _, out var inner) && AreWildcardsValid(inner);
    }

    /// <summary>
    /// Splits <c>$share/group/filter</c>; false when the text is not one, or its group or filter is empty or the group has <c>+</c> or <c>#</c>.
    /// </summary>
    public static bool TryParseShared(ReadOnlySpan<char> text, out ReadOnlySpan<char> group, out ReadOnlySpan<char> filter)
    {
        group = filter = default;
        if (!text.StartsWith(SharePrefix)) return false;
        var rest = text[SharePrefix.Length..];
        var slash = rest.IndexOf('/');
        if (slash <= 0 || slash == rest.Length - 1 || rest[..slash].ContainsAny('+', '#')) return false;
        group = rest[..slash];
        filter = rest[(slash + 1)..];
        return true;
    }

    /// <inheritdoc cref="TryParseShared(ReadOnlySpan{char},out ReadOnlySpan{char},out ReadOnlySpan{char})"/>
    public static bool TryParseShared(string text, out string group, out string filter)
    {
        var shared = TryParseShared(text.AsSpan(), out var groupSpan, out var filterSpan);
        (group, filter) = shared ? (groupSpan.ToString(), filterSpan.ToString()) : ("", "");
        return shared;
    }

    /// <summary>
    /// True when a valid filter (not <c>$share/…</c>: parse it first) matches a valid topic. A filter that begins with a wildcard does not match a topic that begins
    /// with <c>$</c> (MQTT-4.7.2-1).
    /// </summary>
    public static bool Matches(ReadOnlySpan<char> filter, ReadOnlySpan<char> topic) => Matches(filter, topic, '/', '+', '#', '$');

    /// <inheritdoc cref="Matches(ReadOnlySpan{char},ReadOnlySpan{char})"/>
    public static bool Matches(ReadOnlySpan<byte> filter, ReadOnlySpan<byte> topic) => Matches(filter, topic, (byte)'/', (byte)'+', (byte)'#', (byte)'$');

    private static bool Matches<T>(ReadOnlySpan<T> filter, ReadOnlySpan<T> topic, T slash, T plus, T hash, T dollar)
        where T : struct, IEquatable<T>
    {
        if (filter.IsEmpty || topic.IsEmpty) return false;
        if (topic[0].Equals(dollar) && (filter[0].Equals(plus) || filter[0].Equals(hash))) return false;
        while (true)
        {
            if (filter.Length == 1 && filter[0].Equals(hash)) return true;
            var filterEnd = filter.IndexOf(slash);
            var topicEnd = topic.IndexOf(slash);
            var filterLevel = filterEnd < 0 ? filter : filter[..filterEnd];
            var topicLevel = topicEnd < 0 ? topic : topic[..topicEnd];
            if (!(filterLevel.Length == 1 && filterLevel[0].Equals(plus)) && !filterLevel.SequenceEqual(topicLevel)) return false;
            // "sport/#" also matches its parent "sport" (§4.7.1.2).
            if (topicEnd < 0) return filterEnd < 0 || (filter.Length == filterEnd + 2 && filter[filterEnd + 1].Equals(hash));
            if (filterEnd < 0) return false;
            filter = filter[(filterEnd + 1)..];
            topic = topic[(topicEnd + 1)..];
        }
    }

    private static bool AreWildcardsValid(ReadOnlySpan<char> filter)
    {
        for (var i = 0; i < filter.Length; i++)
        {
            if (filter[i] is not ('+' or '#')) continue;
            if (i > 0 && filter[i - 1] != '/') return false;
            if (filter[i] == '#' ? i != filter.Length - 1 : i < filter.Length - 1 && filter[i + 1] != '/') return false;
        }
        return true;
    }

    private static bool IsText(ReadOnlySpan<char> text)
    {
        var bytes = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            // EnumerateRunes gives U+FFFD for a lone surrogate; a real U+FFFD in the text is one char and fine.
            if (rune.Value == 0) return false;
            bytes += rune.Utf8SequenceLength;
        }
        return bytes <= MaxLength && !HasLoneSurrogate(text);
    }

    private static bool HasLoneSurrogate(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyInRange('\uD800', '\uDFFF')) return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])) return true;
            i++;
        }
        return false;
    }
}
