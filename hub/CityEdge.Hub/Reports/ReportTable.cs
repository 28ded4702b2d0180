using Dapper;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Reports;

/// <summary>Published reports in <c>hub.db</c>: a version is never changed, a correction is the next one.</summary>
public static class ReportTable
{
    /// <summary>Its schema, made if missing.</summary>
    public const string Schema = """
        create table if not exists published_reports (kind text not null, period text not null, site text not null, version integer not null, at integer not null, author text not null, reason text, body text not null, primary key (kind, period, site, version)) without rowid;
        create trigger if not exists published_reports_no_update before update on published_reports begin select raise(abort, 'a published report is not changed: publish the next version'); end;
        create trigger if not exists published_reports_no_delete before delete on published_reports begin select raise(abort, 'a published report is not deleted'); end;
        """;

    /// <summary>Stores the next version; its number.</summary>
    public static int Publish(SqliteConnection connection, string kind, string period, string? site, long atMs, string author, string? reason, string body)
    {
        var version = connection.ExecuteScalar<int>("select coalesce(max(version), 0) + 1 from published_reports where kind = @kind and period = @period and site = @site", new { kind, period, site = site ?? "" });
        connection.Execute("insert into published_reports (kind, period, site, version, at, author, reason, body) values (@kind, @period, @site, @version, @atMs, @author, @reason, @body)", new { kind, period, site = site ?? "", version, atMs, author, reason, body });
        return version;
    }

    /// <summary>The versions of one report, oldest first.</summary>
    public static IReadOnlyList<(int Version, long AtMs, string Author, string? Reason)> Versions(SqliteConnection connection, string kind, string period, string? site) =>
        [.. connection.Query<(int, long, string, string?)>("select version, at, author, reason from published_reports where kind = @kind and period = @period and site = @site order by version", new { kind, period, site = site ?? "" })];

    /// <summary>One version's body; null when there is none.</summary>
    public static string? Body(SqliteConnection connection, string kind, string period, string? site, int version) =>
        connection.ExecuteScalar<string?>("select body from published_reports where kind = @kind and period = @period and site = @site and version = @version", new { kind, period, site = site ?? "", version });
}
