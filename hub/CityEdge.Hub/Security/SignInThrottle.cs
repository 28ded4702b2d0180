using System.Collections.Concurrent;
using System.Net;
using CityEdge.Hub.Broker;

namespace CityEdge.Hub.Security;

/// <summary>
/// Slows the guessing of passwords down: after 5 failures of a name from an address, or 30 of an address, within a minute, the next sign-in is refused until the minute is
/// over, right or wrong. Hashing, slow by design, runs on few threads with a short queue, so that guessers cannot take the processor from the rest of the hub.
/// </summary>
public sealed class SignInThrottle(TimeProvider time) : IDisposable
{
    private const int PerName = 5;
    private const int PerAddress = 30;
    private const int MaxEntries = 10_000;
    private const int MaxWaiting = 64;
    private const int MaxPassword = 1024;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(AddressBlock Address, string? Name), (int Failures, long Since)> entries = new();
    private readonly SemaphoreSlim hashing = new(Math.Max(1, Environment.ProcessorCount / 2));
    private int waiting;

    /// <summary>The user, when name and password are right; else null, and how long to wait when it was not even looked at.</summary>
    public async Task<((string Name, string Role)? User, TimeSpan? RetryAfter)> CheckAsync(AccountStore accounts, string name, string password, IPAddress? address, CancellationToken ct)
    {
        if (password.Length is 0 or > MaxPassword || name.Length is 0 or > 64) return (null, null);
        var from = AddressBlock.Of(address ?? IPAddress.None);
        if ((Blocked((from, name), PerName) ?? Blocked((from, null), PerAddress)) is { } retryAfter) return (null, retryAfter);
        try
        {
            if (Interlocked.Increment(ref waiting) > MaxWaiting) return (null, TimeSpan.FromSeconds(5));
            await hashing.WaitAsync(ct);
            try
            {
                var user = await Task.Run(() => accounts.FindByPassword(name, password), ct);
                if (user is not null)
                {
                    entries.TryRemove((from, name), out _);
                    return (user, null);
                }
                Failed((from, name));
                Failed((from, null));
                return (null, null);
            }
            finally
            {
                hashing.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    /// <inheritdoc />
    public void Dispose() => hashing.Dispose();

    private TimeSpan? Blocked((AddressBlock, string?) key, int limit)
    {
        if (!entries.TryGetValue(key, out var entry) || entry.Failures < limit) return null;
        var left = Window - time.GetElapsedTime(entry.Since);
        return left > TimeSpan.Zero ? left : null;
    }

    private void Failed((AddressBlock, string?) key)
    {
        if (entries.Count >= MaxEntries) MakeRoom();
        var now = time.GetTimestamp();
        entries.AddOrUpdate(key, (1, now), (_, entry) => time.GetElapsedTime(entry.Since) > Window ? (1, now) : (entry.Failures + 1, entry.Since));
    }

    private void MakeRoom()
    {
        foreach (var (key, entry) in entries)
        {
            if (time.GetElapsedTime(entry.Since) > Window) entries.TryRemove(key, out _);
        }
        if (entries.Count < MaxEntries) return;
        foreach (var key in entries.OrderBy(e => e.Value.Since).Take(MaxEntries / 10).Select(e => e.Key).ToList()) entries.TryRemove(key, out _);
    }
}
