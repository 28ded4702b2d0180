using System.Globalization;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Notification;

/// <summary>A notice in words, Chinese or English: a line to head it and lines that name asset, reading, limit, since when, what to do, and where to read on.</summary>
/// <param name="zone">Zone of the times.</param>
public sealed class NoticeWords(TimeZoneInfo zone)
{
    private static readonly Dictionary<NoticeKind, (string Zh, string En)> Kinds = new()
    {
        [NoticeKind.Opened] = ("新工单", "New ticket"),
        [NoticeKind.Reopened] = ("工单重新打开", "Ticket reopened"),
        [NoticeKind.VerifyOverdue] = ("报修复后传感器未确认", "Reported fixed, not confirmed by the sensor"),
        [NoticeKind.Closed] = ("工单已关闭", "Ticket closed"),
        [NoticeKind.SelfCleared] = ("自行恢复", "Cleared by itself"),
        [NoticeKind.Cancelled] = ("工单已取消", "Ticket cancelled"),
        [NoticeKind.Dispatched] = ("派单，请接单", "Dispatched, please accept"),
        [NoticeKind.Triage] = ("待人工派单", "Waits for the dispatcher"),
        [NoticeKind.CrewAssigned] = ("已指派班组", "Crew assigned"),
        [NoticeKind.Reminder] = ("时限提醒", "Time limit ahead"),
        [NoticeKind.Overdue] = ("已超时", "Overdue"),
        [NoticeKind.Escalated] = ("升级督办", "Escalated"),
        [NoticeKind.Whistled] = ("吹哨，请报到", "Called together, please report in"),
        [NoticeKind.ReportInLate] = ("逾时未报到", "A called unit has not reported in"),
        [NoticeKind.Resumed] = ("挂起到期", "The hold has ended"),
        [NoticeKind.CallbackDue] = ("待回访", "The resident is to be called back"),
        [NoticeKind.FalseAlarm] = ("确认误报", "False alarm confirmed"),
        [NoticeKind.Merged] = ("工单已合并", "Ticket merged"),
        [NoticeKind.Referred] = ("工单已转办", "Ticket referred"),
        [NoticeKind.ExtensionAsked] = ("申请延期，待批", "An extension is asked for"),
    };

    /// <summary>The heading, in <c>zh</c>, <c>en</c>, or both when null.</summary>
    public string Title(Notice notice, string? language) => Join(language, " / ", zh => Title(notice, zh));

    /// <summary>Heading of several notices in one message.</summary>
    public string Title(IReadOnlyList<Notice> notices, string? language) =>
        notices.Count == 1 ? Title(notices[0], language) : Join(language, " / ", zh => string.Create(CultureInfo.InvariantCulture, $"{(zh ? $"CityEdge：{notices.Count} 条通知" : $"CityEdge: {notices.Count} notices")}"));

    /// <summary>The lines below the heading.</summary>
    public IReadOnlyList<string> Lines(Notice notice, string? language) => language switch
    {
        "zh" => Lines(notice, true),
        "en" => Lines(notice, false),
        _ => [.. Lines(notice, true), "", .. Lines(notice, false)],
    };

    /// <summary>The lines of a message: those of its one notice, or a line or two for each of several.</summary>
    public IReadOnlyList<string> Lines(IReadOnlyList<Notice> notices, string? language) =>
        notices.Count == 1 ? Lines(notices[0], language) : [.. notices.SelectMany(n => new[] { $"{Title(n, language)}{(n.Reading is null ? "" : "，" + n.Reading)}", n.Link.ToString() })];

    private string Title(Notice notice, bool zh)
    {
        if (notice.Kind is not { } kind) return zh ? "CityEdge 通道测试" : "CityEdge: a test of this channel";
        var what = Kinds.TryGetValue(kind, out var words) ? zh ? words.Zh : words.En : kind.ToString();
        if (notice.Reminder > 0) what = string.Create(CultureInfo.InvariantCulture, $"{(zh ? $"第 {notice.Reminder} 次提醒，尚无人接单" : $"Reminder {notice.Reminder}, nobody has taken it")}");
        var fault = notice.Ticket is { } ticket ? zh ? ticket.Title.Zh : ticket.Title.En : "";
        return zh ? $"【{notice.Severity}】{what}：{fault} · {notice.Asset}" : $"[{notice.Severity}] {what}: {fault} · {notice.Asset}";
    }

    private List<string> Lines(Notice notice, bool zh)
    {
        if (notice.Ticket is not { } ticket) return [zh ? "收到此消息说明通道可用。" : "This message shows that the channel works.", notice.Link.ToString()];
        var lines = new List<string> { Line(zh, "对象", "Asset", ticket.Asset is { } id && id != notice.Asset ? $"{notice.Asset} ({id})" : notice.Asset) };
        if (notice.Reading is { } reading) lines.Add(Line(zh, "读数", "Reading", reading));
        if (notice.Limit is { } limit) lines.Add(Line(zh, "限值", "Limit", limit));
        lines.Add(Line(zh, "开始", "Since", Local(ticket.RaisedAt)));
        if (notice.Kind is not NoticeKind.Opened) lines.Add(Line(zh, "时间", "At", Local(notice.At)));
        if (ticket.Action is { } action) lines.Add(Line(zh, "处理", "Action", zh ? action.Zh : action.En));
        lines.Add(Line(zh, "工单", "Ticket", ticket.No));
        lines.Add(notice.Link.ToString());
        return lines;
    }

    private static string Line(bool zh, string nameZh, string nameEn, string value) => zh ? $"{nameZh}：{value}" : $"{nameEn}: {value}";

    private string Local(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, zone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static string Join(string? language, string between, Func<bool, string> say) => language switch { "zh" => say(true), "en" => say(false), _ => say(true) + between + say(false) };
}
