using CityEdge.Contracts;
using YamlDotNet.RepresentationModel;

namespace CityEdge.Rules;

/// <summary>
/// Reads rule files (design §5, <c>Rules</c>). All errors are found in one go and are values with line, column and key; no text makes it throw. Unknown keys are errors, and a rule that could never
/// work (an explicit clear that can be true while the alarm is raised, a function that is not there yet) is refused here rather than found out in service.
/// </summary>
public static class RuleParser
{
    /// <summary>Parses one rule; <paramref name="file"/> is for the errors only.</summary>
    public static RuleParseResult Parse(string yaml, string file)
    {
        var source = new YamlFile(file);
        var root = source.Load(yaml);
        if (root is null) return new RuleParseResult(null, source.Errors);
        var rule = new RuleReader(source).Read(root, yaml);
        return source.Errors.Count == 0 && rule is not null
            ? new RuleParseResult(rule, [])
            : new RuleParseResult(null, [.. source.Errors.OrderBy(error => error.Line).ThenBy(error => error.Column)]);
    }
}

/// <summary>Turns the nodes of one file into a <see cref="RuleDefinition"/>.</summary>
internal sealed class RuleReader(YamlFile source)
{
    private static readonly string[] Kinds = [.. Enum.GetNames<PointKind>().Select(name => name.ToLowerInvariant())];

    public RuleDefinition? Read(YamlNode root, string yaml)
    {
        if (source.Map(root, "", RuleKeys.Rule) is not { } map) return null;
        var id = ReadId(root, map);
        var title = source.Localized(Required(root, map, "title", "title: { zh: …, en: … }"), "title");
        var eventType = ReadEvent(map);
        var kind = ReadSignal(root, map);
        var scope = new ExpressionScope(kind, map.ContainsKey("event"));
        var noData = ReadNoData(map.GetValueOrDefault("no_data"));
        var raise = ReadRaise(root, map, scope);
        var clear = ReadClear(map.GetValueOrDefault("clear"), scope, raise);
        var action = source.Localized(map.GetValueOrDefault("action"), "action");
        var worst = raise.Count > 0 ? raise[0].Severity : noData?.Severity ?? Severity.P3;
        var (ticket, verify) = ReadTicket(map.GetValueOrDefault("ticket"), scope, id, title, action, worst, clear);
        var events = scope.BindEvents();
        var rule = new RuleDefinition
        {
            Id = id ?? "",
            Title = title ?? new LocalizedText("", ""),
            Signal = kind,
            EventType = eventType,
            Where = ReadWhere(map.GetValueOrDefault("where")),
            Raise = raise,
            Clear = clear,
            Active = ReadActive(map.GetValueOrDefault("active")),
            NoData = noData,
            MaxGap = source.Duration(map.GetValueOrDefault("max_gap"), "max_gap", positive: true),
            GroupBy = source.Text(map.GetValueOrDefault("group_by"), "group_by", "the level of an ancestor asset, e.g. building", out var group) ? group : null,
            InhibitedBy = ReadInhibitors(map.GetValueOrDefault("inhibited_by")),
            At = ReadPlacement(map.GetValueOrDefault("at")),
            Ticket = ticket,
            Verify = verify,
            Action = action,
            Tests = new RuleTestReader(source, kind, scope).Read(map.GetValueOrDefault("tests")),
            SourceYaml = yaml,
            AttributeNames = scope.Attributes,
            AttributeUses = scope.AttributeUses,
            Defaults = AttributeReader.Defaults(source, scope, map.GetValueOrDefault("defaults")),
            LongestWindow = TimeSpan.FromMilliseconds(Math.Max(scope.LongestWindowMs, scope.DayWindows.Values.Append(0).Max() * 86_400_000L)),
            SampleWindowMs = scope.LongestWindowMs,
            DayWindows = scope.DayWindows,
            LongestRun = events is null ? scope.LongestRun : 0,
            UsesLearnedNormal = scope.UsesLearnedNormal,
            ForecastsMs = [.. scope.ForecastsMs],
            References = scope.References,
            Events = events,
            Level = scope.Level,
            MemberConditions = scope.MemberConditions,
            Headline = scope.Headline,
            AgeThresholdsMs = [.. scope.AgeThresholdsMs],
        };
        return rule;
    }

