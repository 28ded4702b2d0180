namespace CityEdge.Rules;

/// <summary>The keys of the rule language, in one place: the parser refuses all others, and a test holds the JSON Schema to the same list.</summary>
internal static class RuleKeys
{
    public static readonly string[] Rule =
        ["id", "title", "signal", "event", "where", "raise", "clear", "active", "no_data", "max_gap", "group_by", "inhibited_by", "defaults", "at", "ticket", "action", "tests"];

    public static readonly string[] Text = ["zh", "en"];
    public static readonly string[] Step = ["severity", "when", "for"];
    public static readonly string[] Clear = ["when", "for"];
    public static readonly string[] Active = ["season", "hours", "days"];
    public static readonly string[] NoData = ["after", "severity"];
    public static readonly string[] Ticket = ["category", "sla", "public", "wait", "self_clear", "reopen", "verify"];
    public static readonly string[] Verify = ["when", "for"];
    public static readonly string[] Test = ["given", "start", "until", "attributes", "expect", "expect_clear", "expect_no_data"];
}
