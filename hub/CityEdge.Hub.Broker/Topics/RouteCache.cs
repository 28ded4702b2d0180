using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace CityEdge.Hub.Broker;

/// <summary>
/// Routes by the topic's UTF-8 bytes, so that a known topic costs one look-up and no string. Two generations of bounded size: a route that is asked for moves to the young
/// one, what is not asked for goes with the old. The router's thread only.
/// </summary>
internal sealed class RouteCache(int maxBytes = 16 << 20)
{
    private Generation _young = new();
    private Generation _old = new();
    private long _youngBytes;

    private sealed class Generation
    {
        public Generation() => ByUtf8 = Routes.GetAlternateLookup<ReadOnlySpan<byte>>();

        public Dictionary<string, TopicRoute> Routes { get; } = new(TopicComparer.Instance);

        public Dictionary<string, TopicRoute>.AlternateLookup<ReadOnlySpan<byte>> ByUtf8 { get; }
    }

    /// <summary>Routes held.</summary>
    public int Count => _young.Routes.Count + _old.Routes.Count;

    /// <summary>The route of a topic, perhaps of an older version; null when it is new.</summary>
    public TopicRoute? Find(ReadOnlySpan<byte> topic)
    {
        if (_young.ByUtf8.TryGetValue(topic, out var route)) return route;
        if (!_old.ByUtf8.Remove(topic, out _, out route)) return null;
        Keep(route);
        return route;
    }

    /// <summary>Keeps a new route, unless it alone would crowd the others out.</summary>
    public void Keep(TopicRoute route)
    {
        if (route.Cost > maxBytes / 8) return;
        if (_youngBytes + route.Cost > maxBytes / 2) Turn();
        _young.Routes[route.Topic] = route;
        _youngBytes += route.Cost;
    }

    /// <summary>A kept route was worked out anew, and had this cost before.</summary>
    public void Refit(TopicRoute route, int before)
    {
        _youngBytes += route.Cost - before;
        if (route.Cost > maxBytes / 8 && _young.Routes.Remove(route.Topic)) _youngBytes -= route.Cost;
        if (_youngBytes > maxBytes / 2) Turn();
    }

    /// <summary>Forgets everything, ended sessions included.</summary>
    public void Clear()
    {
        Turn();
        Turn();
    }

    private void Turn()
    {
        _old = _young;
        _young = new Generation();
        _youngBytes = 0;
    }

    /// <summary>Strings by their UTF-8. The hash is keyed by a secret of the process: a device must not be able to choose topics that fall together.</summary>
    private sealed class TopicComparer : IEqualityComparer<string>, IAlternateEqualityComparer<ReadOnlySpan<byte>, string>
    {
        private static readonly ulong Secret = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;

        public static TopicComparer Instance { get; } = new();

        public bool Equals(string? x, string? y) => string.Equals(x, y, StringComparison.Ordinal);

        public int GetHashCode(string topic)
        {
            const int OnStack = 512;
            var length = Encoding.UTF8.GetByteCount(topic);
            Span<byte> utf8 = length <= OnStack ? stackalloc byte[OnStack] : new byte[length];
            Encoding.UTF8.GetBytes(topic, utf8);
            return GetHashCode(utf8[..length]);
        }

        public string Create(ReadOnlySpan<byte> topic) => PublishLayout.Text(topic);

        public bool Equals(ReadOnlySpan<byte> topic, string other)
        {
            if (topic.Length == other.Length) return Ascii.Equals(topic, other);
            return topic.Length > other.Length && topic.Length <= 3 * other.Length && topic.Length == Encoding.UTF8.GetByteCount(other) && PublishLayout.Text(topic) == other;
        }

        public int GetHashCode(ReadOnlySpan<byte> topic)
        {
            var hash = Secret ^ (ulong)topic.Length;
            while (topic.Length >= 8)
            {
                hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(topic));
                topic = topic[8..];
            }
            ulong last = 0;
            for (var i = 0; i < topic.Length; i++) last |= (ulong)topic[i] << 8 * i;
            hash = Mix(hash ^ last);
            return (int)(hash ^ hash >> 32);
        }

        private static ulong Mix(ulong value)
        {
            var high = Math.BigMul(value, 0x9E37_79B9_7F4A_7C15 ^ Secret, out var low);
            return high ^ low;
        }
    }
}
