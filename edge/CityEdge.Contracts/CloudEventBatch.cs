namespace CityEdge.Contracts;

/// <summary>What came out of one event payload.</summary>
/// <param name="Events">Good events in their order.</param>
/// <param name="Errors">Events refused alone.</param>
/// <param name="Refusal">Why the whole payload is refused (<c>not_cloudevents</c>); null when it is not.</param>
public sealed record CloudEventBatch(IReadOnlyList<CloudEvent> Events, IReadOnlyList<CloudEventError> Errors, string? Refusal = null);
