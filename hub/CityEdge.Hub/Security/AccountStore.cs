using System.Text;
using CityEdge.Contracts;
using CityEdge.Hub.Tickets;
using Dapper;

namespace CityEdge.Hub.Security;

/// <summary>Users, their tokens, and device tokens: rows of <c>hub.db</c>, changed through its one writer.</summary>
public sealed class AccountStore(TicketStore store, Secrets secrets, TimeProvider time)
{
    /// <summary>Roles that exist; <c>viewer</c> reads, <c>crew</c> also commands tickets, <c>manager</c> also edits rules and assets, <c>admin</c> also accounts.</summary>
    public static IReadOnlyList<string> Roles => Names;

    private static readonly string[] Names = ["viewer", "crew", "manager", "admin"];

    /// <summary>How much a role may do, 0 to 3; -1 for a word that is no role.</summary>
    public static int Rank(string role) => Array.IndexOf(Names, role);

    internal const string PutDevice =
        "insert into devices (id, token, created_at) values (@id, @token, @now) on conflict (id) do update set token = excluded.token, created_at = coalesce(devices.created_at, excluded.created_at), revoked_at = null";

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Adds the device or gives it a new token (the old one stops working); returns the token, which is kept nowhere else.</summary>
    public async Task<string> AddDeviceAsync(string site, string device, CancellationToken ct)
    {
        var token = Secrets.NewToken();
        await store.WriteAsync(tx => tx.Connection.Execute(PutDevice, new { id = $"{site}/{device}", token = secrets.Fingerprint(token), now = Now }), ct);
        return token;
    }

    /// <summary>False when there is no such device.</summary>
    public async Task<bool> RevokeDeviceAsync(string id, CancellationToken ct) =>
        await store.WriteAsync(tx =>
        {
            // A code still out would let the device back in.
            tx.Connection.Execute("delete from device_claims where id = @id", new { id });
            return tx.Connection.Execute("update devices set token = null, revoked_at = @now where id = @id", new { id, now = Now });
        }, ct) > 0;

    /// <summary>Adds all of the devices, or, when some have tokens already, none: those are answered.</summary>
    public async Task<(IReadOnlyList<string> Tokens, IReadOnlyList<DeviceRow> Known)> ImportDevicesAsync(IReadOnlyList<DeviceRow> rows, CancellationToken ct)
    {
        var tokens = rows.Select(r => r.Token ?? Secrets.NewToken()).ToList();
        var fingerprints = tokens.Select(secrets.Fingerprint).ToList();
        var known = await store.WriteAsync(tx =>
        {
            var have = tx.Connection.Query<string>("select id from devices where token is not null").ToHashSet(StringComparer.Ordinal);
            var refused = rows.Where(r => have.Contains(r.Id)).ToList();
            for (var i = 0; refused.Count == 0 && i < rows.Count; i++) tx.Connection.Execute(PutDevice, new { id = rows[i].Id, token = fingerprints[i], now = Now });
            return refused;
        }, ct);
        return (tokens, known);
    }

    /// <summary>Whether the device was ever added or seen, and whether it is revoked now.</summary>
    public (bool Known, bool Revoked) DeviceState(string id)
    {
        using var read = store.OpenRead();
        var row = read.QueryFirstOrDefault("select revoked_at from devices where id = @id", new { id });
        return (row is not null, row?.revoked_at is not null);
    }

    public IReadOnlyList<DeviceAccount> Devices()
    {
        using var read = store.OpenRead();
        return read.Query("select id, created_at, revoked_at from devices order by id")
            .Select(r => new DeviceAccount((string)r.id, Time((long?)r.created_at), Time((long?)r.revoked_at))).ToList();
    }

    /// <summary>Whether this token is the device's.</summary>
    public bool CheckDevice(string id, ReadOnlySpan<byte> token)
    {
        var fingerprint = secrets.Fingerprint(token);
        using var read = store.OpenRead();
        return read.ExecuteScalar<long>("select count(*) from devices where id = @id and token = @fingerprint and revoked_at is null", new { id, fingerprint }) > 0;
    }

