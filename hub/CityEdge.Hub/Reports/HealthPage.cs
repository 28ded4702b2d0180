using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace CityEdge.Hub.Reports;

/// <summary>A health report as a page for people and printers, in both languages; no script, nothing loaded.</summary>
public static class HealthPage
{
    private const string Style = """
        body { font: 14px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; color: #111; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
        h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.1rem; margin: 1.5rem 0 .3rem }
        .of { color: #555 } .big { font-size: 2.2rem; font-weight: 600 }
        table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #ddd } td.n, th.n { text-align: right }
        @media print { body { margin: 0; max-width: none } h2 { break-after: avoid } tr { break-inside: avoid } @page { margin: 18mm } }
        """;

    private static readonly (string Key, string Zh, string En)[] Measures =
    [
        ("handled_first", "未诉先办率", "Handled first"), ("known_first", "先知率", "Known first"), ("response", "响应率", "Response"), ("resolution", "解决率", "Resolution"), ("satisfaction", "满意率", "Satisfaction"),
        ("false_ticket", "误报工单率", "False tickets"), ("nuisance", "扰动率", "Nuisance"), ("reopened", "重开率", "Reopened"),
    ];

    /// <summary>The page of a report as the API shows it.</summary>
    /// <param name="report">Its JSON.</param>
    /// <param name="version">Published version; null: as of now.</param>
    public static string Html(JsonElement report, int? version)
    {
        var (now, before) = (report.GetProperty("now"), report.GetProperty("before"));
        var month = Text(report, "month");
        var page = new StringBuilder("<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">");
        page.Append(CultureInfo.InvariantCulture, $"<title>体检报告 {E(month)}</title><style>{Style}</style>");
        page.Append(CultureInfo.InvariantCulture, $"<h1>{E(Text(report, "site") is { Length: > 0 } site ? site + " " : "")}体检报告 · Health report {E(month)}</h1><p class=\"of\">{(version is { } v ? $"第 {v} 版，已发布 · version {v}, published" : "未发布，按当前数据计算 · not published, computed now")}</p>");
        page.Append(CultureInfo.InvariantCulture, $"<p><span class=\"big\">{Rate(now.GetProperty("measures").GetProperty("handled_first"))}</span> 未诉先办率 · handled first {Of(now.GetProperty("measures").GetProperty("handled_first"))}</p>");
        Table(page, "指标 · Measures", ["", "本月 · month", "", "上月 · before"], Measures.Select(m => new[] { $"{m.Zh} · {m.En}", Rate(Share(now, m.Key)), Of(Share(now, m.Key)), Rate(Share(before, m.Key)) }));
        Table(page, "类别前十 · Top categories", ["类别 · category", "件 · n", "上月 · before", "未诉先办率 · handled first", ""],
            report.GetProperty("categories").EnumerateArray().Select(c => new[] { Text(c, "category"), Text(c, "incidents"), Text(c, "before"), Rate(c.GetProperty("handled_first")), Of(c.GetProperty("handled_first")) }));
        Table(page, "每月一题候选 · Topics to take up", ["类别 · category", "分 · score", "件 · n", "先被投诉 · complaint first", "重开 · reopened"],
            report.GetProperty("topics").EnumerateArray().Select(t => new[] { Text(t, "category"), Text(t, "score"), Text(t, "incidents"), Text(t, "complaint_first"), Text(t, "reopened") }));
        Table(page, "规则 · Rules", ["规则 · rule", "工单 · tickets", "误报 · false", "", "复核 · review"],
            report.GetProperty("rules").EnumerateArray().Select(r => new[] { Text(r, "rule"), Text(r, "tickets"), Rate(r.GetProperty("false_ticket")), Of(r.GetProperty("false_ticket")), r.GetProperty("review").GetBoolean() ? "是 · yes" : "" }));
        return page.Append("<p class=\"of\">n/N，括号内为 Wilson 95 % 区间；N &lt; 30 标为“少”。统计口径：本月结束的事件。 · n/N with Wilson 95 % intervals; small: N &lt; 30. Counted: incidents that ended in the month.</p></html>").ToString();
    }

    private static JsonElement Share(JsonElement sheet, string key) => sheet.GetProperty("measures").GetProperty(key);

    private static string Rate(JsonElement share) => share.GetProperty("rate") is { ValueKind: JsonValueKind.Number } rate ? Percent(rate.GetDouble()) : "–";

    private static string Of(JsonElement share) => share.GetProperty("of").GetInt32() == 0 ? "0/0"
        : string.Create(CultureInfo.InvariantCulture, $"{share.GetProperty("n").GetInt32()}/{share.GetProperty("of").GetInt32()} ({Percent(share.GetProperty("low").GetDouble())}–{Percent(share.GetProperty("high").GetDouble())}){(share.GetProperty("small").GetBoolean() ? " 少 · small" : "")}");

    private static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    private static void Table(StringBuilder page, string title, string[] head, IEnumerable<string[]> rows)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h2>{E(title)}</h2><table><tr>{string.Concat(head.Select(h => $"<th>{E(h)}</th>"))}</tr>");
        foreach (var row in rows) page.Append(CultureInfo.InvariantCulture, $"<tr>{string.Concat(row.Select(cell => $"<td>{E(cell)}</td>"))}</tr>");
        page.Append("</table>");
    }

    private static string Text(JsonElement item, string key) => item.GetProperty(key) is { ValueKind: not JsonValueKind.Null } value ? value.ToString() : "";

    private static string E(string text) => WebUtility.HtmlEncode(text);
}
