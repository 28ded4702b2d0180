namespace CityEdge.Hub.Tickets.Machine;

/// <summary>One line of the responsibility catalogue (职责目录): who answers for a category in an area on assets of an owner. <c>*</c> is any; <c>heating.*</c> is everything that begins so.</summary>
/// <param name="Category">Service code.</param>
/// <param name="Area">Site, or grid or area label of the asset.</param>
/// <param name="Owner">Label <c>owner</c> of the asset; <c>unknown</c> where it has none.</param>
/// <param name="Lead">The one unit that is responsible.</param>
/// <param name="CoUnits">Co-handling units; with any the dispatch is dual (双派).</param>
/// <param name="Sla">SLA set in the place of the rule's; null: the rule's.</param>
/// <param name="Photos">Work begins and ends with a photo.</param>
/// <param name="From">First day, Asia/Shanghai; null: always.</param>
/// <param name="To">Last day; null: for ever.</param>
public sealed record ResponsibilityRow(
    string Category, string Area, string Owner, string Lead, ValueList<string> CoUnits, string? Sla = null, bool Photos = false, DateOnly? From = null, DateOnly? To = null)
{
    /// <summary>How well it fits: more literal characters, then a stated owner, area; below 0 where it does not.</summary>
    internal long Fit(string category, IReadOnlyCollection<string> areas, string owner, DateOnly day)
    {
        if (day < From || day > To) return -1;
        var (byCategory, byOwner) = (Fit(Category, category), Fit(Owner, owner));
        var byArea = areas.Count == 0 ? Fit(Area, "") : areas.Max(a => Fit(Area, a));
        return byCategory < 0 || byArea < 0 || byOwner < 0 ? -1 : (byCategory * 1_000_000L) + (byOwner * 1_000L) + byArea;
    }

    private static int Fit(string pattern, string value)
    {
        if (pattern == value) return 999;
        return pattern.EndsWith('*') && value.StartsWith(pattern[..^1], StringComparison.Ordinal) ? Math.Min(998, pattern.Length - 1) : -1;
    }
}
