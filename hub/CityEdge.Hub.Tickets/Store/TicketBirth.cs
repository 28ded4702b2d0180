using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets.Store;

/// <summary>Identity and number of a new ticket.</summary>
internal static class TicketBirth
{
    // China has one zone without daylight saving since 1991; a constant does not depend on the machine's zone files.
    private static readonly TimeSpan Shanghai = TimeSpan.FromHours(8);

    public static TicketOpening Opening(SqlSession sql, AlarmFacts alarm, AlarmInput input)
    {
        var t = input.Transition;
        var policy = input.Policy;
        var wait = t.RaisedAtMs + (long)policy.Wait.TotalMilliseconds;
        // An alarm that waited for its point to catch up, or was suppressed, opens when it may, not yesterday.
        var waitDue = t.Change is AlarmChange.CaughtUp or AlarmChange.Offered ? Math.Max(wait, t.AtMs) : wait;
        return new TicketOpening(
            Id(input.IncidentKey, t.AlarmId), Number(sql, input.Site, t.RaisedAtMs), input.IncidentKey, input.Site, input.Asset, t.Rule, alarm.Point, policy.Category, policy.Title,
            policy.Action, policy.Sla, policy.Public, TicketOrigin.Proactive, alarm.Severity, t.RaisedAtMs, waitDue,
            policy.SelfClear == Timeout.InfiniteTimeSpan ? null : (long)policy.SelfClear.TotalMilliseconds, Areas: input.Areas.Count > 0 ? [.. input.Areas] : null, Owner: input.Owner);
    }

    /// <summary><c>t-</c> and 20 base32 characters (100 bits) of SHA-256 over (incident key, first alarm id): the same input names the same ticket.</summary>
    public static string Id(string incidentKey, string alarmId)
    {
        const string alphabet = "abcdefghijklmnopqrstuvwxyz234567";
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{incidentKey}\n{alarmId}"));
        return string.Create(22, hash, static (text, hash) =>
        {
            text[0] = 't';
            text[1] = '-';
            for (var i = 0; i < 20; i++)
            {
                var bit = i * 5;
                var window = (hash[bit / 8] << 8) | hash[(bit / 8) + 1];
                text[i + 2] = alphabet[(window >> (11 - (bit % 8))) & 31];
            }
        });
    }

    public static string Number(SqlSession sql, string site, long raisedAtMs)
    {
        var day = DateTimeOffset.FromUnixTimeMilliseconds(raisedAtMs).ToOffset(Shanghai).ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var last = sql.One("INSERT INTO ticket_numbers (day, site, last) VALUES ($1, $2, 1) ON CONFLICT (day, site) DO UPDATE SET last = last + 1 RETURNING last",
            row => row.GetInt64(0), day, site);
        return string.Create(CultureInfo.InvariantCulture, $"{day}-{site}-{last:0000}");
    }
}
