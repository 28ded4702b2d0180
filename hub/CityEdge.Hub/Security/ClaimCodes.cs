using System.Security.Cryptography;
using CityEdge.Hub.Tickets;
using Dapper;

namespace CityEdge.Hub.Security;

/// <summary>
/// One-time codes with which a device fetches its own token, so that no token is carried by hand: 40 random bits as <c>XXXX-XXXX</c> (Crockford's base 32), good once, for
/// 24 hours, kept as HMAC-SHA-256. The rate of tries (10 a minute of one address, 300 of all) makes guessing one within its life a chance below one in a million.
/// </summary>
public sealed class ClaimCodes(TicketStore store, Secrets secrets, TimeProvider time)
{
    /// <summary>How long a code is good.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A new code of the device, shown once; an older one stops working. The device's token, if it has one, works on until the code is used.</summary>
    public async Task<(string Code, DateTimeOffset ExpiresAt)> CreateAsync(string id, CancellationToken ct)
    {
        var code = RandomNumberGenerator.GetString(Alphabet, 8);
        var expires = Now + (long)Lifetime.TotalMilliseconds;
        var fingerprint = Fingerprint(id, code);
        await store.WriteAsync(tx =>
        {
            tx.Connection.Execute("delete from device_claims where expires_at <= @now", new { now = Now });
            return tx.Connection.Execute("insert into device_claims (id, code, expires_at) values (@id, @fingerprint, @expires) on conflict (id) do update set code = excluded.code, expires_at = excluded.expires_at", new { id, fingerprint, expires });
        }, ct);
        return ($"{code[..4]}-{code[4..]}", DateTimeOffset.FromUnixTimeMilliseconds(expires));
    }

    /// <summary>The device's new token for its code; null when the code is wrong, used or too old, or there is no such device: which of these is not told.</summary>
    public async Task<string?> ClaimAsync(string id, string code, CancellationToken ct)
    {
        var fingerprint = Fingerprint(id, Normalize(code));
        bool good;
        using (var read = store.OpenRead()) good = Check(read, id, fingerprint);
        if (!good) return null;
        var token = Secrets.NewToken();
        var tokenFingerprint = secrets.Fingerprint(token);
        return await store.WriteAsync(tx =>
        {
            // Two at once may have come this far; one of them wins.
            if (!Check(tx.Connection, id, fingerprint)) return false;
            tx.Connection.Execute("delete from device_claims where id = @id", new { id });
            tx.Connection.Execute(AccountStore.PutDevice, new { id, token = tokenFingerprint, now = Now });
            return true;
        }, ct) ? token : null;
    }

    private bool Check(Microsoft.Data.Sqlite.SqliteConnection sql, string id, byte[] fingerprint)
    {
        var row = sql.QueryFirstOrDefault("select code, expires_at from device_claims where id = @id", new { id });
        // As long for a device without a code as for one with another.
        var stored = (byte[]?)row?.code ?? new byte[fingerprint.Length];
        return CryptographicOperations.FixedTimeEquals(stored, fingerprint) && row is not null && (long)row.expires_at > Now;
    }

    private byte[] Fingerprint(string id, string code) => secrets.Fingerprint($"claim\n{id}\n{code}");

    /// <summary>As people read codes back: in any case, with or without the dash, O for 0, I and L for 1.</summary>
    private static string Normalize(string code) => code.Length > 64 ? "" : code.ToUpperInvariant().Replace("-", "").Replace(" ", "").Replace('O', '0').Replace('I', '1').Replace('L', '1');
}
