namespace CityEdge.Hub.Notification;

/// <summary>One message to a channel: one notice, or several that were gathered.</summary>
/// <param name="Id">Stays the same over retries.</param>
/// <param name="At">Wall time of this try.</param>
/// <param name="Title">Heading.</param>
/// <param name="Lines">Text below it.</param>
/// <param name="Notices">What is told, at least one.</param>
public sealed record OutgoingMessage(string Id, DateTimeOffset At, string Title, IReadOnlyList<string> Lines, IReadOnlyList<Notice> Notices);
