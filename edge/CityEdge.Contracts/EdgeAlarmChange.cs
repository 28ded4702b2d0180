namespace CityEdge.Contracts;

/// <summary>What an agent tells of an alarm of a rule that runs <c>at: edge</c>.</summary>
public enum EdgeAlarmChange : byte
{
    /// <summary>It was raised.</summary>
    Raised,

    /// <summary>Another of its steps holds now.</summary>
    SeverityChanged,

    /// <summary>It is over.</summary>
    Cleared,

    /// <summary>The link has come back, all that was stored before has been sent, and it still stands.</summary>
    Standing,
}
