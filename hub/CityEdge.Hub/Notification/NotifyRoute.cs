using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Notification;

/// <summary>Which notices go to which channels, an entry of <c>notify.routes</c>. What is not given does not narrow it.</summary>
public sealed record NotifyRoute
{
    /// <summary>Names of channels, at least one.</summary>
    public required IReadOnlyList<string> To { get; init; }

    public IReadOnlyList<NoticeKind>? Events { get; init; }

    public IReadOnlyList<Severity>? Severities { get; init; }

    /// <summary>Patterns with <c>*</c> and <c>?</c>, any of which must match.</summary>
    public IReadOnlyList<string>? Sites { get; init; }

    /// <inheritdoc cref="Sites" />
    public IReadOnlyList<string>? Categories { get; init; }

    /// <summary>Patterns of asset ids: the ticket's asset or one above it matches.</summary>
    public IReadOnlyList<string>? Assets { get; init; }

    /// <summary>Only at these hours; null: always.</summary>
    public DailyHours? Hours { get; init; }

    /// <summary>Only on these days; null: every day.</summary>
    public IReadOnlyList<DayOfWeek>? Days { get; init; }

    /// <summary>In these hours what is less urgent than <see cref="QuietFrom"/> waits for their end; null: none.</summary>
    public DailyHours? Quiet { get; init; }

    /// <summary>The most urgent severity that quiet hours hold back.</summary>
    public Severity QuietFrom { get; init; } = Severity.P3;

    /// <summary>Gathers notices for so long and tells them in one message; null: each at once.</summary>
    public TimeSpan? Digest { get; init; }

    /// <summary>While nobody has taken the ticket or acknowledged its alarm, tells again after each of these, the last one over and over; empty: once.</summary>
    public IReadOnlyList<TimeSpan> Repeat { get; init; } = [];

    /// <summary>Language of texts; null: both, Chinese first.</summary>
    public string? Language { get; init; }

    /// <summary>Whether a notice of the ticket takes this route at a local time.</summary>
    /// <param name="kind">What happened.</param>
    /// <param name="ticket">The ticket's severity, site and category.</param>
    /// <param name="assets">Its asset and those above it.</param>
    /// <param name="local">Now, in the hub's zone.</param>
    public bool Takes(NoticeKind kind, (Severity Severity, string Site, string Category) ticket, IReadOnlyList<string> assets, DateTime local) =>
        Events?.Contains(kind) != false
        && Severities?.Contains(ticket.Severity) != false
        && Any(Sites, ticket.Site)
        && Any(Categories, ticket.Category)
        && (Assets is null || assets.Any(asset => Any(Assets, asset)))
        && Hours?.Contain(local) != false
        && Days?.Contains(local.DayOfWeek) != false;

    private static bool Any(IReadOnlyList<string>? patterns, string text) => patterns is null || patterns.Any(pattern => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase: false));
}