    public async Task AddUserAsync(string name, string role, string? password, CancellationToken ct)
    {
        var hash = password is null ? null : Secrets.HashPassword(password);
        await store.WriteAsync(tx => tx.Connection.Execute(
            "insert into users (name, role, password, created_at) values (@name, @role, @hash, @now) on conflict (name) do update set role = excluded.role, password = coalesce(excluded.password, users.password)",
            new { name, role, hash, now = Now }), ct);
    }

    /// <summary>False when there is no such user.</summary>
    public async Task<bool> SetPasswordAsync(string name, string password, CancellationToken ct)
    {
        var hash = Secrets.HashPassword(password);
        return await store.WriteAsync(tx => tx.Connection.Execute("update users set password = @hash where name = @name", new { name, hash }), ct) > 0;
    }

    /// <summary>A new token of the user; null when there is no such user.</summary>
    public async Task<string?> NewUserTokenAsync(string name, CancellationToken ct)
    {
        var token = Secrets.NewToken();
        var fingerprint = secrets.Fingerprint(token);
        return await store.WriteAsync(tx => tx.Connection.Execute(
            "insert into user_tokens (token, name, created_at) select @fingerprint, name, @now from users where name = @name", new { fingerprint, name, now = Now }), ct) > 0 ? token : null;
    }

    public IReadOnlyList<UserRow> Users()
    {
        using var read = store.OpenRead();
        return read.Query("select u.name, u.role, u.created_at, (select count(*) from user_tokens t where t.name = u.name) as tokens from users u order by u.name")
            .Select(r => new UserRow((string)r.name, (string)r.role, Time((long)r.created_at)!.Value, (int)(long)r.tokens)).ToList();
    }

    /// <summary>(name, role) of the token's user; null when the token is nobody's.</summary>
    public (string Name, string Role)? FindByToken(ReadOnlySpan<byte> token)
    {
        var fingerprint = secrets.Fingerprint(token);
        using var read = store.OpenRead();
        var row = read.QueryFirstOrDefault("select u.name, u.role from user_tokens t join users u on u.name = t.name where t.token = @fingerprint", new { fingerprint });
        return row is null ? null : ((string)row.name, (string)row.role);
    }

    /// <summary>(name, role) when the password is the user's; takes as long when there is no such user.</summary>
    public (string Name, string Role)? FindByPassword(string name, string password)
    {
        using var read = store.OpenRead();
        var row = read.QueryFirstOrDefault("select name, role, password from users where name = @name", new { name });
        var stored = (string?)row?.password ?? DummyHash.Value;
        return Secrets.VerifyPassword(password, stored) && row is not null ? ((string)row.name, (string)row.role) : null;
    }

    private static readonly Lazy<string> DummyHash = new(() => Secrets.HashPassword(Secrets.NewToken()));

    private static DateTimeOffset? Time(long? ms) => ms is { } value ? DateTimeOffset.FromUnixTimeMilliseconds(value) : null;

    /// <summary>Makes the first administrator's token, in a file only the owner can read, unless some user exists already.</summary>
    public async Task EnsureAdministratorAsync(string dataDirectory, CancellationToken ct)
    {
        if (Users().Count > 0) return;
        var token = Secrets.NewToken();
        var file = Path.Combine(dataDirectory, "admin-token");
        // The file first: after a crash in between there is no user, and the next start does both again. The other way round nobody could get in.
        File.Delete(file);
        Secrets.WritePrivate(file, Encoding.UTF8.GetBytes(token + "\n"));
        await store.WriteAsync(
            tx =>
            {
                tx.Connection.Execute("insert into users (name, role, created_at) values ('admin', 'admin', @now)", new { now = Now });
                tx.Connection.Execute("insert into user_tokens (token, name, created_at) values (@fingerprint, 'admin', @now)", new { fingerprint = secrets.Fingerprint(token), now = Now });
            },
            ct);
    }
}
