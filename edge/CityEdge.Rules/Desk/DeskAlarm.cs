using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>An active alarm as the desk holds it. Times are event time of its point, Unix ms.</summary>
internal sealed class DeskAlarm(AlarmTransition raised) : IComparable<DeskAlarm>
{
    /// <summary>Its latest raise, severity change or catching up, with the raise time.</summary>
    public AlarmTransition Raised { get; set; } = raised;

    public string Key { get; } = raised.Point.ToString();

    public string Id => Raised.AlarmId;

    /// <summary>Asset and what is above it, nearest first.</summary>
    public IReadOnlyList<string> Path { get; set; } = [];

    public string? Asset => Path.Count > 0 ? Path[0] : null;

    /// <summary>Until when a parent that trips still wins.</summary>
    public long WaitUntilMs { get; set; } = raised.RaisedAtMs;

    /// <summary>The rule engine lets it be dispatched: false while its data are too old.</summary>
    public bool MayDispatch { get; set; } = raised.Dispatch;

    /// <summary>The ticket room was told to work on it. Never taken back.</summary>
    public bool Offered { get; set; }

    public bool Chattering { get; set; }

    public AlarmStanding Standing { get; set; }

    public SuppressionVerdict? Suppression { get; set; }

    public DeskStatus Status => new(Standing, Suppression?.Reason, Suppression?.By, Chattering);

    /// <summary>When the desk looks again by itself; <see cref="long.MaxValue"/> when it does not.</summary>
    public long DueMs => Suppression?.UntilMs ?? long.MaxValue;

    /// <summary>Wall time of its place in the desk's queue, never later than the true one; <see cref="long.MaxValue"/> when it has none.</summary>
    public long QueuedMs { get; set; } = long.MaxValue;

    public int CompareTo(DeskAlarm? other)
    {
        if (other is null) return 1;
        var order = string.CompareOrdinal(Key, other.Key);
        if (order == 0) order = string.CompareOrdinal(Raised.Rule, other.Raised.Rule);
        return order != 0 ? order : Raised.NoData.CompareTo(other.Raised.NoData);
    }
}
