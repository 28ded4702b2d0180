using System.Globalization;
using System.Text;
using CityEdge.Hub.Api;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets.Machine;
using CityEdge.Hub.Tickets.Measures;

namespace CityEdge.Hub.Reports;

/// <summary>台账: one line an incident, CSV (RFC 4180), UTF-8 with a mark so that spreadsheets know it. What a spreadsheet would take for a formula is written as text.</summary>
public static class Ledger
{
    private const string Head = "no,site,asset,category,rule,severity,origin,title_zh,title_en,raised_at,opened_at,accepted_at,fixed_at,closed_at,state,outcome,verified_by,first_complaint_at,complaints,lead_seconds,known_first,handled_first,alarms,reopened";

    public static string Csv(IReadOnlyList<IncidentFacts> incidents)
    {
        var text = new StringBuilder("\uFEFF").Append(Head).Append("\r\n");
        foreach (var i in incidents)
        {
            var t = i.Ticket;
            string?[] fields =
            [
                t.Opening.No, i.Site, t.Opening.Asset, i.Category, i.Rule, i.Severity.ToString(), t.Opening.Origin.ToString().ToLowerInvariant(), t.Opening.Title.Zh, t.Opening.Title.En, Time(t.Opening.RaisedAtMs), Time(t.OpenedAtMs), Time(t.AcceptedAtMs),
                Time(t.FixedAtMs), Time(t.ClosedAtMs), TicketStates.Name(t.State), t.Outcome is { } outcome ? System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(outcome.ToString()) : null, t.VerifiedBy, Time(t.FirstComplaintAtMs),
                Number(t.ComplaintCount), i.LeadSeconds?.ToString("0.###", CultureInfo.InvariantCulture), Yes(i.Valid && ComplaintMeasures.KnownFirst(t)), Yes(ComplaintMeasures.HandledFirst(t)), Number(t.AlarmCount), Number(t.ReopenCount),
            ];
            text.AppendJoin(',', fields.Select(Field)).Append("\r\n");
        }
        return text.ToString();
    }

    /// <summary>Quoted where it must be; a leading apostrophe keeps a spreadsheet from running what begins as a formula, unless it is a number.</summary>
    public static string Field(string? value)
    {
        if (string.IsNullOrEmpty(value)) return "";
        if (value[0] is '=' or '+' or '-' or '@' or '\t' or '\r' && !double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _)) value = "'" + value;
        return AssetCsv.Quote(value);
    }

    private static string? Time(long? ms) => ms is { } at ? HubJson.Time(HubJson.FromMs(at)) : null;

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Yes(bool yes) => yes ? "1" : "0";
}