    private YamlNode? Required(YamlNode root, Dictionary<string, YamlNode> map, string key, string example)
    {
        if (map.TryGetValue(key, out var node)) return node;
        source.Error(root, key, $"missing; expected {example}");
        return null;
    }

    internal static bool IsId(string text) => text.Length is >= 3 and <= 64 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private string? ReadId(YamlNode root, Dictionary<string, YamlNode> map)
    {
        var node = Required(root, map, "id", "id: 3 to 64 of a-z, 0-9 and -");
        if (!source.Text(node, "id", "3 to 64 of a-z, 0-9 and -", out var id)) return null;
        if (!IsId(id)) source.Error(node, "id", $"expected 3 to 64 of a-z, 0-9 and -; found '{id}'");
        return id;
    }

    private string? ReadEvent(Dictionary<string, YamlNode> map)
    {
        if (!map.TryGetValue("event", out var node)) return null;
        if (map.TryGetValue("signal", out var signal)) source.Error(signal, "signal", "a rule is on points or on events; expected signal: or event:, not both");
        if (map.TryGetValue("max_gap", out var gap)) source.Error(gap, "max_gap", "events come when they come, so nothing between them is a gap; leave it out, or write no_data");
        if (map.GetValueOrDefault("at") is YamlScalarNode { Value: "edge" } at) source.Error(at, "at", "rules on events run in the hub; expected at: hub");
        return source.Text(node, "event", "a CloudEvents type, e.g. cityedge.kiosk.session", out var type) ? type : null;
    }

    private PointKind? ReadSignal(YamlNode root, Dictionary<string, YamlNode> map)
    {
        if (map.ContainsKey("event")) return null;
        var expected = $"signal: one of {string.Join(", ", Kinds)}, or any";
        var node = Required(root, map, "signal", expected);
        if (!source.Text(node, "signal", expected, out var text) || text == "any") return null;
        if (Kinds.Contains(text)) return Enum.Parse<PointKind>(text, ignoreCase: true);
        source.Error(node, "signal", $"expected one of {string.Join(", ", Kinds)}, or any; found '{text}'");
        return null;
    }

    private List<RaiseStep> ReadRaise(YamlNode root, Dictionary<string, YamlNode> map, ExpressionScope scope)
    {
        const string Example = "a list of steps such as - { severity: P3, when: \"value < 18\", for: 2h }";
        var steps = new List<RaiseStep>();
        if (!map.TryGetValue("raise", out var node))
        {
            if (!map.ContainsKey("no_data")) source.Error(root, "raise", $"missing; expected {Example}, or no_data");
            return steps;
        }
        if (node is not YamlSequenceNode { Children.Count: > 0 } list)
        {
            source.Error(node, "raise", "expected " + Example);
            return steps;
        }
        for (var i = 0; i < list.Children.Count; i++)
        {
            var path = $"raise[{i}]";
            if (source.Map(list.Children[i], path, RuleKeys.Step) is not { } step) continue;
            if (!step.ContainsKey("severity")) source.Error(list.Children[i], path + ".severity", "missing; expected P1, P2, P3, P4 or P5");
            if (!step.ContainsKey("when")) source.Error(list.Children[i], path + ".when", "missing; expected a condition such as value < 18");
            var severity = source.Severity(step.GetValueOrDefault("severity"), path + ".severity");
            var when = source.Expression(step.GetValueOrDefault("when"), path + ".when", scope);
            var hold = source.Duration(step.GetValueOrDefault("for"), path + ".for") ?? TimeSpan.Zero;
            if (severity is null || when is null) continue;
            if (steps.Exists(other => other.Severity == severity)) source.Error(list.Children[i], path + ".severity", $"{severity} has a step already; expected one step a severity (join the conditions with 'or')");
            else steps.Add(new RaiseStep(severity.Value, when, hold));
        }
        steps.Sort((a, b) => a.Severity.CompareTo(b.Severity));
        return steps;
    }

