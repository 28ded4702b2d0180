using CityEdge.Hub.Tickets;
using Dapper;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Registry;

/// <summary>Which version of each ticket its retained card on the kiosk walls shows.</summary>
public static class CardTable
{
    /// <summary>Published tickets that have changed since their card was sent; those without a card that are over are not told any more.</summary>
    public static IReadOnlyList<string> Stale(TicketStore store)
    {
        using var read = store.OpenRead();
        return read.Query<string>("select t.id from tickets t left join cards c on c.ticket = t.id where t.published = 1 and (c.version < t.version or (c.version is null and t.live = 1)) order by t.id").ToList();
    }

    public static void Save(SqliteConnection connection, IReadOnlyDictionary<string, long> versions)
    {
        foreach (var (ticket, version) in versions)
            connection.Execute("insert into cards (ticket, version) values (@ticket, @version) on conflict (ticket) do update set version = excluded.version", new { ticket, version });
    }
}
