using System.Text.Json;
using CityEdge.Contracts;
using CityEdge.Hub.Api;
using Dapper;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Registry;

/// <summary>Rows of the registry in <c>hub.db</c>: read once at start, written by the rule consumer in its own commit.</summary>
public static class RegistryTables
{
    private const string Schema = """
        create table if not exists hub_format (version integer not null);
        insert into hub_format select 1 where not exists (select 1 from hub_format);
        create table if not exists points (id text primary key, kind text not null, unit text, source_unit text, type integer not null, asset text, labels text not null, patched integer not null, registered_at integer not null) without rowid;
        create table if not exists point_history (id text not null, until integer not null, kind text not null, unit text, source_unit text, primary key (id, until)) without rowid;
        create table if not exists devices (id text primary key, token blob, created_at integer, revoked_at integer, status text, online integer not null default 0, since integer not null default 0, last_seen integer not null default 0) without rowid;
        create table if not exists assets (id text primary key, json text not null) without rowid;
        create table if not exists rules (id text not null, version integer not null, yaml text, author text not null, reason text, at integer not null, active integer not null, primary key (id, version)) without rowid;
        create table if not exists dead_letters (id text primary key, at integer not null, topic text, device text, reason text not null, message text not null, position integer not null, payload blob not null);
        create index if not exists dead_letters_at on dead_letters (at, id);
        create table if not exists events (source text not null, id text not null, type text not null, subject text, device text not null, at integer not null, data text, unique (device, source, id));
        create table if not exists device_claims (id text primary key, code blob not null, expires_at integer not null) without rowid;
        create table if not exists device_configs (id text primary key, version text, reported text) without rowid;
        create table if not exists cards (ticket text primary key, version integer not null) without rowid;
        create table if not exists users (name text primary key, role text not null, password text, created_at integer not null) without rowid;
        create table if not exists user_tokens (token blob primary key, name text not null, created_at integer not null) without rowid;
        """;

    /// <summary>Creates what is missing; refuses a file of a newer format.</summary>
    public static void Migrate(SqliteConnection connection)
    {
        connection.Execute(Schema + Notification.DeliveryTable.Schema + Reports.ReportTable.Schema);
        var version = connection.ExecuteScalar<long>("select version from hub_format");
        if (version > 1) throw new InvalidDataException($"hub.db has format {version}, this hub reads up to 1: start a newer hub, or use another --data directory.");
    }

    public static void Load(SqliteConnection connection, HubRegistry registry)
    {
        foreach (var row in connection.Query("select id, kind, unit, source_unit, type, asset, labels, patched, registered_at from points"))
        {
            if (!PointId.TryParse((string)row.id, out var id) || !PointKinds.TryParse((string)row.kind, out var kind)) continue;
            registry.Put(new PointEntry(id, kind, (string?)row.unit, (ReadingType)(long)row.type)
            {
                SourceUnit = (string?)row.source_unit,
                Asset = (string?)row.asset,
                Labels = JsonSerializer.Deserialize<Dictionary<string, string>>((string)row.labels) ?? [],
                Patched = (long)row.patched != 0,
                RegisteredAt = (long)row.registered_at,
            });
        }
        foreach (var row in connection.Query("select id, until, kind, unit, source_unit from point_history order by id, until"))
        {
            if (PointId.TryParse((string)row.id, out var id) && PointKinds.TryParse((string)row.kind, out var kind)) registry.History.Add(id, new PastPoint((long)row.until, kind, (string?)row.unit, (string?)row.source_unit));
        }
        foreach (var row in connection.Query("select id, status, online, since, last_seen from devices"))
        {
            var parts = ((string)row.id).Split('/');
            if (parts.Length != 2) continue;
            var device = registry.GetOrAddDevice(parts[0], parts[1]);
            (device.StatusJson, device.Online, device.SinceMs, device.LastSeenMs) = ((string?)row.status, (long)row.online != 0, (long)row.since, (long)row.last_seen);
        }
        foreach (var row in connection.Query("select id, version, reported from device_configs"))
        {
            var parts = ((string)row.id).Split('/');
            if (parts.Length != 2) continue;
            var device = registry.GetOrAddDevice(parts[0], parts[1]);
            (device.ConfigVersion, device.ReportedJson) = ((string?)row.version, (string?)row.reported);
        }
        foreach (var json in connection.Query<string>("select json from assets")) registry.Put(JsonSerializer.Deserialize<Asset>(json, HubJson.Options)!);
        foreach (var row in connection.Query("select id, version, yaml, author, reason, at from rules where active = 1 and yaml is not null"))
        {
            registry.Put(new StoredRule((string)row.id, (int)(long)row.version, (string)row.yaml, (string)row.author, (string?)row.reason, (long)row.at));
        }
    }