    private ClearPolicy ReadClear(YamlNode? node, ExpressionScope scope, List<RaiseStep> raise)
    {
        if (source.Map(node, "clear", RuleKeys.Clear) is not { } map) return new ClearPolicy(null, TimeSpan.Zero);
        var when = source.Expression(map.GetValueOrDefault("when"), "clear.when", scope);
        var hold = source.Duration(map.GetValueOrDefault("for"), "clear.for") ?? TimeSpan.Zero;
        foreach (var step in raise)
        {
            if (when is not null && SimpleCondition.FindOverlap(when.Condition, step.When.Condition) is { } value)
            {
                source.Error(map["when"], "clear.when", $"at {value} both this and the {step.Severity} step '{step.When}' are true; expected a condition strictly inside the normal range");
            }
        }
        return new ClearPolicy(when, hold);
    }

    private NoDataPolicy? ReadNoData(YamlNode? node)
    {
        if (source.Map(node, "no_data", RuleKeys.NoData) is not { } map) return null;
        if (!map.ContainsKey("after")) source.Error(node, "no_data.after", "missing; expected a duration such as 30m");
        var after = source.Duration(map.GetValueOrDefault("after"), "no_data.after", positive: true);
        var severity = map.TryGetValue("severity", out var severityNode) ? source.Severity(severityNode, "no_data.severity") : Severity.P4;
        return after is null || severity is null ? null : new NoDataPolicy(after.Value, severity.Value);
    }

