namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Whether a complaint and an incident of the same category are about one problem: place and time (domain §5.2 T5, §7). Pure; times are Unix ms UTC.</summary>
public static class ComplaintMatch
{
    /// <summary>T5: so far apart two places may be and still be one.</summary>
    public const double NearMetres = 250;

    /// <summary>§7: a complaint belongs to an incident from so long before its first alarm …</summary>
    public static readonly TimeSpan Before = TimeSpan.FromDays(7);

    /// <summary>… to so long after its end; T38 reopens it then.</summary>
    public static readonly TimeSpan After = TimeSpan.FromDays(15);

    /// <summary>
    /// How well the places fit, 0 best; null when they do not. An incident's asset covers all below it, however far. A complaint that names the larger thing (the building of a cold room) fits unless the
    /// spots are known to be further apart than <see cref="NearMetres"/>; one that names an area does not.
    /// </summary>
    public static int? Nearness(CityPlace incident, CityPlace complaint)
    {
        if (complaint.Asset is { } told && told == incident.Asset) return 0;
        if (incident.Asset is { } covered && complaint.Path.Contains(covered)) return 1;
        var metres = incident.MetresTo(complaint);
        if (complaint is { Asset: { } above, IsArea: false } && incident.Path.Contains(above) && metres is null or <= NearMetres) return 2;
        return metres <= NearMetres ? 3 : null;
    }

    /// <summary>How well the time fits, 0 best: while the incident lasted, before its first alarm, after its end; null when it does not.</summary>
    /// <param name="atMs">Time of the complaint.</param>
    /// <param name="raisedAtMs">First alarm of the incident.</param>
    /// <param name="closedAtMs">Its end; null while it is live.</param>
    /// <param name="mayComeBack">It ended as solved, so that a later complaint says that it is not.</param>
    public static int? Timeliness(long atMs, long raisedAtMs, long? closedAtMs, bool mayComeBack)
    {
        if (atMs < raisedAtMs) return closedAtMs is not null && !mayComeBack ? null : raisedAtMs - atMs <= Before.TotalMilliseconds ? 1 : null;
        if (closedAtMs is not { } closed || atMs <= closed) return 0;
        return mayComeBack && atMs - closed <= After.TotalMilliseconds ? 2 : null;
    }
}
