using System.Collections.Concurrent;

namespace CityEdge.Hub.Broker;

/// <summary>
/// Token buckets, one a device, shared by all connections of the device: it may publish a burst of two seconds' worth, then its connections are read only as fast as the
/// rate. Nothing is refused or lost: TCP holds the rest back. Holds a bucket only while the device is connected.
/// </summary>
internal sealed class MessageRates(int perSecond, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);

    public int Count => _buckets.Count;

    /// <summary>The device's bucket, to be given back at the end of the connection; null when nothing limits this identity.</summary>
    public Bucket? Enter(ClientIdentity identity)
    {
        if (perSecond <= 0 || identity.Kind != IdentityKind.Device) return null;
        while (true)
        {
            var bucket = _buckets.GetOrAdd(identity.Name, static (name, state) => new Bucket(name, state.perSecond, state.clock), (perSecond, clock));
            if (bucket.Enter()) return bucket;
        }
    }

    public void Leave(Bucket? bucket)
    {
        if (bucket is not null && bucket.Leave()) _buckets.TryRemove(new KeyValuePair<string, Bucket>(bucket.Name, bucket));
    }

    internal sealed class Bucket(string name, int perSecond, TimeProvider clock)
    {
        private readonly Lock _gate = new();
        private readonly double _most = 2.0 * perSecond;
        private double _tokens = 2.0 * perSecond;
        private long _filledAt = clock.GetTimestamp();
        private int _users;
        private bool _gone;

        public string Name => name;

        public bool Enter()
        {
            lock (_gate)
            {
                if (_gone) return false;
                _users++;
                return true;
            }
        }

        public bool Leave()
        {
            lock (_gate) return _gone = --_users == 0;
        }

        /// <summary>Takes one token, on credit if there is none.</summary>
        public void Take()
        {
            lock (_gate) _tokens--;
        }

        /// <summary>How long until the credit is paid; zero when there is none.</summary>
        public TimeSpan Owed()
        {
            lock (_gate)
            {
                var now = clock.GetTimestamp();
                _tokens = Math.Min(_most, _tokens + clock.GetElapsedTime(_filledAt, now).TotalSeconds * perSecond);
                _filledAt = now;
                // At least 10 ms, so that a device does not cost a timer a message; at most 250, so that a closed connection ends soon.
                return _tokens >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Clamp(-_tokens / perSecond, 0.01, 0.25));
            }
        }
    }
}
