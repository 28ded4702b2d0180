namespace CityEdge.Rules;

/// <summary>One stage of the line that an alarm passes before it is offered to the ticket room.</summary>
internal interface ISuppressionStage
{
    /// <summary>Its name on the explain page.</summary>
    string Name { get; }

    /// <summary>Why the alarm stops here at <paramref name="eventMs"/> of its point's clock; null when it passes.</summary>
    SuppressionVerdict? Judge(DeskAlarm alarm, long eventMs);
}