    private Dictionary<string, IReadOnlyList<string>> ReadWhere(YamlNode? node)
    {
        var where = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var (label, patterns) in source.Map(node, "where", null) ?? [])
        {
            where[label] = [.. source.OneOrMany(patterns, "where." + label, "a pattern such as \"bj-*\", or a list of them").Select(item => item.Text)];
        }
        return where;
    }

    private ActiveWindow? ReadActive(YamlNode? node)
    {
        if (source.Map(node, "active", RuleKeys.Active) is not { } map) return null;
        var season = source.Text(map.GetValueOrDefault("season"), "active.season", "a season's name, e.g. heating", out var name) ? name : null;
        int? from = null, to = null;
        SunEvent? sun = null;
        if (map.TryGetValue("hours", out var hoursNode) && source.Text(hoursNode, "active.hours", "hours such as \"06:00-22:00\"", out var hours))
        {
            var dash = hours.IndexOf('-', StringComparison.Ordinal);
            if (hours is "dusk-dawn" or "dawn-dusk" or "sunset-sunrise" or "sunrise-sunset") sun = Enum.Parse<SunEvent>(hours[..dash], ignoreCase: true);
            else if (dash > 0 && Minute(hours[..dash]) is { } start and < 1440 && Minute(hours[(dash + 1)..]) is { } end and > 0 && start != end) (from, to) = (start, end);
            else source.Error(hoursNode, "active.hours", $"expected hours such as \"06:00-22:00\" or, over midnight, \"22:00-06:00\", or dusk-dawn, dawn-dusk, sunset-sunrise, sunrise-sunset; found '{hours}'");
        }
        byte days = 0;
        var kinds = DayKinds.None;
        foreach (var (text, item) in source.OneOrMany(map.GetValueOrDefault("days"), "active.days", "days such as mon-fri, or a list of them"))
        {
            foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
            {
                if (part is "workdays" or "restdays" or "holidays") kinds |= Enum.Parse<DayKinds>(part, ignoreCase: true);
                else if (Days(part) is { } mask) days |= mask;
                else source.Error(item, "active.days", $"expected days such as mon-fri, sat, workdays, restdays, holidays or a list of them; found '{part}'");
            }
        }
        return new ActiveWindow(season, from, to, days == 0 && kinds == DayKinds.None ? ActiveWindow.EveryDay : days) { FromSun = sun, Kinds = kinds };
    }

    private static int? Minute(string text)
    {
        text = text.Trim();
        if (text.Length != 5 || text[2] != ':' || !int.TryParse(text.AsSpan(0, 2), out var hour) || !int.TryParse(text.AsSpan(3), out var minute)) return null;
        return hour is >= 0 and <= 24 && minute is >= 0 and < 60 && hour * 60 + minute <= 1440 ? hour * 60 + minute : null;
    }

    private static byte? Days(string text)
    {
        string[] names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        var parts = text.Split('-', StringSplitOptions.TrimEntries);
        var (first, last) = (Array.IndexOf(names, parts[0]), Array.IndexOf(names, parts[^1]));
        if (parts.Length > 2 || first < 0 || last < 0) return null;
        byte mask = 0;
        for (var day = first; ; day = (day + 1) % 7)
        {
            mask |= (byte)(1 << day);
            if (day == last) return mask;
        }
    }

    private List<string> ReadInhibitors(YamlNode? node)
    {
        var ids = new List<string>();
        foreach (var (text, item) in source.OneOrMany(node, "inhibited_by", "a list of rule ids"))
        {
            if (IsId(text)) ids.Add(text);
            else source.Error(item, "inhibited_by", $"expected rule ids, 3 to 64 of a-z, 0-9 and -; found '{text}'");
        }
        return ids;
    }

    private RulePlacement ReadPlacement(YamlNode? node)
    {
        if (!source.Text(node, "at", "hub or edge", out var text)) return RulePlacement.Hub;
        if (text is not ("hub" or "edge")) source.Error(node, "at", $"expected hub or edge; found '{text}'");
        return text == "edge" ? RulePlacement.Edge : RulePlacement.Hub;
    }

    private (TicketPolicy, VerifyPolicy) ReadTicket(YamlNode? node, ExpressionScope scope, string? id, LocalizedText? title, LocalizedText? action, Severity worst, ClearPolicy clear)
    {
        var map = source.Map(node, "ticket", RuleKeys.Ticket) ?? [];
        var category = source.Text(map.GetValueOrDefault("category"), "ticket.category", "a service code, e.g. heating.room", out var code) ? code : id ?? "";
        var sla = source.Text(map.GetValueOrDefault("sla"), "ticket.sla", "an SLA class, e.g. P3", out var slaText) ? slaText : worst.ToString();
        var open = false;
        if (map.TryGetValue("public", out var publicNode) && source.Text(publicNode, "ticket.public", "true or false", out var publicText) && !bool.TryParse(publicText, out open))
            source.Error(publicNode, "ticket.public", $"expected true or false; found '{publicText}'");
        var wait = source.Duration(map.GetValueOrDefault("wait"), "ticket.wait") ?? DefaultWait(worst);
        // Nobody may learn that a P1 went away by itself from its absence: a person looks, unless the rule says otherwise.
        var selfClear = worst == Severity.P1 ? Timeout.InfiniteTimeSpan : TimeSpan.FromHours(1);
        if (map.TryGetValue("self_clear", out var selfClearNode))
        {
            selfClear = selfClearNode is YamlScalarNode { Value: "never" } ? Timeout.InfiniteTimeSpan : source.Duration(selfClearNode, "ticket.self_clear") ?? selfClear;
        }
        var reopen = source.Duration(map.GetValueOrDefault("reopen"), "ticket.reopen") ?? TimeSpan.FromDays(7);
        var verifyMap = source.Map(map.GetValueOrDefault("verify"), "ticket.verify", RuleKeys.Verify) ?? [];
        var when = source.Expression(verifyMap.GetValueOrDefault("when"), "ticket.verify.when", scope);
        var hold = source.Duration(verifyMap.GetValueOrDefault("for"), "ticket.verify.for") ?? (when is null ? clear.For : TimeSpan.Zero);
        return (new TicketPolicy(category, title ?? new LocalizedText("", ""), action, sla, open, wait, selfClear, reopen, hold), new VerifyPolicy(when, hold));
    }

    private static TimeSpan DefaultWait(Severity severity) => severity switch
    {
        Severity.P1 => TimeSpan.Zero,
        Severity.P2 => TimeSpan.FromSeconds(30),
        Severity.P3 => TimeSpan.FromMinutes(5),
        Severity.P4 => TimeSpan.FromMinutes(30),
        _ => TimeSpan.FromHours(12),
    };
}
