namespace CityEdge.Rules;

/// <summary>What the engine made of what an agent said of an alarm: metric label and line in the log.</summary>
public enum EdgeVerdict : byte
{
    /// <summary>The engine holds the very same: the alarm has one key, and it is this one.</summary>
    Same,

    /// <summary>The engine took over what it did not know itself.</summary>
    Adopted,

    /// <summary>An alarm of this rule on this point is open already, raised at another time.</summary>
    OpenAlready,

    /// <summary>The engine has decided on it already, or has newer readings, and goes by those.</summary>
    Outdated,

    /// <summary>The rule is not in force in this version, or not <c>at: edge</c>.</summary>
    OtherRule,

    /// <summary>The point is unknown, or the rule does not run on it.</summary>
    OtherPoint,

    /// <summary>It happened more than 5 min after it arrived: the agent's clock is wrong.</summary>
    Future,
}