    public static void Save(SqliteConnection connection, PointEntry point) => connection.Execute(
        """
        insert into points (id, kind, unit, source_unit, type, asset, labels, patched, registered_at) values (@id, @kind, @unit, @source, @type, @asset, @labels, @patched, @registered)
        on conflict (id) do update set kind = excluded.kind, unit = excluded.unit, source_unit = excluded.source_unit, type = excluded.type, asset = excluded.asset, labels = excluded.labels, patched = excluded.patched
        """,
        new
        {
            id = point.Id.ToString(),
            kind = PointKinds.Name(point.Kind),
            unit = point.Unit,
            source = point.SourceUnit,
            type = (int)point.Type,
            asset = point.Asset,
            labels = JsonSerializer.Serialize(point.Labels),
            patched = point.Patched,
            registered = point.RegisteredAt,
        });

    /// <summary>Keeps what a point was before a change.</summary>
    public static void Save(SqliteConnection connection, PointId point, PastPoint past) => connection.Execute(
        "insert or ignore into point_history (id, until, kind, unit, source_unit) values (@id, @Until, @kind, @Unit, @SourceUnit)",
        new { id = point.ToString(), past.Until, kind = PointKinds.Name(past.Kind), past.Unit, past.SourceUnit });

    /// <summary>Forgets what lies before the journal's first record; returns how much.</summary>
    public static int TrimHistory(SqliteConnection connection, long start) => connection.Execute("delete from point_history where until <= @start", new { start });

    public static void Save(SqliteConnection connection, DeviceEntry device) => connection.Execute(
        """
        insert into devices (id, status, online, since, last_seen) values (@id, @status, @online, @since, @seen)
        on conflict (id) do update set status = excluded.status, online = excluded.online, since = excluded.since, last_seen = excluded.last_seen
        """,
        new { id = device.Id, status = device.StatusJson, online = device.Online, since = device.SinceMs, seen = device.LastSeenMs });

    /// <summary>Only when the device was last heard of: its status document, which may be large, stays as it is.</summary>
    public static void SaveSeen(SqliteConnection connection, DeviceEntry device) =>
        connection.Execute("update devices set last_seen = @seen where id = @id", new { id = device.Id, seen = device.LastSeenMs });

    /// <summary>What a device has reported of its configuration.</summary>
    public static void SaveReported(SqliteConnection connection, string device, string json) =>
        connection.Execute("insert into device_configs (id, reported) values (@device, @json) on conflict (id) do update set reported = excluded.reported", new { device, json });

    /// <summary>The version that was last published to a device.</summary>
    public static void SaveConfigVersion(SqliteConnection connection, string device, string version) =>
        connection.Execute("insert into device_configs (id, version) values (@device, @version) on conflict (id) do update set version = excluded.version", new { device, version });

    public static void Save(SqliteConnection connection, Asset asset) => connection.Execute(
        "insert into assets (id, json) values (@id, @json) on conflict (id) do update set json = excluded.json",
        new { id = asset.Id, json = JsonSerializer.Serialize(asset, HubJson.Options) });

    /// <summary>Stores a version as the active one; a version without YAML is a removal.</summary>
    public static void Save(SqliteConnection connection, string id, int version, string? yaml, string author, string? reason, long atMs)
    {
        connection.Execute("update rules set active = 0 where id = @id and active = 1", new { id });
        connection.Execute("insert or ignore into rules (id, version, yaml, author, reason, at, active) values (@id, @version, @yaml, @author, @reason, @atMs, @active)",
            new { id, version, yaml, author, reason, atMs, active = yaml is not null });
    }

    /// <summary>Versions of a rule below one, newest first.</summary>
    public static IReadOnlyList<RuleVersion> Versions(SqliteConnection connection, string id, int below, int limit) =>
        [.. connection.Query<(long Version, string? Yaml, string Author, string? Reason, long At, long Active)>("select version, yaml, author, reason, at, active from rules where id = @id and version < @below order by version desc limit @limit", new { id, below, limit })
            .Select(row => new RuleVersion((int)row.Version, row.Yaml, row.Author, row.Reason, row.At, row.Active != 0))];

    /// <summary>Highest version ever given to the rule, removed ones included; 0 when none.</summary>
    public static int LastVersion(SqliteConnection connection, string id) => (int)(connection.ExecuteScalar<long?>("select max(version) from rules where id = @id", new { id }) ?? 0);
}
